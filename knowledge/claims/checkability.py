"""Score how much a sentence looks like something that can be checked: a small learned model (pure).

A logistic regression on hashed letter n-grams, fitted on Arabic posts and claims by
``benchmarks/training/checkable.py``. It needs no encoder: fitted on tweets, it found as many
uncheckable ones as a linear head on e5's vectors did, at the same loss of real claims.
"""

import json
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from embeddings.words import words

#: Places that n-grams are hashed to.
DIMENSION: Final = 4096
#: Lengths of the n-grams, in letters; a word has a space on both sides.
LENGTHS: Final = (2, 3, 4)
#: Words of a text that are read.
MAX_WORDS: Final = 200

_MARKS: Final = "?؟!:"
_ARABIC = re.compile("[\u0621-\u064a]")
_LATIN = re.compile("[a-z]")


@dataclass(frozen=True, slots=True)
class Checkability:
    """The fitted model. ``opinion_below`` is the score under which a text states nothing."""

    weights: tuple[float, ...]
    bias: float
    opinion_below: float

    def score(self, text: str) -> float:
        """Return the log-odds that ``text`` holds a checkable claim."""
        found = places(text)
        total = sum(self.weights[place] for place in found)
        return self.bias + total / math.sqrt(max(len(found), 1))

    def is_opinion(self, text: str) -> bool:
        """Whether ``text`` surely holds nothing checkable. Only Arabic was learned."""
        return reads_arabic(text) and self.score(text) < self.opinion_below


def places(text: str) -> frozenset[int]:
    """Return the places of the n-grams of ``text``; all numbers are one."""
    return frozenset(zlib.crc32(gram.encode()) % DIMENSION for gram in _grams(text))


def reads_arabic(text: str) -> bool:
    """Whether most letters of ``text`` are Arabic."""
    low = text.lower()
    return len(_ARABIC.findall(low)) > len(_LATIN.findall(low))


@cache
def learned() -> Checkability:
    """Return the model that ships with the project."""
    file = resources.files("knowledge.claims") / "checkable.json"
    kept = json.loads(file.read_text("utf-8"))
    weights = tuple(weight / kept["scale"] for weight in kept["weights"])
    return Checkability(weights, kept["bias"], kept["opinion_below"])


def _grams(text: str) -> Iterator[str]:
    for word in words(text)[:MAX_WORDS]:
        padded = " 0 " if word[0].isdigit() else f" {word} "
        for length in LENGTHS:
            for start in range(len(padded) - length + 1):
                yield padded[start : start + length]
    for mark in _MARKS:
        if mark in text:
            yield f"mark {mark}"
