"""Detect Arabizi: Arabic in Latin letters, with digits for letters that Latin lacks (pure).

A logistic regression on hashed letter n-grams and words, fitted by
``benchmarks/training/arabizi.py``.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings.text.tokenisation import words
from knowledge.claims.hashed_features import character_ngrams, collapse_repeats, hash_feature
from knowledge.text.language import guess_language

#: Dimension of the feature hashing.
DIMENSION: Final = 4096
#: Lengths of the n-grams, in letters; a word has a space on both sides.
LENGTHS: Final = (2, 3, 4)
#: The most words of a text that are read, and the fewest that tell enough.
MAX_WORDS: Final = 60
MIN_WORDS: Final = 2
#: Least log-odds for Arabizi. Of claims in Arabizi one in a hundred is below it, of sentences in
#: other languages that it was not fitted on one in sixteen above.
SURE: Final = 1.5

_LAST_LATIN: Final = "\u024f"


@dataclass(frozen=True, slots=True)
class Model:
    """The fitted model: weights (DIMENSION,) and a constant."""

    weights: NDArray[np.float32]
    constant: float

    def score(self, text: str) -> float:
        """Return the log-odds that a text in Latin letters is Arabic."""
        found = sorted(hash_features(text))
        if not found:
            return -math.inf
        return float(self.weights[found].sum() / math.sqrt(len(found))) + self.constant


def hash_features(text: str) -> set[int]:
    """Return the hashed features of a text."""
    return {hash_feature(feature, DIMENSION) for feature in _features(text)}


def _features(text: str) -> Iterator[str]:
    for word in _latin_words(text):
        yield f" {word} "
        yield from character_ngrams(word, LENGTHS)


def _latin_words(text: str) -> list[str]:
    return [collapse_repeats(word) for word in words(text)[:MAX_WORDS] if not word.isdecimal()]


@cache
def _model() -> Model:
    kept = json.loads((resources.files(__package__) / "arabizi.json").read_text("utf-8"))
    weights = np.array(kept["weights"], np.float32) / kept["scale"]
    return Model(weights, kept["constant"])


def is_arabizi(text: str) -> bool:
    """Return whether ``text`` is Arabic in Latin letters."""
    read = _latin_words(text)
    if len(read) < MIN_WORDS or any(word[0] > _LAST_LATIN for word in read):
        return False
    return _model().score(text) > SURE


def language_spoken(text: str) -> str:
    """Return the language of the writer of ``text``: for Arabizi, Arabic."""
    return "ar" if is_arabizi(text) else guess_language(text)


def differ_in_language(one: str, other: str) -> bool:
    """Return whether two texts are in different languages; Arabizi differs from Arabic."""
    return _written_in(one) != _written_in(other)


def _written_in(text: str) -> str:
    return "arabizi" if is_arabizi(text) else guess_language(text)
