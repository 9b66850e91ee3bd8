"""Text to index terms: folded words, lightly stemmed, negators and single digits kept."""

import re
from functools import lru_cache
from typing import Final

import Stemmer

from embeddings.text.normalisation import fold, for_matching

# A number keeps its decimal and thousands signs as one term; a word is letters and digits of any
# script with an apostrophe inside ("don't" must not lose its negation).
_TERM = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:['’][^\W_]+)*")

#: Terms so common that they say nothing about the subject. No negator and no digit is ever here.
STOP_WORDS: Final = frozenset(
    fold(
        "من في على عن الى مع ان انه انها التي الذي الذين هذا هذه ذلك تلك هو هي هم كان كانت يكون"
        " تكون قد لقد و او ثم كما بعد قبل عند حتى اذا كل بين خلال حول ضد منذ"
        " the a an of in on at to for and or is are was were be been being that this these those"
        " it its by with from as has have had will would he she they his her their"
        " le la les de des du un une et est sont que qui dans pour sur"
    ).split()
)

# One spelling of what stands inside a term: 99,5 and 99.5, don’t and don't.
_SAME_SIGN = str.maketrans(",’", ".'")

#: Length of the letter n-grams. McNamee & Mayfield (2004) find 4 best for most languages; on
#: CheckThat! 2021 Arabic train 3 and 4 do equally well (MAP@5 .911), 5 worse (.884), stems .868.
GRAM: Final = 4

#: Longest word whose n-grams are cached: longer ones do not recur.
_LONGEST_KNOWN: Final = 32

# Light10 (Larkey, Ballesteros & Connell 2007): conjunction, then one prefix, then suffixes.
_PREFIXES: Final = ("وال", "فال", "بال", "كال", "لل", "ال")
_SUFFIXES: Final = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")
#: Letters that losing a conjunction must leave; losing a prefix or suffix may leave one fewer.
_SHORTEST: Final = 3

_ARABIC = re.compile("[\u0621-\u064a]")
_english = Stemmer.Stemmer("english")


def words(text: str) -> list[str]:
    """Return the folded words of ``text`` in order, stop words included.

    A number is one word and writes its mark as a point: ``99,5`` and ``99.5`` are the same.
    """
    return [word.translate(_SAME_SIGN) for word in _found(text)]


def _found(text: str) -> list[str]:
    return _TERM.findall(fold(for_matching(text)))


def terms(text: str) -> list[str]:
    """Return the index terms of ``text`` in order: stop words dropped, the rest stemmed."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


def grams(text: str) -> list[str]:
    """Return every letter n-gram of ``GRAM`` letters of each word, its ends marked by ``_``."""
    # No word and no step of normalising reaches across a space.
    return [gram for part in text.split() for gram in joined_grams(part).split()]


def joined_grams(part: str) -> str:
    """Return ``grams`` of a text without a space, joined by spaces."""
    return _known_grams(part) if len(part) <= _LONGEST_KNOWN else _joined_grams(part)


def _joined_grams(part: str) -> str:
    return " ".join([run for word in _found(part) for run in _runs(word)])


def _runs(word: str) -> list[str]:
    marked = f"_{word.translate(_SAME_SIGN)}_"
    if len(marked) <= GRAM:
        return [marked]
    return [marked[start : start + GRAM] for start in range(len(marked) - GRAM + 1)]


# Few words make up most of any text: caching saves nine tenths of indexing.
_known_grams = lru_cache(maxsize=131_072)(_joined_grams)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return the light stem of one folded word (light10 for Arabic, Porter2 for Latin script)."""
    if _ARABIC.search(word):
        return _arabic_stem(word)
    return str(_english.stemWord(word)) if word.isascii() and word.isalpha() else word


def _arabic_stem(word: str) -> str:
    if word.startswith("و") and len(word) > _SHORTEST:
        word = word[1:]
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= _SHORTEST - 1:
            word = word[len(prefix) :]
            break
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST - 1:
            word = word[: -len(suffix)]
    return word
