"""Numbers and dates of two texts that exclude each other, whatever else they say (pure).

Less strict than ``rules``, which must know that both are of the same thing: these decide nothing,
each is a feature with a weight (``combined``).
"""

from dataclasses import dataclass
from typing import Final

from embeddings.text.normalisation import fold
from embeddings.text.tokenisation import stem
from knowledge.agreement.calendar_points import Moment, moments_conflict, same_moment
from knowledge.agreement.comparability import is_decade
from knowledge.agreement.intervals import Dimension, Quantity, comparable, conflicts, entails
from knowledge.agreement.sentence_features import Reading, read

#: Raise when anything here decides otherwise: calibrations are kept by it.
VERSION: Final = "signals-1"
#: Numbers and dates looked at of one text: each is compared with each of the other's.
MOST: Final = 64


@dataclass(frozen=True, slots=True)
class Signals:
    """Whether the claim has a number, or a date, that the statement names otherwise and not so."""

    number: bool
    date: bool


def signals(claim: str, statement: str) -> Signals:
    """Return what is exact of ``claim`` beside ``statement``. Never raises."""
    ours, theirs = read(claim), read(statement)
    then = _dates(theirs)
    return Signals(
        any(_excluded(each, theirs.quantities[:MOST]) for each in ours.quantities[:MOST]),
        any(_otherwise(each, then) for each in _dates(ours)),
    )


def _dates(reading: Reading) -> tuple[Moment, ...]:
    """Return the dates of a text: a decade, "the 1980's", is no single one."""
    return tuple(each for each in reading.moments if not is_decade(reading, each))[:MOST]


def _excluded(ours: Quantity, theirs: tuple[Quantity, ...]) -> bool:
    """Tell whether a number of the statement excludes one of the claim, and none bears it out.

    Ranks tell events apart rather than measure them, and "one" is often an article.
    """
    counts = ours.dimension is Dimension.COUNT
    if ours.dimension is Dimension.ORDINAL or (counts and ours.value == 1):
        return False
    rivals = [each for each in theirs if _alike(each, ours)]
    borne_out = any(entails(each, ours) for each in rivals)
    return not borne_out and any(conflicts(each, ours) for each in rivals)


def _alike(theirs: Quantity, ours: Quantity) -> bool:
    """Tell whether two quantities may be of one thing: of one kind, and not of two nouns."""
    if not comparable(theirs, ours):
        return False
    if ours.dimension is not Dimension.COUNT or not (ours.counted and theirs.counted):
        return True
    first, second = fold(ours.counted), fold(theirs.counted)
    return first.isascii() != second.isascii() or stem(first) == stem(second)


def _otherwise(ours: Moment, then: tuple[Moment, ...]) -> bool:
    """Tell whether a date of the statement excludes one of the claim, and none is the same."""
    same = any(same_moment(each, ours) for each in then)
    return not same and any(moments_conflict(each, ours) for each in then)
