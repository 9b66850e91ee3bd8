"""Remove links, handles, tags and calls to pass it on from around a claim (pure).

No negator, no number and no word inside a sentence is ever taken off.
"""

import re
import unicodedata
from typing import Final

from embeddings.text.normalisation import fold, visible

# People also send links without their scheme: bit.ly/3xYz.
LINK: Final = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w.@/-])(?:[a-z0-9-]+\.)+[a-z]{2,}/\S*", re.IGNORECASE
)
_HANDLE = re.compile(r"(?<![\w@])@(\w+)")
# Whom a message answers stands before it, whom it is shown to behind it; whoever is named inside
# is often its subject.
_ADDRESSED = re.compile(r"^\s*(?:(?:RT\b[\s:]*)?@\w+[\s:,]*)+", re.IGNORECASE)
_TAGGED = re.compile(r"(?:\s@\w+)+\s*$")
_JOINED = re.compile(r"(?<=[a-z])(?=[A-Z])|_|(?<=[a-zA-Z])(?=\d)")
_RETWEET = re.compile(r"^\s*(?:RT\b[\s:]*)+", re.IGNORECASE)
_FORWARD = re.compile(
    r"^[^\w\n]*(?:forwarded (?:from|message)\b[^\n]{0,80}$|transféré de\b[^\n]{0,80}$"
    r"|(?:محول|محوله|معاد توجيهها|اعيد توجيهها) من\b[^\n]{0,80}$"
    r"|(?:fwd?|forwarded as received|copied|كما وصلني|كما وردني|وصلني الان|وصلني هذا|منقول)"
    r"(?=\s*[:\n.]|$)[^\w\n]*)"
    r"|(?<=\S) (?:منقول|كما وصلني|forwarded as received|(?:please|pls|plz) (?:share|forward))"
    r"[^\w\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
# At the start of a line. "عاجل" stands alone; the others are words of sentences too and need a
# mark after them.
_MARK = r"(?=[^\w\n]*(?:[:|!.…\-–—]|$))"
_TAG = re.compile(
    r"^[^\w\n]*(?:(?:"
    r"(?:خبر |خبر)?عاجل(?: جدا| الان)?(?!\w)"
    rf"|(?:هام|هام جدا|هام وعاجل|مهم|مهم جدا|انفراد|تحذير|تنبيه|انتبهوا|متداول|حصري|حصريا){_MARK}"
    rf"|(?:شاهد|شاهدوا|فيديو|بالفيديو|بالصور|بالفيديو والصور){_MARK}"
    rf"|(?:breaking(?: news)?|urgent|just in|alert|alerte(?: info)?|flash(?: info)?){_MARK}"
    rf"|(?:exclusive|exclusif|update|video|vidéo|watch|dernière minute){_MARK}"
    r"|(?-i:BREAKING(?: NEWS)?)(?!\w)"
    r")[^\w\n\"«“(+-]*)+",
    re.IGNORECASE | re.MULTILINE,
)
_NOBODY = re.compile(
    r"(?:ب?حسب مصادر(?: (?:مطلعه|موثوقه|خاصه|موكده|مقربه))?"
    r"|according to (?:(?:reliable|trusted|informed|our|some) )?sources"
    r"|selon (?:des|nos) sources(?: (?:sûres|fiables))?)(?=\s*(?:[,،:.\n]|$))\s*[,،:]?",
    re.IGNORECASE,
)
_PASS_ON = re.compile(
    # "publish it and be rewarded", "send it to all you know", "before it is deleted"
    r"(?:(?:ارجو|رجاء|الرجاء|يرجي|ارجوكم|من فضلكم) )?"
    r"(?:انشر|انشرها|انشروها|انشروا|انشره|شارك|شاركها|شاركوها|شاركوا|ارسل|ارسلها|ارسلوها|ارسلوا"
    r"|حولها|حولوها|عمم|عممها|عمموها|مررها|مرروها|النشر|نشرها|ارسالها|اعاده النشر|مشاركتها)"
    r" (?:توجر|توجروا|لكل (?:من تعرف|من تعرفه|جهات الاتصال|الناس|احبابك|اصدقايك|المجموعات)"
    r"|الي (?:كل من تعرف|الجميع|اصدقايك)|قبل (?:الحذف|ان تحذف|حذفها)|لتعم الفايده|لتعم الفائده"
    r"|ولك الاجر|ولكم الاجر|للجميع|علي اوسع نطاق|هذه الرساله|هذا المنشور"
    r"|علي نطاق واسع)(?!\w)[!.\s]*"
    r"|(?:(?<=[.!?\n])|^)\s*(?:(?:please|pls|plz) )?"
    r"(?:(?:forward|share|send|spread|repost|retweet) (?:this|it|the word|widely)"
    r"(?: (?:message|post|to|with|everyone|everybody|all|your|you|know|contacts|friends|family|and"
    r"|groups|as|much|possible|before|deleted|gets|is|on|widely|far|wide|can|many|people))*"
    r"|pass it on|faites tourner|partagez (?:au maximum|ce message|en masse)"
    r"|à partager (?:au maximum|d'urgence))(?=\s*(?:[.!:\n]|$))[.!:]*",
    re.IGNORECASE,
)
# What a text copied from a page may still carry.
_MARKUP = re.compile(
    r"</?(?:a|b|i|u|s|p|br|em|strong|div|span|code|pre|h[1-6])\b[^<>]{0,300}>", re.IGNORECASE
)
# Vocalisation marks are not \w.
_HASHTAG = re.compile(r"[#＃][\w\u064b-\u0652\u0670]+[.,،!…؛|]*")
_GLUED = re.compile(r"(?<=\w)(?=[#＃]\w)")
_HASH = re.compile(r"[#＃]([\w\u064b-\u0652\u0670]+)")
# What a quoted tweet ends with: "— Name (@handle) March 19, 2019". The name stays: who said it is
# often what the claim is about (CheckThat! 2022 English train: MAP@5 .899 with it, .852 without).
_SIGNATURE = re.compile(r"\s*\(@\w+\)\s+\w+ \d{1,2}, \d{4}\s*$")
_EMPTY = re.compile(r"\(\s*\)")
# After these a sentence still needs its last word.
_UNFINISHED: Final = frozenset(
    fold(
        "ضد فيروس ل لـ ب بـ في فى من عن على الى مع و مرض وباء تنظيم دولة مدينة الرئيس لقاح"
        " the of against in on by with for to and a an le la les de du contre en"
    ).split()
)
_ENDS: Final = ".!?؟…:؛|"
#: Hashtags that are never a sentence's last word.
_EMPTY_TAGS: Final = frozenset(
    fold("عاجل عاجل_جدا خبر_عاجل خبر اخبار ترند تريند متداول news breaking breakingnews").split()
)
_PIECE = re.compile(r"\S+")
# Signs that set off one item from the next.
_BULLET = re.compile("[🔴🔵🟢🟡⚫⚪🔸🔹🔶🔷🔺🔻💠📌📍◾◽▪▫■●◆✅❌⛔🚨⚠✔☑➡👈🛑⭕•]+")
_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r"\s*\n\s*")
# What a tag or phrase that was taken off leaves in front. A minus sign stays: "-5" is a number.
_LEFT_OVER: Final = " :،,;؛|"
_QUOTED = {'"': '"', "«": "»", "“": "”"}

# "Symbol, other" holds emoji; modifiers and private use come with them.
_PICTOGRAPHS: Final = frozenset({"So", "Sk", "Cs", "Co", "Cn"})
_KEPT: Final = frozenset("°")


def bare_text(message: str) -> str:
    """Return ``message`` on one line, without what tweets and forwards carry around a claim."""
    return bare_lines(message).replace("\n", " ")


def bare_lines(message: str) -> str:
    """Return the same with its lines; bullet signs begin a new one."""
    text = _SIGNATURE.sub(" ", LINK.sub(" ", _MARKUP.sub(" ", visible(message))))
    text = _HANDLE.sub(_spelled, _TAGGED.sub("", _ADDRESSED.sub(" ", text)))
    text = _RETWEET.sub("", _without_pile(_GLUED.sub(" ", _EMPTY.sub(" ", text))))
    text = _tidy(_without_pictographs(_BULLET.sub("\n", text)))
    for pattern in (_FORWARD, _TAG, _NOBODY, _PASS_ON):
        text = _without(pattern, text)
    return _unquoted(_tidy(text).lstrip(_LEFT_OVER))


def only_hashtags(message: str) -> bool:
    """Return whether ``message`` consists of hashtags only."""
    text = _HANDLE.sub(" ", LINK.sub(" ", visible(message)))
    rest = _HASHTAG.sub(" ", text)
    return rest != text and not any(map(str.isalnum, rest))


def _spelled(handle: re.Match[str]) -> str:
    return _JOINED.sub(" ", handle[1])


def _without(pattern: re.Pattern[str], text: str) -> str:
    """Remove what ``pattern`` finds in the folded text, which has the same offsets."""
    kept, at = [], 0
    for found in pattern.finditer(fold(text)):
        kept.append(text[at : found.start()])
        at = found.end()
    return " ".join([*kept, text[at:]]) if kept else text


def _without_pile(text: str) -> str:
    """Turn hashtags into words and drop those piled up after the sentence.

    The first of a pile may be the sentence's last word ("a vaccine against #Corona #news #tv").
    """
    pieces = list(_PIECE.finditer(text))
    first = len(pieces)
    while first and _HASHTAG.fullmatch(pieces[first - 1].group()):
        first -= 1
    if 0 < first < len(pieces):
        before = pieces[first - 1]
        named = fold(pieces[first].group()).strip("#＃.,،!…؛|")
        ended = (
            named in _EMPTY_TAGS
            or before.group()[-1] in _ENDS
            or "\n" in text[before.end() : pieces[first].start()]
        )
        needed = "_" not in pieces[first].group() or fold(before.group()) in _UNFINISHED
        last = first - 1 if ended or not needed else first
        text = text[: pieces[last].end()]
    return _HASH.sub(lambda tag: tag[1].replace("_", " "), text)


def _without_pictographs(text: str) -> str:
    kept = (c if unicodedata.category(c) not in _PICTOGRAPHS or c in _KEPT else " " for c in text)
    return "".join(kept)


def _tidy(text: str) -> str:
    return _BREAKS.sub("\n", _BLANKS.sub(" ", text)).strip()


def _unquoted(text: str) -> str:
    """Remove quotation marks around the whole text."""
    closing = _QUOTED.get(text[:1])
    if closing is None or len(text) < 2 or text[-1] != closing:
        return text
    inner = text[1:-1]
    return text if closing in inner or text[0] in inner else inner.strip()
