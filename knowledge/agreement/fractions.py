"""Shares and vague amounts in words: "half", ``ثلاثة أرباع``, ``عشرات الآلاف``, "dozens of"."""

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.agreement.number_lexicon import ARTICLES, OF, Term, lookup
from knowledge.agreement.tokens import Stem, Token, stems


@dataclass(frozen=True, slots=True)
class Magnitude:
    """A vague plural ("hundreds of"): from ``low`` to ``high``; ``tokens[start:end]`` spell it."""

    low: float
    high: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Fraction:
    """A share in words ("half", ``ثلاثة أرباع``); ``tokens[start:end]`` spell it."""

    value: float
    start: int
    end: int


_MAGNITUDES = {
    **dict.fromkeys(("عشرات", "dozens", "tens", "dizaines"), 10.0),
    **dict.fromkeys(("مئات", "مءات", "hundreds", "centaines"), 100.0),
    **dict.fromkeys(("الاف", "thousands", "milliers"), 1e3),
    **dict.fromkeys(("ملايين", "millions"), 1e6),
    **dict.fromkeys(("مليارات", "billions", "milliards"), 1e9),
}
FRACTIONS = {
    **dict.fromkeys(("نصف", "half", "moitie", "½"), 1 / 2),
    **dict.fromkeys(("ثلث", "third", "tiers", "⅓"), 1 / 3),
    **dict.fromkeys(("ثلثا", "ثلثي", "ثلثين", "ثلثان", "⅔"), 2 / 3),
    **dict.fromkeys(("ربع", "quarter", "quart", "¼"), 1 / 4),
    "¾": 3 / 4,
}
_WHOLES = frozenset({"مساحه", "سكان", "اراضي", "عدد", "انتاج", "قيمه", "ميزانيه"})
_NEED_NUMBER = frozenset({"third", "quarter", "tiers", "quart"})
# Without diacritics these are also 5, 6, 7, 9, 10; a share only before a definite noun.
_SHARES_OR_NUMBERS = {"خمس": 1 / 5, "سدس": 1 / 6, "سبع": 1 / 7, "تسع": 1 / 9, "عشر": 1 / 10}
_PARTS = {
    "اثلاث": 1 / 3,
    "ارباع": 1 / 4,
    "اخماس": 1 / 5,
    "اسداس": 1 / 6,
    "اسباع": 1 / 7,
    "اثمان": 1 / 8,
    "اتساع": 1 / 9,
    "اعشار": 1 / 10,
    "thirds": 1 / 3,
    "third": 1 / 3,
    "quarter": 1 / 4,
    "fifth": 1 / 5,
    "tenth": 1 / 10,
    "quarters": 1 / 4,
    "fourths": 1 / 4,
    "fifths": 1 / 5,
    "tenths": 1 / 10,
    "quarts": 1 / 4,
    "tiers": 1 / 3,
}


def read_fraction(tokens: Sequence[Token], start: int) -> Fraction | None:
    """A share in words that begins at a token: half, ``ثلثي``, three quarters."""
    if start >= len(tokens):
        return None
    after = tokens[start + 1].text if start + 1 < len(tokens) else ""
    word = tokens[start].text
    if word in ARTICLES and after in FRACTIONS:
        return Fraction(FRACTIONS[after], start, start + 2)
    if word in _NEED_NUMBER:
        return None  # "the third largest", "the quarter"
    for stem in stems(word) or (Stem(word, False, "", False),):
        if stem.text in FRACTIONS:
            return Fraction(FRACTIONS[stem.text], start, start + 1)
        if (
            stem.text in _SHARES_OR_NUMBERS
            and not stem.definite
            and (after.startswith("ال") or after in _WHOLES)
        ):
            return Fraction(_SHARES_OR_NUMBERS[stem.text], start, start + 1)
    joint = start + 2 if after == "-" else start + 1
    part = _PARTS.get(tokens[joint].text) if joint < len(tokens) else None
    found = lookup(word)
    if part is None or found is None or found[0] is not Term.UNIT:
        return None
    return Fraction(found[1] * part, start, joint + 1)


def read_magnitude(tokens: Sequence[Token], start: int) -> Magnitude | None:
    """A vague plural that begins at a token: ``عشرات الآلاف``, "hundreds of"."""
    low, index = 1.0, start
    while index < min(len(tokens), start + 4):
        word = tokens[index].text
        value = next((_MAGNITUDES[s.text] for s in stems(word) if s.text in _MAGNITUDES), None)
        if value is None and not (index > start and word in OF):
            break
        if value is not None and low < 1e9:
            low *= value
        index += 1
    while index > start and tokens[index - 1].text in OF:
        index -= 1
    if index == start:
        return None
    dozens = tokens[start].text == "dozens" and index == start + 1
    return Magnitude(24.0 if dozens else 2 * low, 10 * low - 1, start, index)
