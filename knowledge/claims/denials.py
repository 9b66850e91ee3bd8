"""Recognise answers that people add to what they quote: "X. Not true." (pure).

Without its denial a claim says the opposite, so the two stay together.
"""

import re
from typing import Final

from embeddings.text.normalisation import fold
from embeddings.text.tokenisation import words
from knowledge.text.language import guess_language

#: The most words of an answer.
MAX_WORDS: Final = 7

_DENY: Final = frozenset(
    fold(
        "لا كلا غير ليس ليست كذب كاذب كاذبة خطأ خاطئ إشاعة اشاعة شائعة شايعة شائعات إشاعات مفبرك"
        " مفبركة زائف زائفة مش مو ماهو مهو موش غلط فبركة افتراء بهتان no not false fake lie lies"
        " untrue hoax rumor rumour wrong isn't isnt nope non faux pas fausse intox"
        " mensonge nonsense"
    ).split()
)
# "This is not a rumour": a negator and a falsehood affirm. Not where "true" is what is negated.
_IS_NOT: Final = frozenset(fold("ليس ليست مش مو ماهو مهو موش not isn't isnt pas").split())
_NEGATORS: Final = _IS_NOT | frozenset(fold("لا كلا غير no nope non").split())
_TRUE: Final = frozenset(fold("صحيح صحيحة صحيحا صح صحة true correct right vrai").split())
_AFFIRM: Final = frozenset(fold("نعم اي ايوه أيوا اجل بلى أكيد yes yeah yep oui si").split())
_AROUND: Final = frozenset(
    fold(
        "هذا هذه هاد هادا ده دا ذلك هو هي خبر الخبر كلام الكلام معلومة المعلومة الحكي كله كلها كل"
        " مجرد طبعا أكيد بالتأكيد صحيح صحيحة صحيحا صح صحة له لها لهذا لذلك أبدا مطلقا من إنه إنها"
        " يا جماعة والله وهذا وهو وهي it is this that that's its it's are was a all news the story"
        " totally completely of course absolutely just true correct right c'est ce n'est est vrai"
        " du tout cela totalement"
    ).split()
)
_MENTIONS = re.compile(
    r"(?<!\w)(?:ال)?(?:غير صحيح\w*|ليس صحيح\w*|لا صح[هت]|كذب|كاذب\w*|اشاع\w*|شايع\w*|مفبرك\w*"
    r"|زايف\w*|خاطي\w*|خرافات|خرافه|اكاذيب|false|fake|hoax|untrue|not true|rumou?rs?|myths?|lies"
    r"|debunked|faux|fausse\w*|intox|mensonges?)(?!\w)",
    re.IGNORECASE,
)
_DENIAL: Final = {"ar": "غير صحيح أن ", "fr": "Il est faux que "}
_DENIAL_EN: Final = "It is not true that "


def is_denial(sentence: str) -> bool:
    """Return whether ``sentence`` only denies what was said before it."""
    said = _answer(sentence)
    if _denies_falsehood(said):
        return False
    return bool(said & _DENY) and said <= _DENY | _AROUND | _AFFIRM


def calls_false(sentence: str) -> bool:
    """Return whether ``sentence`` only calls something a lie: before a claim it means that."""
    return is_denial(sentence) and bool(_answer(sentence) & (_DENY - _NEGATORS))


def is_affirmation(sentence: str) -> bool:
    """Return whether ``sentence`` only affirms what was said before it."""
    said = _answer(sentence)
    if _denies_falsehood(said):
        return said <= _DENY | _AROUND | _AFFIRM
    return bool(said & _AFFIRM) and said <= _AFFIRM | _AROUND


def _denies_falsehood(said: frozenset[str]) -> bool:
    """Return whether an answer says that something is no lie."""
    return bool(said & _IS_NOT) and bool(said & (_DENY - _NEGATORS)) and not said & _TRUE


def mentions_denial(sentence: str) -> bool:
    """Return whether ``sentence`` mentions lies, rumours or falsehoods."""
    return _MENTIONS.search(fold(sentence)) is not None


def opens_with_denial(sentence: str) -> bool:
    """Return whether ``sentence`` first calls something a lie, a rumour or false."""
    return _MENTIONS.match(fold(sentence)) is not None


def compose_denial(claim: str, answer: str) -> str:
    """Return the denial of ``claim``, in the language of it and of the ``answer``."""
    return _DENIAL.get(guess_language(f"{claim} {answer}"), _DENIAL_EN) + claim


def _answer(sentence: str) -> frozenset[str]:
    if "?" in sentence or "؟" in sentence:
        return frozenset()
    said = words(sentence)
    return frozenset(said) if len(said) <= MAX_WORDS else frozenset()
