"""Whether a Latin-script name and an Arabic-script name are one name: Baghouz and الباغوز.

The two spellings are aligned sound by sound (weighted edit distance, Wagner & Fischer 1974).
Consonants must agree by class: a consonant of one side without a partner ends the comparison,
except those a spelling commonly drops. Vowels may differ, at a price: Arabic leaves short vowels
unwritten, and Latin spellings write one vowel in many ways.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from knowledge.agreement.concepts import concepts

#: Longest name compared: alignment costs the product of both lengths.
_LONGEST: Final = 24
#: Fewest consonants both names must have: fewer agree by chance.
_FEWEST_CONSONANTS: Final = 2
#: Highest price of an alignment by the number of consonants: the fewer, the closer the vowels must
#: agree. Set on a list of true pairs and all its cross pairs (tests/unit/test_transliteration.py).
_DEAREST: Final = {2: 0.5, 3: 0.75, 4: 1.0}
_DEAREST_OF_LONG: Final = 1.4

# Which Arabic letters a Latin consonant (or group, longest first) is written with.
_CONSONANTS: Final = {
    "tch": ("تش",), "sch": ("ش",), "sh": ("ش",), "ch": ("تش", "ش", "ك", "خ"), "kh": ("خ",),
    "gh": ("غ", "ج", "ك", "ق"), "ph": ("ف",), "th": ("ث", "ت", "ذ"), "dh": ("ذ", "ظ", "ض"),
    "dj": ("ج",), "zh": ("ج", "ژ"), "ck": ("ك",), "pf": ("ف",), "qu": ("كو", "ق", "ك"),
    "ts": ("تس", "ت"), "tz": ("تز", "تس"), "dz": ("دز", "ز"), "x": ("كس", "كز"),
    "b": ("ب",), "c": ("ك", "س", "ق"), "d": ("د", "ض"), "f": ("ف",), "g": ("ج", "غ", "ق", "ك"),
    "h": ("ه", "ح"), "j": ("ج", "ي", "خ"), "k": ("ك", "ق", "خ"), "l": ("ل",), "m": ("م",),
    "n": ("ن",), "p": ("ب",), "q": ("ق", "ك"), "r": ("ر",), "s": ("س", "ص", "ز", "ش"),
    "t": ("ت", "ط"), "v": ("ف",), "w": ("و", "ف"), "z": ("ز", "ذ", "ظ", "س", "تس"), "y": ("ي",),
}  # fmt: skip
_LONGEST_GROUP: Final = 3

# Which Arabic letters a Latin vowel may be written with.
_VOWELS: Final = {
    "a": "اع", "e": "يع", "i": "يع", "o": "وع", "u": "وع", "y": "ي",
    "é": "ي", "è": "ي", "ê": "ي", "ë": "ي", "á": "ا", "à": "ا", "â": "ا", "ä": "ا", "ã": "ا",
    "í": "ي", "ï": "ي", "î": "ي", "ó": "و", "ö": "و", "ô": "و", "ú": "و", "ü": "و", "û": "و",
}  # fmt: skip
#: Written at the end of a name only: the feminine ending and the alef that looks like a yeh.
_FINAL_VOWELS: Final = {"a": "هي", "e": "ه"}
#: Latin spellings of a long vowel, which Arabic always writes.
_LONG: Final = frozenset({"ou", "oo", "ee", "aa", "uu", "ii"})
_ARABIC_VOWELS: Final = frozenset("اوي")
#: Letters Latin spellings often leave out altogether.
_SILENT_PRICE: Final = {"ع": 0.5, "ء": 0.25}

_UNWRITTEN_VOWEL: Final = 0.25  # a short Latin vowel the Arabic leaves out
_UNWRITTEN_LONG: Final = 0.8  # a long, first or final one, which Arabic should write
_EXTRA_VOWEL: Final = 0.6  # an Arabic long vowel the Latin has not
_EXTRA_FINAL: Final = 1.2  # the same at the end: البغدادي is not Baghdad
_OTHER_VOWEL: Final = 0.6  # both write a vowel, but another
_SILENT: Final = 0.5  # a letter one side drops: ع, the alef before a first consonant
_DIPHTHONG: Final = 0.25  # one Latin letter for two Arabic ones: Biden, بايدن
_NEVER: Final = 99.0


def transliterates(latin: str, arabic: str) -> bool:
    """Tell whether a folded Latin word and a folded Arabic word spell the same name.

    Names of fewer than two consonants never match: too many agree by chance. Where one of the
    words has a listed meaning, the other must share it: سلاح is a weapon, never Salah.
    """
    if not (latin.isalpha() and arabic.isalpha()) or max(len(latin), len(arabic)) > _LONGEST:
        return False
    known, other = concepts(latin), concepts(arabic)
    if (known or other) and known.isdisjoint(other):
        return False
    return any(_same(*pair) for pair in _without_article(latin, arabic))


def _without_article(latin: str, arabic: str) -> Iterator[tuple[str, str]]:
    """Yield the two names and, as far as the spelling may hide an article, both without it."""
    yield latin, arabic
    if arabic.startswith("ال") and len(arabic) > 4:
        if not latin.startswith(("al", "el")):
            yield latin, arabic[2:]
        # The article takes the sound of the letter after it: الزور is Ezzor.
        if len(latin) > 4 and latin[0] in "ae" and latin[1] == latin[2]:
            yield latin[2:], arabic[2:]


def _same(latin: str, arabic: str) -> bool:
    in_latin = sum(
        letter not in _VOWELS and letter != before
        for before, letter in zip(" " + latin, latin, strict=False)
    )
    consonants = min(in_latin, sum(letter not in _ARABIC_VOWELS for letter in arabic))
    if consonants < _FEWEST_CONSONANTS:
        return False
    return _price(latin, arabic) <= _DEAREST.get(consonants, _DEAREST_OF_LONG)


@lru_cache(maxsize=8_192)
def _price(latin: str, arabic: str) -> float:
    """Return the price of the cheapest alignment of both names, ``_NEVER`` if there is none."""
    rows, columns = len(latin) + 1, len(arabic) + 1
    price = [[_NEVER] * columns for _ in range(rows)]
    price[0][0] = 0.0
    for i in range(rows):
        for j in range(columns):
            here = price[i][j]
            if here >= _NEVER:
                continue
            if j < columns - 1:
                _offer(price, i, j + 1, here + _extra(arabic, j, begun=i > 0))
            if i < rows - 1:
                for row, column, step in _steps(latin, i, arabic, j):
                    _offer(price, row, column, here + step)
    return price[-1][-1]


def _offer(price: list[list[float]], row: int, column: int, offered: float) -> None:
    price[row][column] = min(price[row][column], offered)


def _steps(latin: str, i: int, arabic: str, j: int) -> Iterator[tuple[int, int, float]]:
    """Yield where reading the Latin letter or group at ``i`` may lead, and at what price."""
    letter, before = latin[i], latin[i - 1] if i else ""
    if letter in _VOWELS:
        yield i + 1, j, _unwritten(latin, i)
        if j < len(arabic):
            yield i + 1, j + 1, _vowel(letter, arabic, j)
        if letter in "iy" and arabic.startswith("اي", j):
            yield i + 1, j + 2, _DIPHTHONG
        # A long vowel is written once in Arabic.
        if latin[i : i + 2] in _LONG and j < len(arabic):
            yield i + 2, j + 1, _vowel(letter, arabic, j)
            if latin[i + 1] != letter:
                yield i + 2, j + 1, _vowel(latin[i + 1], arabic, j)
    elif letter == before:
        yield i + 1, j, 0.0  # doubled in Latin, written once in Arabic
    elif letter == "h" and before in _VOWELS:
        yield i + 1, j, _SILENT
    for size in range(1, min(_LONGEST_GROUP, len(latin) - i) + 1):
        for letters in _CONSONANTS.get(latin[i : i + size], ()):
            if arabic.startswith(letters, j):
                yield i + size, j + len(letters), 0.0


def _unwritten(latin: str, at: int) -> float:
    """Return the price of leaving out the Latin vowel at ``at``."""
    is_outer = at == 0 or (at == len(latin) - 1 and latin[at] != "e")
    is_long = latin[at : at + 2] in _LONG
    return _UNWRITTEN_LONG if is_outer or is_long else _UNWRITTEN_VOWEL


def _extra(arabic: str, at: int, *, begun: bool) -> float:
    """Return the price of the Arabic letter at ``at`` that the Latin name does not write."""
    if arabic[at] in _ARABIC_VOWELS:
        if at == len(arabic) - 1:
            return _EXTRA_FINAL
        # An alef before the first consonant only carries it: ستوكهولم is also استوكهولم.
        return _EXTRA_VOWEL if begun else _SILENT
    return _SILENT_PRICE.get(arabic[at], _NEVER)


def _vowel(latin: str, arabic: str, at: int) -> float:
    """Return the price of writing the Latin vowel as the Arabic letter at ``at``."""
    if arabic[at] in _VOWELS[latin] or (at == 0 and arabic[at] == "ا"):
        return 0.0
    if at == len(arabic) - 1 and arabic[at] in _FINAL_VOWELS.get(latin, ""):
        return 0.0
    return _OTHER_VOWEL if arabic[at] in _ARABIC_VOWELS else _NEVER
