"""Detect boilerplate in a report: headings, questions, bylines, calls to the reader."""

import re

from knowledge.corpus.extraction.quotation_marks import MARKS
from knowledge.corpus.extraction.word_spans import Word, fold, keys, words

MIN_WORDS = 4
# Headings, tag lines and picture captions are seldom longer.
MAX_HEADING_WORDS = 12
MAX_LABEL_WORDS = 5
MAX_EXCLAMATION_WORDS = 10

_URL = re.compile(r"(?:https?://|www\.)\S+")

# First words of lines that speak to the reader, as keys.
_BOILERPLATE = tuple(
    fold(phrase) + " "
    for phrase in (
        "اقرا ايضا", "اقرا المزيد", "اقرا كذلك", "اقرؤوا ايضا", "اقراوا ايضا", "اقرا اكثر",
        "طالع ايضا", "شاهد ايضا", "شاهد الفيديو", "شاهد بالفيديو", "شاهد الصور", "شاهدوا",
        "شاهد :", "بالفيديو :", "بالصور :", "تابعونا", "تابعنا", "تابع ايضا", "تابعوا صفحتنا",
        "تابعوا اخر", "تابعوا حسابنا", "اشترك", "اشتركوا", "للاشتراك", "للمزيد", "لقراءه المزيد",
        "لمشاهده", "لمزيد من", "لمتابعه اخر", "حقوق النشر", "جميع الحقوق", "كافه الحقوق",
        "شارك المقال", "شارك الخبر", "شارك الموضوع", "شارك هذا", "شارك هذه", "شارك على", "شاركنا",
        "شاركونا", "شاركوا المقال", "اضغط هنا", "اضغط على", "انقر هنا", "انقر على", "اقرا :",
        "مواضيع ذات", "مواضيع متعلقه", "اخبار ذات", "ذات صله", "قد يهمك", "ربما يهمك", "حمل تطبيق",
        "حمل التطبيق", "المصدر :", "صوره :", "تصوير :", "كلمات مفتاحيه", "الكلمات المفتاحيه",
        "read more", "read also", "also read", "read :", "see also", "see more", "subscribe",
        "sign up", "follow us", "follow @", "click here", "copyright", "©", "( c )", "all rights",
        "share this", "share on", "share :", "advertisement", "related :", "related articles",
        "watch :", "watch the video", "watch now", "photo :", "photograph :", "image :",
        "editing by", "reporting by", "( reporting", "( editing", "source :", "download our",
        "join our", "log in", "for more information", "lire aussi", "abonnez-vous", "suivez-nous",
        "à lire", "partagez", "tous droits",
    )
)  # fmt: skip
_ANYWHERE = ("all rights reserved", "جميع الحقوق محفوظه", "©")
_BYLINES = frozenset({"by", "كتب", "كتبت", "ترجمه", "تحرير", "اعداد", "المصدر"})
_QUESTION_WORDS = frozenset({"هل"})

_TERMINALS = frozenset(".!؟?…؛;")
_AFTER_TERMINAL = frozenset(")]") | MARKS

# A line without a full stop is still a sentence if something happens in it.
_ARABIC_VERBS = keys(
    "كان كانت قال قالت اعلن اكد قتل اصيب بلغ وصل تم بات اصبح شن بدا سيطر انتهي وقع قام "
    "ادي دخل خرج يبلغ يصل يتم سيتم يقدر يعد يوجد شهد سجل فقد تسبب اسفر عاد ظهر اعتقل القي "
    "استهدف انفجر سقط لقي توفي نفي كشف ذكر افاد اوضح اضاف اشار شدد حذر وافق رفض قرر فاز "
    "خسر طالب دعا التقي استقبل زار غادر شارك ارتفع انخفض تراجع تجاوز احبط ضبط اوقف اغلق "
    "افتتح اطلق نفذ وقعت قررت رفضت ليس ليست لم لن لا هو هي"
)
_NOT_VERBS = keys(
    "بنت بيت وقت موت كويت انترنت تحت سبت صوت زيت بيروت اخت ست حوت ثابت مؤقت سكوت صامت توت "
    "ياقوت يوم يمن يونيو يوليو يناير ياسر يوسف يد يمين يسار يهود يوميا يومين يوما ياباني "
    "يابان يوناني يورو يونس يحيي يعقوب يمني يمنيه يابانيه يونيسف ينبع يهودي يهوديه"
)
_ENGLISH_VERBS = keys(
    "is are was were has have had will would can could may might must do does did says "
    "said told became went came took made got won lost fell rose hit kills dies est sont "
    "était ont a"
)


def is_statement(text: str, read: tuple[Word, ...], *, attributed: bool, alone: bool) -> bool:
    """Whether a sentence states something rather than heads, asks, signs or invites.

    ``read`` are the words of ``text``. ``attributed``: somebody is known to say it. ``alone``: it
    is all that the report holds, so it cannot be a heading of something else.
    """
    spoken = _URL.sub(" ", text)
    content = sum(word.is_word for word in (words(spoken) if spoken != text else read))
    if content < MIN_WORDS or _is_boilerplate(read) or _asks(read):
        return False
    final = _final(read)
    if final == ":":
        return False
    if final == "!" and not attributed and content <= MAX_EXCLAMATION_WORDS:
        return False
    if is_terminated(read):
        return True
    if read[0].key in _BYLINES and content <= MAX_HEADING_WORDS:
        return False
    if alone or content > MAX_HEADING_WORDS:
        return True
    return content > MAX_LABEL_WORDS and any(map(_is_verb, read))


def _is_boilerplate(read: tuple[Word, ...]) -> bool:
    first = next((at for at, word in enumerate(read) if word.is_word or word.key in "©("), 0)
    line = " ".join(word.key for word in read[first:]) + " "
    return line.startswith(_BOILERPLATE) or any(phrase in line for phrase in _ANYWHERE)


def _asks(read: tuple[Word, ...]) -> bool:
    if read[0].key in _QUESTION_WORDS:
        return True
    return _final(read) in {"?", "؟"} and not read[-1].quoted


def _final(read: tuple[Word, ...]) -> str:
    """The last mark or word, closing quotes and brackets aside."""
    for word in reversed(read):
        if word.key not in _AFTER_TERMINAL:
            return word.key
    return ""


def is_terminated(read: tuple[Word, ...]) -> bool:
    """Whether a sentence ends as sentences do; headings and captions seldom do."""
    return _final(read) in _TERMINALS


def _is_verb(word: Word) -> bool:
    """Guess by form whether a word is a finite verb."""
    key = word.key
    bare = key[1:] if key[:1] in "وف" and len(key) > 3 else key
    if bare in _ARABIC_VERBS or key in _ENGLISH_VERBS:
        return True
    if bare in _NOT_VERBS or len(bare) < 4:
        return False
    if bare.isascii():
        return bare.endswith("ed")
    past = bare.endswith("ت") and not bare.endswith("ات") and not bare.startswith("ال")
    return past or bare.startswith(("ي", "سي", "ست"))
