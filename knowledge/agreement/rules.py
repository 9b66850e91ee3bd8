"""The judge by rules: numbers, dates and negation decide, anything else is left open.

A statement *refutes* a claim when both speak of the same thing and a number, a date or the
polarity excludes the other; it *supports* one when it has every content word of the claim, in
order and with the same polarity, and bears out every number and date. Both are deliberately hard
to reach: whatever is left over is NOT_ENOUGH_INFO.
"""

import re
from dataclasses import dataclass
from typing import Final

from embeddings.normalise import fold, for_matching
from knowledge.agreement.alignment import Alignment, align, same_thing
from knowledge.agreement.concepts import concepts, is_name, opposed
from knowledge.agreement.guards import contrasts, differs, leaves_out, measures_differently
from knowledge.agreement.intervals import Dimension, Quantity, comparable, conflicts, entails
from knowledge.agreement.judgement import Evidence, Judgement, Reason, ReasonKind
from knowledge.agreement.moments import Moment, moments_conflict, same_moment
from knowledge.agreement.reading import Reading, Word, read
from knowledge.domain import Relation

#: Share of a claim's words a statement must have before its numbers or polarity may refute it.
SAME_SUBJECT: Final = 0.6
#: Words of the claim that neither the statement nor the sentence before it may have, at most.
MISSING_WORDS: Final = 1
#: Share of the statement's stretch with the shared words that must be those words: for support,
#: for refutation by polarity (which errs on the harmless side), and for support where a number or
#: date is borne out next to its own words, which already ties the two together.
SAME_STRETCH: Final = 0.5
SAME_STRETCH_DENIED: Final = 0.4
SAME_STRETCH_MEASURED: Final = 0.25
#: Share of the aligned words that must keep their order before content supports where a number or
#: date ties the texts together. Elsewhere all must: in another order the same words may swap who
#: did what to whom.
SAME_ORDER_MEASURED: Final = 0.8
#: Content words (numbers and dates count) below which nothing is decided by content.
FEWEST_WORDS: Final = 3
#: Words on each side of a number or date that tell what it is about.
NEIGHBOURS: Final = 4
#: The same before a date, which often closes the sentence it dates.
DATE_NEIGHBOURS: Final = 6

#: How often each verdict of these rules is right, with Laplace's correction: measured on labelled
#: pairs by ``benchmarks/agreement.py``.
CONFIDENCE: Final = {
    Relation.SUPPORTS: 0.96,
    Relation.REFUTES: 0.97,
    Relation.NOT_ENOUGH_INFO: 0.34,
}
SAME_TEXT_CONFIDENCE: Final = 0.99


@dataclass(frozen=True, slots=True)
class _Pair:
    """A claim and a statement read side by side."""

    claim: Reading
    statement: Reading
    alignment: Alignment
    preceding: Reading


class RuleJudge:
    """Implements ``judgement.Judge`` without a model."""

    def judge(self, claim: str, evidence: Evidence) -> Judgement:
        """Return the relation of the statement in ``evidence`` to ``claim``."""
        if _same_text(claim, evidence.text):
            reason = Reason(ReasonKind.SAME_TEXT)
            return Judgement(Relation.SUPPORTS, SAME_TEXT_CONFIDENCE, (reason,))
        ours, theirs = read(claim), read(evidence.text)
        alignment = align(ours, theirs, read(evidence.context))
        pair = _Pair(ours, theirs, alignment, read(evidence.preceding))
        refuting = _refuting(pair)
        if refuting:
            return _judged(Relation.REFUTES, refuting)
        supporting = _supporting(pair)
        if supporting:
            return _judged(Relation.SUPPORTS, supporting)
        return _judged(Relation.NOT_ENOUGH_INFO, ())


def _judged(relation: Relation, reasons: tuple[Reason, ...]) -> Judgement:
    return Judgement(relation, CONFIDENCE[relation], reasons)


def _same_text(claim: str, statement: str) -> bool:
    return fold(for_matching(claim)).strip(" .!،؛\"'«»") == fold(for_matching(statement)).strip(
        " .!،؛\"'«»"
    )


# --- refuting -------------------------------------------------------------------------------------


def _refuting(pair: _Pair) -> tuple[Reason, ...]:
    if not _same_subject(pair):
        return ()
    if any(_is_decade(pair.claim, m) for m in pair.claim.moments):
        return ()
    found = [
        *(_number_differs(pair, q) for q in pair.claim.quantities),
        *(_date_differs(pair, m) for m in pair.claim.moments),
        _polarity_differs(pair),
    ]
    return tuple(reason for reason in found if reason)


def _same_subject(pair: _Pair) -> bool:
    """Tell whether the statement is about what the claim is about.

    Most words must be there, and none that is missing may be a name or a word the lexicon does
    not know: it could be what sets the two apart.
    """
    alignment = pair.alignment
    weight = len(pair.claim.quantities) + len(pair.claim.moments)
    if alignment.total + weight < FEWEST_WORDS or not alignment.pairs:
        return False
    if len(alignment.pairs) < SAME_SUBJECT * alignment.total:
        return False
    left = [word for word in alignment.missing if not _told_before(pair, word)]
    if len(left) > MISSING_WORDS or alignment.density() < SAME_STRETCH_MEASURED:
        return False
    return all(concepts(word.text) and not is_name(word.text) for word in left)


def _told_before(pair: _Pair, word: Word) -> bool:
    """Tell whether the sentence before the statement has a word: an omitted subject, a place.

    Enough for not being what sets claim and statement apart, never enough to support.
    """
    return any(same_thing(word.text, other.text) for other in pair.preceding.words)


def _number_differs(pair: _Pair, ours: Quantity) -> Reason | None:
    if not _certain(pair.claim, ours) or _speaks_of_points(pair, ours):
        return None
    rivals = [
        q for q in pair.statement.quantities if comparable(q, ours) and _certain(pair.statement, q)
    ]
    if any(entails(q, ours) for q in rivals):
        return None
    about = [q for q in rivals if _measures_same(pair, ours, q)]
    if len(about) != 1 or not conflicts(about[0], ours) or _other_side(pair):
        return None
    if _denied_at(pair.claim, ours.start) or _denied_at(pair.statement, about[0].start):
        return None
    return Reason(
        ReasonKind.NUMBER_DIFFERS,
        _cut(pair.claim, ours.start, ours.end),
        _cut(pair.statement, about[0].start, about[0].end),
    )


def _speaks_of_points(pair: _Pair, ours: Quantity) -> bool:
    """Tell whether a share is compared with a sentence of percentage points: a change, no level."""
    said = f"{pair.claim.text} {pair.statement.text}".lower()
    return ours.dimension is Dimension.PROPORTION and any(word in said for word in _POINTS)


def _certain(reading: Reading, quantity: Quantity) -> bool:
    """Tell whether a number may refute: whether it surely measures what stands next to it.

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


def _other_side(pair: _Pair) -> bool:
    """Tell whether the statement measures the opposite of what the claim does.

    What was freed and what is still held of one land are different numbers of it.
    """
    return any(
        opposed(ours.text, theirs.text)
        for ours in pair.alignment.missing
        for theirs in pair.statement.words
    )


def _measures_same(pair: _Pair, ours: Quantity, theirs: Quantity) -> bool:
    """Tell whether two comparable quantities are of the same thing in both texts."""
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


def _date_differs(pair: _Pair, ours: Moment) -> Reason | None:
    rivals = pair.statement.moments
    if any(same_moment(m, ours) for m in rivals):
        return None
    about = [m for m in rivals if _dates_same(pair, ours, m)]
    if len(about) != 1 or not moments_conflict(about[0], ours):
        return None
    if _denied_at(pair.claim, ours.start) or _denied_at(pair.statement, about[0].start):
        return None
    return Reason(
        ReasonKind.DATE_DIFFERS,
        _cut(pair.claim, ours.start, ours.end),
        _cut(pair.statement, about[0].start, about[0].end),
    )


def _dates_same(pair: _Pair, ours: Moment, theirs: Moment) -> bool:
    """Tell whether two dates are of the same event: the words just before one stand by the other.

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


def _polarity_differs(pair: _Pair) -> Reason | None:
    """Return the word that one text denies and the other says, if all the rest agrees."""
    alignment = pair.alignment
    if len(alignment.said) < 2 or alignment.density() < SAME_STRETCH_DENIED:
        return None
    if len(alignment.pairs) + len(alignment.titled) < FEWEST_WORDS:
        return None
    if pair.claim.restricts or pair.statement.restricts or contrasts(pair.statement):
        # "Not only he", "not there but here": what is denied is the restriction.
        return None
    if not all(_told_before(pair, word) for word in alignment.missing):
        return None
    if any(ours.denied and all(w.denied for w in found) for ours, found in alignment.said):
        # Both deny, perhaps with a different reach: "no trade war", "denies any trade war".
        return None
    for ours, found in alignment.said:
        plain = [w for w in found if not w.suspended]
        if ours.suspended or not plain:
            continue
        if all(w.denied != ours.denied for w in plain):
            return Reason(
                ReasonKind.NEGATION_DIFFERS,
                _around(pair.claim, ours),
                _around(pair.statement, plain[0]),
            )
    return None


# --- supporting -----------------------------------------------------------------------------------


def _supporting(pair: _Pair) -> tuple[Reason, ...]:
    alignment = pair.alignment
    weight = len(pair.claim.quantities) + len(pair.claim.moments)
    if alignment.missing or not alignment.said or alignment.total + weight < FEWEST_WORDS:
        return ()
    # The title lends a name or two, never the substance.
    if len(alignment.pairs) < max(2, 2 * len(alignment.titled)):
        return ()
    if pair.claim.restricts and not pair.statement.restricts:
        return ()
    if not _runs_in(pair.claim.bare_numbers, pair.statement.bare_numbers) or _ranked(pair):
        return ()
    if contrasts(pair.statement) or differs(pair.claim, pair.statement, alignment):
        return ()
    if (
        pair.claim.arabic == pair.statement.arabic
        and pair.claim.passive_agent != pair.statement.passive_agent
    ):
        return ()
    if not _same_polarity(pair):
        return ()
    numbers = [_number_agrees(pair, q) for q in pair.claim.quantities]
    dates = [_date_agrees(pair, m) for m in pair.claim.moments]
    if None in numbers or None in dates:
        return ()
    borne_out = tuple(reason for reason in (*numbers, *dates) if reason)
    if pair.claim.quantities:
        if alignment.density() < SAME_STRETCH_MEASURED:
            return ()
        return borne_out if alignment.in_order() >= SAME_ORDER_MEASURED else ()
    if alignment.density() < SAME_STRETCH or alignment.in_order() < 1.0:
        return ()
    if leaves_out(pair.statement, alignment):
        return ()
    return borne_out or (Reason(ReasonKind.SAME_CONTENT),)


def _same_polarity(pair: _Pair) -> bool:
    """Tell whether neither text denies, doubts or supposes what the other says."""
    for ours, found in pair.alignment.said:
        if any((w.denied, w.suspended) != (ours.denied, ours.suspended) for w in found):
            return False
    if any(word.denied or word.suspended for word in pair.alignment.titled):
        return False
    # A denied or supposed word of the statement that the claim leaves out may govern the rest:
    # "did not confirm that …". Only one that comes after all that is shared cannot.
    shared = [w for _, found in pair.alignment.said for w in found]
    last = max(w.place for w in shared)
    leading = {w.clause for w in shared}
    left_out = [w for w in pair.statement.words if w not in shared]
    if any(opposed(ours.text, w.text) for ours in pair.claim.words for w in left_out):
        return False
    return not any(
        (w.denied or w.suspended) and w.place < last and w.clause in leading for w in left_out
    )


def _governed_alike(pair: _Pair, theirs: Quantity) -> bool:
    """Tell whether the claim has the word that governs the statement's number.

    "Liberating 99.5 % of the land held" is not "99.5 % of the land is held".
    """
    governing = pair.statement.near(theirs.start, theirs.end, 1, 0)
    following = pair.statement.near(theirs.start, theirs.end, 0, 1)
    if not governing or (following and governing[0].clause != following[0].clause):
        return True
    return any(governing[0] in found for _, found in pair.alignment.pairs)


def _told_together(pair: _Pair, ours: Quantity, theirs: Quantity) -> bool:
    """Tell whether what stands by the claim's number is not told of another number.

    "50 were killed and 200 injured" does not have 50 injured.
    """
    rivals = [
        q.start for q in pair.statement.quantities if q is not theirs and comparable(q, theirs)
    ]

    def across(word: Word) -> bool:
        low, high = sorted((word.start, theirs.start))
        return any(low < start < high for start in rivals)

    beside = pair.claim.near(ours.start, ours.end, 1, 2)
    return not any(
        shared in beside and all(across(word) for word in found)
        for shared, found in pair.alignment.pairs
    )


def _runs_in(numbers: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Tell whether ``numbers`` stand among ``others`` in this order: 2-1 is not 1-2."""
    rest = iter(others)
    return all(number in rest for number in numbers)


def _ranked(pair: _Pair) -> bool:
    """Tell whether the statement ranks or shares out what the claim does not.

    "The fourth largest" is not the largest, "half of the hospitals" are not the hospitals.
    """
    shared = [w for _, found in pair.alignment.said for w in found]
    if not any(q.dimension is Dimension.PROPORTION for q in pair.claim.quantities) and any(
        q.dimension is Dimension.PROPORTION and 0 <= w.start - q.end <= _OPERATOR_GAP
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


def _number_agrees(pair: _Pair, ours: Quantity) -> Reason | None:
    for theirs in pair.statement.quantities:
        if (
            entails(theirs, ours)
            and _measures_same(pair, ours, theirs)
            and _governed_alike(pair, theirs)
            and _told_together(pair, ours, theirs)
        ):
            return Reason(
                ReasonKind.NUMBER_AGREES,
                _cut(pair.claim, ours.start, ours.end),
                _cut(pair.statement, theirs.start, theirs.end),
            )
    return None


def _date_agrees(pair: _Pair, ours: Moment) -> Reason | None:
    if _is_decade(pair.claim, ours):
        return None
    for theirs in pair.statement.moments:
        if same_moment(theirs, ours) and _dates_same(pair, ours, theirs):
            return Reason(
                ReasonKind.DATE_AGREES,
                _cut(pair.claim, ours.start, ours.end),
                _cut(pair.statement, theirs.start, theirs.end),
            )
    return None


def _is_decade(reading: Reading, moment: Moment) -> bool:
    """Tell whether a year is written "1980s": ten years that no single date settles."""
    return reading.text[moment.end : moment.end + 2].lstrip("'’").startswith("s")


# --- words as written -----------------------------------------------------------------------------


def _denied_at(reading: Reading, place: int) -> bool:
    """Tell whether the words around a number are denied, so that the number is not asserted."""
    return any(w.denied or w.suspended for w in reading.near(place, place, 1, 0))


def _key(word: str | None) -> str:
    return fold(for_matching(word or ""))


def _cut(reading: Reading, start: int, end: int) -> str:
    return reading.text[start:end]


def _around(reading: Reading, word: Word) -> str:
    """Return a word as written, with the operator before it if one denies it."""
    start = word.start
    for operator in reading.operators:
        if operator.end <= word.start and word.start - operator.end <= _OPERATOR_GAP:
            start = min(start, operator.start)
    return reading.text[start : word.end]


_RANKS: Final = frozenset(
    "second third fourth fifth sixth seventh eighth ninth tenth ثاني ثالث رابع خامس سادس سابع"
    " ثامن تاسع عاشر".split()
)
_POINTS: Final = ("percentage point", "نقطة مئوية", "نقاط مئوية", "نقطة مئويه")
_OPERATOR_GAP: Final = 12
_DIGIT: Final = re.compile(r"\d")
