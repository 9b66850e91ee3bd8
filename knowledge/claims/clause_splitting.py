"""Split a claim into clauses that can be checked on their own (pure)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from embeddings.text.normalisation import fold
from embeddings.text.tokenisation import words
from knowledge.claims.denials import mentions_denial
from knowledge.claims.intent import load_model

#: Least words of a clause; a shorter one seldom says who did what. One between marks may be
#: shorter.
MIN_WORDS: Final = 4
MIN_MARKED: Final = 3
#: Below this log-odds a few words certainly state nothing; above it they may be a claim.
NOTHING: Final = -4.0
#: The most clauses of one claim: each costs an answer.
MAX_CLAUSES: Final = 4

_MARK: Final = re.compile(r"\s*[،,;؛.!؟?]\s+")
# A comma inside a number has no space after it. An Arabic "and" is written onto the next word.
# "Thirty-seven" is "seven and thirty" in Arabic: what joins a number parts nothing.
_NUMBER: Final = (
    r"(?:عشر|ثلاث|[أا]ربع|خمس|ست|سبع|ثمان|تسع)(?:(?:ون|ين)\b|م(?:ائ|ئ|ي))"
    r"|م(?:ئ|ا?ئ|ي)(?:ة|ه|تا|تي)\w*|[أا]لف|ملي|نصف|ربع|ثلث|ست\b"
)
# Words whose own first letter is the "and".
_OWN: Final = (
    r"[اأ]حد|زير|زار|زراء|ف[اي]|فد|فود|صل|صول|قع|قف|قت|قود|قائع|رد|رق|جد|جه|جود|جوه|جب|ضع|ضوح|طن|كال"
    r"|كيل|سط|سائل|سيل|سائط|باء|لاي|لاد|لد|ليد|لي\b|الد|الي\b|عد|عي|حد|حيد|ثيق|ثائق|زن|زع|ادي|اشنطن"
    r"|اسط|ظيف|ظائف|فق|فر|دي|اجب|اقع|افق|اصل|اجه|اضح|ارد|اسع|صف|صي|هم|رش|راء|تير|قاي|داع|راث|سام|شيك"
)
_AND: Final = re.compile(
    rf"\s+(?:(?=و(?!{_NUMBER}|{_OWN})[^\W\d_]{{2}})|(?:and|et|but|mais)\s+)", re.IGNORECASE
)
#: Words that deny, doubt, ask or suppose may govern everything after them.
_GOVERNS: Final = re.compile(
    fold(
        r"(?<!\w)(?:و|ف)?(?:لا|لم|لن|ليس\w*|ما|مش|مو|مب|موب|مهو|ماهو|ماكو|مافي\w*|ماشي|غير|عدم"
        r"|دون|بدون|نفى|نفت|ينفي|تنفي|نفي|كذب\w*|كاذب\w*|زائف\w*|شائع\w*|إشاع\w*|اشاع\w*|لو|إذا"
        r"|اذا|إن|هل|لولا|ربما|قد|not|no|never|nobody|none|nothing|without|denies|denied|false|fake"
        r"|rumou?rs?|if|unless|whether|\w+n't|ne|n'\w+|pas|sans|aucun\w*|jamais|faux|fausse\w*|si"
        r"|dément\w*)(?!\w)"
    ),
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clauses:
    """The clauses of a claim that state something, in order.

    ``free`` are those that make sense without the others: what follows a word that denies, supposes
    or asks may depend on it. ``complete`` says that they are all that the claim states.
    """

    stated: tuple[str, ...] = ()
    free: tuple[str, ...] = ()
    complete: bool = True


def clauses(claim: str) -> Clauses:
    """Return the clauses of ``claim``; none if it has only one.

    They are joined by punctuation and by "and" (و). What states nothing ("and I am shocked") is
    left out. What a later clause denies ("and this is not true") cannot be separated from it.
    """
    intents = load_model()
    parts = [[piece for piece in _AND.split(part) if piece] for part in _MARK.split(claim)]
    scores = {piece: intents.score(piece) for part in parts for piece in part}
    beside = {piece: score for piece, score in scores.items() if score < intents.nothing_below}
    stated = [[piece for piece in part if piece not in beside] for part in parts]
    joined = _long_enough(
        [piece for part in stated for piece in _long_enough(part, MIN_WORDS)], MIN_MARKED
    )
    denied = any(_GOVERNS.search(fold(each)) for each in beside)
    denied |= any(map(mentions_denial, (*beside, *joined[1:])))
    if denied or not joined or (len(joined) < 2 and not beside):
        return Clauses()
    free: list[str] = []
    for piece in joined[:MAX_CLAUSES]:
        free.append(piece)
        if _GOVERNS.search(fold(piece)):
            break
    surely = all(score < NOTHING for score in beside.values())
    return Clauses(tuple(joined), tuple(free), surely and len(free) == len(joined))


def _long_enough(pieces: Iterable[str], least: int) -> list[str]:
    """Join pieces of fewer than ``least`` words to the piece before, or after."""
    found: list[str] = []
    for piece in filter(None, pieces):
        if found and min(len(words(found[-1])), len(words(piece))) < least:
            piece = f"{found.pop()} {piece}"
        found.append(piece)
    return found
