"""Reduce a word to its consonants, so that Arabic and Latin spellings of it can be compared.

For matching only: ``7okoma`` and حكومة, ``Khartoum`` and الخرطوم become the same. People write
Arabic in Latin letters, and names occur in every language. Letters that only one of the scripts
distinguishes are merged; a letter that stands for several sounds gives several readings.
"""

import re
from functools import lru_cache
from itertools import islice, product
from typing import Final

#: Least consonants of a reading: fewer occur in too many words.
SHORTEST: Final = 3
#: The most readings of one word.
_READINGS: Final = 8

#: Consonants that each letter may stand for; ``-`` stands for none, and a letter that is missing
#: here is a vowel or often left unwritten.
_ARABIC: Final = {
    "ب": "b", "ت": "t", "ث": "ts", "ج": "k", "ح": "h", "خ": "x", "د": "d", "ذ": "dz", "ر": "r",
    "ز": "z", "س": "s", "ش": "c", "ص": "s", "ض": "d", "ط": "t", "ظ": "zd", "غ": "k", "ف": "f",
    "ق": "k-", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h", "پ": "b", "چ": "ck", "ڤ": "f",
    "گ": "k",
}  # fmt: skip
_LATIN: Final = {
    "kh": "x", "gh": "k", "sh": "c", "ch": "ckx", "th": "ts", "dh": "dz", "dj": "k", "ph": "f",
    "b": "b", "p": "b", "t": "t", "g": "k", "j": "k", "h": "h", "d": "d", "r": "r", "z": "z",
    "s": "s", "f": "f", "v": "f", "q": "k", "k": "k", "c": "ks", "l": "l", "m": "m", "n": "n",
    "x": "xc", "ç": "s", "$": "c", "5": "x", "6": "tz", "7": "h", "8": "k", "9": "ks",
}  # fmt: skip
#: Consonants at the beginning of a word; elsewhere they may be vowels.
_GLIDES: Final = {"w": "w", "و": "w", "y": "y", "ي": "y"}
_UNITS: Final = re.compile("|".join(map(re.escape, sorted(_LATIN, key=len, reverse=True))))
_ENDING: Final = re.compile("(?<=[aeiou])h$|[هة]$")
_DOUBLED: Final = re.compile(r"(.)\1+")
#: The article and what is written together with it.
_ARTICLE: Final = re.compile("^(?:[aei]l|l(?=[^aeiou]))-?(?=.{3})|^[وفب]?ال(?=..)|^لل(?=..)")


def is_arabic(word: str) -> bool:
    """Return whether a word is in Arabic letters, by the first of them."""
    return "\u0621" <= word[:1] <= "\u06d3"


@lru_cache(maxsize=65536)
def consonant_keys(word: str) -> frozenset[str]:
    """Return the readings that identify a folded word; a number has none."""
    if not any(map(str.isalpha, word)):
        return frozenset()
    if word[0] == "و":
        # It may be the first letter, or an "and" before it.
        return _readings(word) | _readings(word[1:])
    return _readings(word)


def _readings(word: str) -> frozenset[str]:
    bare = _ENDING.sub("", _ARTICLE.sub("", word))
    table, units = (_ARABIC, list(bare)) if is_arabic(word) else (_LATIN, _UNITS.findall(bare))
    letters = [table[unit] for unit in units if unit in table]
    first = _GLIDES.get(bare[:1], "")
    found = (
        _DOUBLED.sub(r"\1", first + "".join(one).replace("-", ""))
        for one in islice(product(*letters), _READINGS)
    )
    return frozenset(one for one in found if len(one) >= SHORTEST)
