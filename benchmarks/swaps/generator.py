"""Minimal pairs: a text with one thing exchanged, or reworded with its meaning kept.

Pure and seeded: the random numbers come from the caller. What is exchanged comes from the word
lists beside this file, which were written for it. ``is_held_out`` parts texts for good: those held
out serve the benchmark only, all others may train.
"""

import hashlib
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.swaps.entities import Exchange, name, place
from benchmarks.swaps.harmless import harmless
from benchmarks.swaps.negation import negation
from benchmarks.swaps.numbers import number, year
from benchmarks.swaps.roles import roles
from benchmarks.swaps.verbs import opposite

__all__ = ["Swap", "Swapped", "harmless", "is_held_out", "swapped"]

_NOT_LETTERS = re.compile(r"[\W_]+")
#: One text in five is held out.
_PARTS = 5


class Swap(StrEnum):
    """What of a text is exchanged."""

    NUMBER = "number"
    YEAR = "year"
    PLACE = "place"
    NAME = "name"
    NEGATION = "negation"
    VERB = "verb"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Swapped:
    """A text of which one thing was exchanged: the words ``before`` for the words ``after``."""

    text: str
    kind: Swap
    before: str
    after: str


_FINDERS: dict[Swap, Callable[[str, random.Random], Exchange | None]] = {
    Swap.NUMBER: number,
    Swap.YEAR: year,
    Swap.PLACE: place,
    Swap.NAME: name,
    Swap.NEGATION: negation,
    Swap.VERB: opposite,
    Swap.ROLE: roles,
}


def swapped(text: str, kind: Swap, rng: random.Random) -> Swapped | None:
    """Return ``text`` with one thing of ``kind`` exchanged; None where it offers nothing to swap.

    The result never says what ``text`` says: it excludes it, or speaks of another place or person.
    """
    exchange = _FINDERS[kind](text, rng)
    if exchange is None:
        return None
    before = text[exchange.start : exchange.end]
    if before == exchange.after:
        return None
    changed = text[: exchange.start] + exchange.after + text[exchange.end :]
    return Swapped(changed, kind, before, exchange.after)


def is_held_out(text: str) -> bool:
    """Tell whether a text is of the fifth that is never trained on, whatever its punctuation."""
    letters = _NOT_LETTERS.sub("", text.casefold())
    return int.from_bytes(hashlib.sha256(letters.encode()).digest()[:4], "big") % _PARTS == 0
