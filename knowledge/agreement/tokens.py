"""Tokenise text into folded tokens with offsets, for every parser of this package.

The fold here is not the one of the search index: it must keep ``ئ`` (``مئة``, a hundred, is not
``ميّة``, water), and every token must point back into the text as written.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

MAX_CHARACTERS = 20_000
"""Text beyond this is not read: longer than any message, and a bound on hostile input."""

_FOLDED = str.maketrans("أإآٱىیێېکڪھہۀةۃ" + "٪،؛’‘–—−", "ااااييييككههههه" + "%,;''---")
_KEPT = frozenset("²³½¼¾⅓⅔°ئؤء")  # NFKC would turn 10² into 102 and 1½ into 11/2


class Kind(StrEnum):
    """What a token is."""

    NUMBER = "number"
    WORD = "word"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Token:
    """A folded piece of text and its half-open span in the text as written.

    ``gap`` says that white space (or nothing at all) stands before it.
    """

    kind: Kind
    text: str
    start: int
    end: int
    gap: bool


@dataclass(frozen=True, slots=True)
class Stem:
    """One way to read an Arabic word: what is left when clitics are taken off its front."""

    text: str
    conjunction: bool  # و or ف
    preposition: str  # "", ب, ل or ك
    definite: bool


_TOKEN = re.compile(
    r"(?P<link>(?:https?://|www\.)\S+)"
    r"|(?P<number>\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d.,:/-]\d|\d)"  # 37 000
    r"|\d+(?:[.,'٫٬ر]\d+)*"  # 7ر5 is how wire services write 7,5
    r"|(?<![^\s(])[.٫]\d+(?!\w))"  # .5, or 5 after a full stop: a number, whichever
    r"|(?P<word>[^\W\d_²³½¼¾⅓⅔]+)"
    r"|(?P<mark>[^\s])"
)


_KINDS = {"number": Kind.NUMBER, "word": Kind.WORD}


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    if character in _KEPT or character.isspace():
        return character
    return "".join(map(_fold_part, unicodedata.normalize("NFKC", character).lower()))


def _fold_part(part: str) -> str:
    part = part.translate(_FOLDED)
    if part in _KEPT:
        return part
    if part.isdecimal():
        return str(unicodedata.decimal(part))
    # Diacritics, accents, tatweel, zero-width and direction marks carry no meaning here.
    letters = unicodedata.normalize("NFD", part)
    return "".join(c for c in letters if c != "ـ" and unicodedata.category(c) not in ("Mn", "Cf"))


def fold(text: str) -> str:
    """Text with letter variants, digit scripts and case made one and ornaments dropped."""
    return "".join(map(_fold_character, text))


# Cached: numbers, dates and words of a sentence are read one after the other.
@lru_cache(maxsize=64)
def tokenise(text: str) -> tuple[Token, ...]:
    """Tokens of the first ``MAX_CHARACTERS`` of a text, in order. Never raises."""
    pieces: list[str] = []
    origins: list[int] = []
    read = 0
    for position, character in enumerate(text[:MAX_CHARACTERS]):
        folded = _fold_character(character)
        if len(origins) + len(folded) > MAX_CHARACTERS:
            break  # one ligature may fold to many letters
        pieces.append(folded)
        origins.extend([position] * len(folded))
        read = position + 1
    origins.append(read)
    return tuple(_tokens("".join(pieces), origins))


def _tokens(folded: str, origins: list[int]) -> Iterator[Token]:
    previous_end = -1
    for match in _TOKEN.finditer(folded):
        kind = _KINDS.get(match.lastgroup or "", Kind.MARK)
        start, end = match.span()
        if kind is Kind.NUMBER and origins[end - 1] - origins[start] != end - 1 - start:
            kind = Kind.MARK  # a direction mark inside: its groups may show in another order
        # Up to the next letter kept: trailing diacritics and tatweel belong to the word.
        written_end = max(origins[end - 1] + 1, origins[end])
        yield Token(kind, match.group(), origins[start], written_end, start > previous_end)
        previous_end = end


@lru_cache(maxsize=8_192)
def stems(word: str) -> tuple[Stem, ...]:
    """All readings of a folded word, the whole word first; stems keep two letters at least."""
    found: list[Stem] = []
    for conjunction in (False, True):
        rest = word[1:] if conjunction else word
        if conjunction and not word.startswith(("و", "ف")):
            break
        for preposition in ("", *(rest[:1] if rest[:1] in ("ب", "ل", "ك") else "")):
            bare = rest[len(preposition) :]
            found.append(Stem(bare, conjunction, preposition, definite=False))
            if bare.startswith("ال"):
                found.append(Stem(bare[2:], conjunction, preposition, definite=True))
            elif preposition == "ل" and bare.startswith("ل"):
                found.append(Stem(bare[1:], conjunction, preposition, definite=True))
    return tuple(stem for stem in found if len(stem.text) > 1)
