"""Decide whether numbers and dates of a claim and a statement measure the same thing."""

import re
from dataclasses import dataclass
from typing import Final

from embeddings.text.normalisation import fold, for_matching
from knowledge.agreement.alignment import Alignment, same_thing
from knowledge.agreement.calendar_points import Moment
from knowledge.agreement.concepts import opposed
from knowledge.agreement.intervals import Dimension, Quantity, entails
from knowledge.agreement.sense_modifiers import measures_differently
from knowledge.agreement.sentence_features import Reading

#: Words on each side of a number or date that tell what it measures.
NEIGHBOURS: Final = 4
#: The same before a date, which often closes the sentence it dates.
DATE_NEIGHBOURS: Final = 6
_RANKS: Final = frozenset(
    "second third fourth fifth sixth seventh eighth ninth tenth ثاني ثالث رابع خامس سادس سابع"
    " ثامن تاسع عاشر".split()
)
OPERATOR_GAP: Final = 12
_DIGIT: Final = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim and a statement read side by side, and the sentence before the statement."""

    claim: Reading
    statement: Reading
    alignment: Alignment
    preceding: str


def is_certain(reading: Reading, quantity: Quantity) -> bool:
    """Return whether a number may refute: whether it certainly measures what is next to it.

    Ranks tell events apart rather than measure them (the third plane, the fourth), "one" is often
    an article ("one family"), "the quarter" a time of year, and digits left over before a number
    are part of it ("«46» million").
    """
    written = reading.text[quantity.start : quantity.end]
    before = reading.text[: quantity.start].rstrip(" «»\"'()[]“”")
    if quantity.dimension is Dimension.ORDINAL or before[-1:].isdigit():
        return False
    if quantity.dimension is Dimension.COUNT and quantity.value == 1:
        return False
    worded_share = quantity.dimension is Dimension.PROPORTION and not _DIGIT.search(written)
    return not (worded_share and written.startswith("ال"))


def other_side(pair: Pair) -> bool:
    """Return whether the statement measures the opposite of what the claim does.

    What was freed and what is still held of one land are different numbers of it. That the title
    has the claim's word does not change what the statement measures.
    """
    return any(
        opposed(ours.text, theirs.text)
        for ours in (*pair.alignment.missing, *pair.alignment.titled)
        for theirs in pair.statement.words
    )


def measures_same(pair: Pair, ours: Quantity, theirs: Quantity) -> bool:
    """Return whether two comparable quantities measure the same thing in both texts."""
    if measures_differently(pair.claim, ours, pair.statement, theirs):
        return False
    named = bool(ours.counted and theirs.counted)
    if ours.dimension is Dimension.COUNT and ours.unit is None:
        if not named:
            return False
        return same_thing(_key(ours.counted), _key(theirs.counted))
    if named and same_thing(_key(ours.counted), _key(theirs.counted)):
        return True
    near = pair.statement.near(theirs.start, theirs.end, NEIGHBOURS, NEIGHBOURS)
    mine = pair.claim.near(ours.start, ours.end, NEIGHBOURS, NEIGHBOURS)
    return any(pair.alignment.has(word, other) for word in mine for other in near)


def dates_same(pair: Pair, ours: Moment, theirs: Moment) -> bool:
    """Return whether two dates are of the same event: the words before one are by the other.

    A sentence may date one event and tell another, so a shared subject is not enough.
    """
    before = pair.statement.near(theirs.start, theirs.end, 2, 0)
    anchors = [word for word in before if word.clause == before[-1].clause]
    mine = pair.claim.near(ours.start, ours.end, DATE_NEIGHBOURS, NEIGHBOURS)
    if not any(pair.alignment.has(word, anchor) for word in mine for anchor in anchors):
        return False
    # What stands next to the date in the claim must not be told in another clause.
    shared = {w for w, _ in pair.alignment.pairs}
    nearest = next(
        (
            w
            for w in reversed(pair.claim.near(ours.start, ours.end, DATE_NEIGHBOURS, 0))
            if w in shared
        ),
        None,
    )
    near = set(anchors)
    if anchors[0].relative:
        # "The hospital that was built in 2014": what was built stands before the clause.
        near |= set(pair.statement.near(anchors[0].start, anchors[0].end, 1, 0))
    clauses = {anchor.clause for anchor in anchors}
    return nearest is None or any(
        other.clause in clauses or other in near
        for w, found in pair.alignment.pairs
        if w is nearest
        for other in found
    )


def has_same_governor(pair: Pair, theirs: Quantity) -> bool:
    """Return whether the claim has the word that governs the statement's number.

    "Liberating 99.5 % of the land held" is not "99.5 % of the land is held".
    """
    governing = pair.statement.near(theirs.start, theirs.end, 1, 0)
    following = pair.statement.near(theirs.start, theirs.end, 0, 1)
    if not governing or (following and governing[0].clause != following[0].clause):
        return True
    return any(governing[0] in found for _, found in pair.alignment.pairs)


def contains_in_order(numbers: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Return whether ``numbers`` occur among ``others`` in this order: 2-1 is not 1-2."""
    rest = iter(others)
    return all(number in rest for number in numbers)


def differs_in_rank(pair: Pair) -> bool:
    """Return whether the statement ranks or shares out what the claim does not.

    "The fourth largest" is not the largest, "half of the hospitals" are not the hospitals.
    """
    shared = [w for _, found in pair.alignment.said for w in found]
    if not any(q.dimension is Dimension.PROPORTION for q in pair.claim.quantities) and any(
        q.dimension is Dimension.PROPORTION and 0 <= w.start - q.end <= OPERATOR_GAP
        for q in pair.statement.quantities
        for w in shared
    ):
        return True
    start, end = min(w.start for w in shared), max(w.end for w in shared)
    ours = [q for q in pair.claim.quantities if q.dimension is Dimension.ORDINAL]
    said = {w.text for w in pair.claim.words}
    if any(
        start <= w.start < end and w.text in _RANKS and w.text not in said
        for w in pair.statement.words
    ):
        return True
    return any(
        q.dimension is Dimension.ORDINAL
        and start <= q.start < end
        and not any(entails(q, mine) for mine in ours)
        for q in pair.statement.quantities
    )


def is_decade(reading: Reading, moment: Moment) -> bool:
    """Return whether a year is written "1980s": ten years that no single date settles."""
    return reading.text[moment.end : moment.end + 2].lstrip("'’").startswith("s")


def _key(word: str | None) -> str:
    return fold(for_matching(word or ""))
