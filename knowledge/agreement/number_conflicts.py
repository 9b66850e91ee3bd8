"""Detect numbers and dates of two texts that exclude each other (pure).

Less strict than ``rule_judge``, which must know that both measure the same thing: these decide
nothing, each is a weighted feature (``combined_judge``).
"""

from dataclasses import dataclass
from typing import Final

from embeddings.text.normalisation import fold
from embeddings.text.tokenisation import stem
from knowledge.agreement.calendar_points import Moment, moments_conflict, same_moment
from knowledge.agreement.comparability import is_decade
from knowledge.agreement.intervals import Dimension, Quantity, comparable, conflicts, entails
from knowledge.agreement.sentence_features import Reading, read

#: Increase when a decision here changes: calibrations are tied to it.
VERSION: Final = "signals-1"
#: Most numbers and dates of one text: each is compared with each of the other's.
MOST: Final = 64


@dataclass(frozen=True, slots=True)
class Signals:
    """Whether a number, or a date, of the claim is contradicted by the statement, not confirmed."""

    number: bool
    date: bool


def signals(claim: str, statement: str) -> Signals:
    """Return the number and date signals of ``claim`` and ``statement``. Never raises."""
    ours, theirs = read(claim), read(statement)
    then = _dates(theirs)
    return Signals(
        any(_excluded(each, theirs.quantities[:MOST]) for each in ours.quantities[:MOST]),
        any(_otherwise(each, then) for each in _dates(ours)),
    )


def _dates(reading: Reading) -> tuple[Moment, ...]:
    """Return the dates of a text, without decades ("the 1980's")."""
    return tuple(each for each in reading.moments if not is_decade(reading, each))[:MOST]


def _excluded(ours: Quantity, theirs: tuple[Quantity, ...]) -> bool:
    """Return whether a number of the statement excludes one of the claim, and none confirms it.

    Ranks tell events apart rather than measure them, and "one" is often an article.
    """
    counts = ours.dimension is Dimension.COUNT
    if ours.dimension is Dimension.ORDINAL or (counts and ours.value == 1):
        return False
    rivals = [each for each in theirs if _alike(each, ours)]
    borne_out = any(entails(each, ours) for each in rivals)
    return not borne_out and any(conflicts(each, ours) for each in rivals)


def _alike(theirs: Quantity, ours: Quantity) -> bool:
    """Return whether two quantities may measure one thing: of one kind, and not of two nouns."""
    if not comparable(theirs, ours):
        return False
    if ours.dimension is not Dimension.COUNT or not (ours.counted and theirs.counted):
        return True
    first, second = fold(ours.counted), fold(theirs.counted)
    return first.isascii() != second.isascii() or stem(first) == stem(second)


def _otherwise(ours: Moment, then: tuple[Moment, ...]) -> bool:
    """Return whether a date of the statement excludes one of the claim, and none is the same."""
    same = any(same_moment(each, ours) for each in then)
    return not same and any(moments_conflict(each, ours) for each in then)
