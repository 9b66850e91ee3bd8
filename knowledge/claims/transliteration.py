"""Spell Arabizi in Arabic letters, well enough to search with (pure).

Nobody's Arabizi keeps to a table, and a letter of it may stand for several: what comes out is
often misspelled. Of 291 claims in Arabizi the right statement is first for 59 % where these
spellings are searched with too, for 27 % without (among 6,000 headlines).
"""

import re
from typing import Final

_LETTERS: Final = {
    "kh": "خ", "gh": "غ", "sh": "ش", "ch": "ش", "th": "ث", "dh": "ذ", "ou": "و", "oo": "و",
    "ee": "ي", "aa": "ا", "ii": "ي", "uu": "و", "ai": "اي", "ay": "ي", "ei": "ي", "ey": "ي",
    "aw": "او", "au": "او", "3'": "غ", "7'": "خ", "9'": "ض",
    "2": "ء", "3": "ع", "5": "خ", "6": "ط", "7": "ح", "8": "غ", "9": "ق",
    "b": "ب", "p": "ب", "t": "ت", "g": "ج", "j": "ج", "h": "ه", "d": "د", "r": "ر", "z": "ز",
    "s": "س", "$": "ش", "f": "ف", "v": "ف", "q": "ق", "k": "ك", "c": "ك", "l": "ل", "m": "م",
    "n": "ن", "x": "كس", "w": "و", "y": "ي", "o": "و",
}  # fmt: skip
#: Vowels that Arabic leaves out where they are short; whether they are, nothing tells.
_SHORT: Final = {"a": "ا", "i": "ي", "u": "و", "e": ""}
_UNIT: Final = re.compile(
    "|".join(re.escape(u) for u in sorted({*_LETTERS, *_SHORT}, key=len, reverse=True))
)
_WORD: Final = re.compile(r"[a-z0-9$']+")
_ARTICLE_APART: Final = re.compile(r"\b(?:[aei]?l)[ -]+(?=[a-z0-9])")
_ARTICLE: Final = re.compile(r"[aeiou]?l(?=[^aeiou]..)")
_FEMININE: Final = re.compile(r"(?<=..)(?:[ae]h|(?<=...)[ae])$")
_DOUBLED: Final = re.compile(r"([kgstcd]h|[^aeiou\d])\1")


def arabic_spellings(text: str) -> tuple[str, str]:
    """Return ``text`` in Arabic letters twice: its short vowels left out, and all written."""
    lowered = _ARTICLE_APART.sub("al", text.lower())
    return (
        _WORD.sub(lambda word: _spelled(word[0], {}), lowered),
        _WORD.sub(lambda word: _spelled(word[0], _SHORT), lowered),
    )


def _spelled(word: str, inner: dict[str, str]) -> str:
    """Spell a word; ``inner`` are the short vowels that are written inside it."""
    if word.isdecimal():
        return word
    article = _ARTICLE.match(word)
    bare = _DOUBLED.sub(r"\1", word[article.end() :] if article else word)
    body = _FEMININE.sub("", bare)
    letters = []
    for unit in _UNIT.finditer(body):
        vowel = unit[0] in _SHORT
        if vowel and unit.start() == 0:
            letters.append("ا")
        elif vowel and unit.end() == len(bare):
            letters.append(_SHORT[unit[0]])
        else:
            letters.append(inner.get(unit[0], "") if vowel else _LETTERS[unit[0]])
    return ("ال" if article else "") + "".join(letters) + ("ة" if body != bare else "")
