"""Classify the intent of a message, and score how checkable a sentence is (pure).

A multinomial logistic regression on hashed letter n-grams and words, fitted by
``benchmarks/training/intents.py`` on messages, posts and written claims in three languages.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings.text.tokenisation import words
from knowledge.claims.hashed_features import character_ngrams, collapse_repeats, hash_feature

#: Dimension of the feature hashing.
DIMENSION: Final = 8192
#: Lengths of the n-grams, in letters; a word has a space on both sides.
LENGTHS: Final = (2, 3, 4)
#: The most words of a text that are read.
MAX_WORDS: Final = 200

_MARKS: Final = "?؟!:"

Floats = NDArray[np.float32]


class Intent(StrEnum):
    """What a person wants with a message."""

    CLAIM = "claim"
    GREETING = "greeting"
    FAREWELL = "farewell"
    THANKS = "thanks"
    INSULT = "insult"
    #: Asks who said so, or where it is from.
    SOURCE = "source"
    #: Asks for the verdict: true or false?
    VERDICT = "verdict"
    #: Says that the answer was wrong.
    WRONG = "wrong"
    HELP = "help"
    PRAYER = "prayer"
    #: Anything else that states nothing.
    CHAT = "chat"


@dataclass(frozen=True, slots=True)
class IntentModel:
    """The fitted model: weights (DIMENSION, intents) and constants (intents).

    ``nothing_below`` is the log-odds of CLAIM under which a text surely states nothing.
    """

    weights: Floats
    constants: Floats
    nothing_below: float

    def score(self, text: str) -> float:
        """Return the log-odds that ``text`` holds a checkable claim."""
        scores = self._scores(text)
        others = np.delete(scores, 0)
        highest = float(others.max())
        return float(scores[0]) - highest - math.log(float(np.exp(others - highest).sum()))

    def states_nothing(self, text: str) -> bool:
        """Return whether ``text`` certainly holds nothing checkable. Numbers are checkable."""
        if any(word[0].isdigit() for word in words(text)[:MAX_WORDS]):
            return False
        return self.score(text) < self.nothing_below

    def intent(self, text: str, *, sure: bool = False) -> Intent:
        """Return the likeliest intent of ``text``: CLAIM unless it certainly states nothing.

        ``sure`` says that it is known to hold no claim.
        """
        if not (sure or self.states_nothing(text)):
            return Intent.CLAIM
        return list(Intent)[1 + int(np.delete(self._scores(text), 0).argmax())]

    def _scores(self, text: str) -> Floats:
        found = sorted(hash_features(text))
        total: Floats = self.weights[found].sum(0) / math.sqrt(max(len(found), 1))
        return total + self.constants


def hash_features(text: str) -> frozenset[int]:
    """Return the hashed features of ``text``; all numbers are one feature."""
    return frozenset(hash_feature(each, DIMENSION) for each in _features(text))


@cache
def load_model() -> IntentModel:
    """Return the shipped model."""
    kept = json.loads((resources.files("knowledge.claims") / "intent.json").read_text("utf-8"))
    weights = np.array(kept["weights"], np.float32).reshape(DIMENSION, len(Intent))
    return IntentModel(
        weights / kept["scale"], np.array(kept["constants"], np.float32), kept["nothing_below"]
    )


def _features(text: str) -> Iterator[str]:
    found = [collapse_repeats(word) for word in words(text)[:MAX_WORDS]]
    shown = ["0" if word[0].isdigit() else word for word in found]
    for word in shown:
        yield from character_ngrams(word, LENGTHS)
        yield f"word {word}"
    for first, second in zip(["|", *shown], [*shown, "|"], strict=True):
        yield f"pair {first} {second}"
    yield f"length {min(len(shown).bit_length(), 6)}"
    for mark in _MARKS:
        if mark in text:
            yield f"mark {mark}"
