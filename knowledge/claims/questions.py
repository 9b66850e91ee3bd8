"""Recognise questions, and turn them into what they ask about (pure).

Only a frame that neither affirms nor denies anything is removed: "is it true that X?" asks about X;
"isn't it true", "is it false that" and "X or Y?" stay as they are.
"""

import re
from typing import Final

from embeddings.text.normalisation import fold
from embeddings.text.tokenisation import words
from knowledge.corpus.extraction.segmentation import sentences

#: Words that a question opens with which yes or no does not answer.
OPENING: Final = frozenset(
    fold(
        "متى كيف لماذا ليش ليه لما ما ماذا من مين أين وين كم أي شو ايش what why when who where how"
        " which pourquoi quand comment qui où quel quelle combien"
    ).split()
)
_QUOTES: Final = frozenset('"«»“”')
_POLITE = (
    r"(?:(?:سوال|عندي سوال|لدي سوال|ممكن اعرف|اريد ان اعرف|بدي اعرف|عايز اعرف|عاوز اعرف|حابب اعرف"
    r"|ابغي اعرف|لو سمحت|لو سمحتم|من فضلك|من فضلكم|رجاء|please|pls|excuse me|i want to know"
    r"|i would like to know|question|svp)[\s,،:]+)*"
)
_THAT = r"(?:ان|انه|انو|انها|انهم|بان|بانه|بانو)"
_AR = (
    r"(?:هل|واش)\s+(?:من ال|هو |انه )?صحيح\s+(?:(?:خبر|ما يقال|ما يتداول|الخبر الذي يقول)\s+)?"
    rf"(?:{_THAT}\s+)?"
    r"|(?:هل|واش)\s+(?:حقا|فعلا|بالفعل|صدق|صدقا|صج)\s+(?:ان\s+|انه\s+|انو\s+)?"
    rf"|(?:هل)\s+(?:تعلم|تعلمون|تعلمين|سمعت|سمعتم|تعرف|تعرفون)\s+{_THAT}\s+"
    rf"|(?:هل)\s+(?:يمكنك|يمكنكم|تستطيع)\s+(?:التاكد|التحقق|التثبت)\s+من\s+(?:{_THAT}|خبر)\s+"
    rf"|(?:تاكد|تحقق|تثبت|تاكدوا|تحققوا)(?:\s+لي)?\s+من\s+(?:{_THAT}|خبر)\s+"
    rf"|(?:سمعت|سمعنا|قرات|وصلني|بلغني|قالوا لي|حكولي)\s+{_THAT}\s+"
    rf"|(?:صحيح|صح|فعلا|معقول|صدق|حقا|صج|بجد|عنجد)\s+{_THAT}\s+(?=[^\n]{{0,400}}[?؟]\s*$)"
    # Asked before it is told: "Is this true? …", "Incredible? …"; and hearsay.
    r"|(?:(?:هل|واش)\s+)?(?:هذا|هاد|هذي|ده|الخبر|الكلام ده|هالخبر|هالكلام)?"
    r"\s*(?:صحيح|صح|معقول)\s*[؟?:،]+\s*"
    rf"|(?:يقولون|بيقولوا|بيقولو|عم يقولوا|عم بيقولوا|كيقولو|كيقولوا|يقال)(?:\s+{_THAT})?\s+"
    # A bare yes-or-no question; "A or B?" is none.
    r"|هل\s+(?=[^\n]{8})(?!(?:هذا|هذه|هناك|يوجد|توجد|يمكن|يجب|ينبغي|من|لديك|عندك|ممكن|انت|انتم"
    r"|تعتقد|تعتقدون|تظن|تظنون|تتوقع|تتوقعون|تري|ترون)\b)"
    r"(?![^\n]{0,400}\s(?:ام|او)\s)"
)
_EN = (
    r"(?:is|was) it (?:really |actually )?(?:true|correct|right|a fact)(?: that)?\s+"
    r"|is (?:it|this|that) (?:really )?(?:true|real|correct)\s*[?؟:,]+\s*"
    r"|(?:did|do) you (?:hear|know) that\s+|have you heard that\s+"
    r"|(?:can|could) you (?:please )?(?:check|verify|confirm) (?:if|whether|that)"
    r"(?: it is true that)?\s+"
    r"|(?:check|verify) (?:if|whether|that)\s+|(?:true or false|fact[- ]check)\s*[:,?]\s*"
    r"|i (?:just )?(?:heard|read|saw) that\s+|someone told me that\s+|they told me that\s+"
)
_FR = (
    r"est[- ]il vrai (?:que\s+|qu['’])|(?:est[- ]ce|c['’]est) vrai (?:que\s+|qu['’])"
    r"|(?:est[- ]ce|c['’]est) (?:bien )?vrai\s*[?:,]+\s*"
    r"|est[- ]ce que\s+|est[- ]ce qu['’]|vrai ou faux\s*[:,?]\s*"
    r"|j['’]ai (?:entendu|lu) (?:dire )?(?:que\s+|qu['’])"
)
_FRAME = re.compile(rf"{_POLITE}(?:{_AR}|{_EN}|{_FR})[:،,\s\"«“]*", re.IGNORECASE)

# What asks about the sentence before it, or about something shown elsewhere. A bare "true?" needs a
# mark before it: "is the minister's word true?" asks about the word.
_TRUE = r"(?:صحيح|صحيحه|صح|حقيقي|حقيقه|صدق|مزبوط|مضبوط|موكد)"
_OR_NOT = r"(?:\s+(?:ام|او|ولا|والا)\s+(?:لا|خطا|غلط|كذب|اشاعه|شايعه|كاذب|خاطي))?"
_NEWS = r"(?:الخبر|الكلام|المعلومه|الحكي|المنشور)"
_THIS = rf"(?:(?:هذا|هذه|هاد|هادا|هذي|ها)\s*{_NEWS}?|{_NEWS}(?:\s+(?:ده|دا|هذا|هاد))?|ده|دا)"
_TAIL = re.compile(
    rf"(?:^|[\s,،.!?؟:(–—-]+)(?:(?:و?هل|واش)\s+)?{_THIS}\s+{_TRUE}{_OR_NOT}\s*[؟?]+\s*\)?$"
    rf"|(?:^|[\s,،.!?؟:(–—-]+)(?:و?هل|واش)\s+{_TRUE}\s+{_THIS}{_OR_NOT}\s*[؟?]+\s*\)?$"
    rf"|(?:^|[,،.!?؟:(–—\n-]\s*)(?:و?هل\s+)?{_TRUE}(?:\s+{_THIS})?{_OR_NOT}\s*[؟?]+\s*\)?$"
    r"|[\s,،.!?؟(–—-]+(?:اليس كذلك|مش هيك|مو هيك|مش كده)\s*[؟?]+$"
    r"|(?:^|[\s,.!?:(–—-]+)is (?:it|this|that|this news)(?: really)? (?:true|real|correct)"
    r"\s*[?؟]+\s*\)?$"
    r"|[\s,.!?:(–—-]+est[- ]ce (?:bien )?vrai\s*[?؟]+\s*\)?$"
    r"|(?:^|[,.!?:(–—\n-]\s*)(?:true or false|true|really|right|correct|can you check(?: this)?"
    r"|c['’]est vrai|est-ce vrai|vrai|vrai ou faux|n['’]est-ce pas)\s*[?؟]+\s*\)?$",
    re.IGNORECASE,
)
# Before these a tail is the end of a denial.
_DENIED = re.compile(r"(?<!\w)(?:غير|ليس|ليست|مش|مو|لا|not|\w*n['’]t|never|pas)$", re.IGNORECASE)
_WHOLE_TAIL = re.compile(
    rf"(?:هل|واش)\s+(?:{_THIS}\s+{_TRUE}|{_TRUE}\s+{_THIS}){_OR_NOT}$"
    r"|is (?:it|this|that) (?:true|real|fake)$|(?:check|verify) (?:this|it)(?: please)?$"
    r"|c['’]est vrai$",
    re.IGNORECASE,
)
_END = ' \t\n?؟"»”'
#: Characters of a sentence whose end is searched for "is it true?".
_TAIL_WINDOW: Final = 60


def only_asks(text: str) -> bool:
    """Return whether every sentence of a text is a question, so that it states nothing.

    A quoted question states who asks it.
    """
    text = text.strip()
    if text[:1] in _QUOTES and text[-1:] in _QUOTES:
        text = text[1:-1]
    read = [text[each.start : each.end].rstrip(" !.…") for each in sentences(text)]
    return bool(read) and all(each.endswith(("?", "؟")) for each in read)


def is_open(text: str) -> bool:
    """Return whether a text asks what, who, when or why, which yes or no does not answer."""
    read = words(text)
    return only_asks(text) and bool(read) and read[0].removeprefix("و") in OPENING


def strip_question(sentence: str) -> str:
    """Return what ``sentence`` asks about; the sentence itself if it is no such question.

    Empty if it only asks whether something else is true.
    """
    text = _without_tail(sentence.strip())
    if not text or _WHOLE_TAIL.fullmatch(fold(text)):
        return ""
    frame = _FRAME.match(fold(text))
    if frame is None:
        return text
    return text[frame.end() :].rstrip(_END)


def _without_tail(text: str) -> str:
    start = max(0, len(text) - _TAIL_WINDOW)
    tail = _TAIL.search(fold(text), start)
    if tail is None:
        return text
    left = text[: tail.start()].rstrip(" ,،:-–—(")
    return text if _DENIED.search(fold(left)) else left
