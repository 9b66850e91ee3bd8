"""Split a claim into clauses that can be checked on their own (pure)."""

import re
from collections.abc import Iterable
from typing import Final

from embeddings.normalise import fold
from embeddings.words import words

#: Words of a clause; a shorter one seldom says who did what.
MIN_WORDS: Final = 4
#: Clauses of one claim at most: each costs an answer.
MAX_CLAUSES: Final = 4

_COMMA: Final = re.compile(r"\s*[،,;؛]\s+")
# A comma inside a number has no space after it. An Arabic "and" is written onto the next word.
# "Thirty-seven" is "seven and thirty" in Arabic: what joins a number parts nothing.
_NUMBER: Final = (
    r"(?:عشر|ثلاث|[أا]ربع|خمس|ست|سبع|ثمان|تسع)(?:ون|ين)\b"
    r"|م(?:ئ|ا?ئ|ي)(?:ة|ه|تا|تي)\w*|[أا]لف|ملي|نصف|ربع|ثلث|ست\b"
)
_AND: Final = re.compile(
    rf"\s+(?:(?=و(?!{_NUMBER})[^\W\d_]{{2}})|(?:and|et|but|mais)\s+)", re.IGNORECASE
)
#: What denies, doubts, asks or supposes may govern all that comes after it.
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


def clauses(claim: str) -> tuple[str, ...]:
    """Return the clauses of ``claim`` that say something without the others, in its order.

    Empty where it has only one. Clauses are joined by commas and by "and" (و). What comes after a
    word that denies, supposes or asks may hang on it, and is no clause.
    """
    joined = _long_enough(
        [piece for part in _COMMA.split(claim) for piece in _long_enough(_AND.split(part))]
    )
    if len(joined) < 2:
        return ()
    free: list[str] = []
    for piece in joined[:MAX_CLAUSES]:
        free.append(piece)
        if _GOVERNS.search(fold(piece)):
            break
    return tuple(free)


def _long_enough(pieces: Iterable[str]) -> list[str]:
    """Put what is too short for a clause beside the piece before it, or after it."""
    found: list[str] = []
    for piece in filter(None, pieces):
        if found and not (_is_clause(found[-1]) and _is_clause(piece)):
            piece = f"{found.pop()} {piece}"
        found.append(piece)
    return found


def _is_clause(piece: str) -> bool:
    return len(words(piece)) >= MIN_WORDS
