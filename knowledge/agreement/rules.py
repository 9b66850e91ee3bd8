"""The judge by rules: numbers, dates and negation decide, anything else is left open.

A statement *refutes* a claim when both speak of the same thing and a number, a date or the
polarity excludes the other; it *supports* one when it has every content word of the claim, in
order and with the same polarity, and bears out every number and date. Both are deliberately hard
to reach: whatever is left over is NOT_ENOUGH_INFO.
"""

from dataclasses import dataclass
from typing import Final

from embeddings.normalise import fold, for_matching
from knowledge.agreement.alignment import Alignment, align, same_thing
from knowledge.agreement.concepts import concepts, is_name, opposed
from knowledge.agreement.intervals import Dimension, Quantity, comparable, conflicts, entails
from knowledge.agreement.judgement import Judgement, Reason, ReasonKind
from knowledge.agreement.moments import Moment, moments_conflict, same_moment
from knowledge.agreement.reading import Reading, Word, read
from knowledge.domain import Relation

#: Share of a claim's words a statement must have before its numbers or polarity may refute it.
SAME_SUBJECT: Final = 0.6
#: Share of the aligned words that must keep their order before content supports: the same words
#: in another order may swap who did what to whom.
SAME_ORDER: Final = 0.7
#: Share of the statement's stretch with the shared words that must be those words, and the same
#: where a number or date is borne out next to its own words, which already ties the two together.
SAME_STRETCH: Final = 0.5
SAME_STRETCH_MEASURED: Final = 0.33
#: Content words (numbers and dates count) below which nothing is decided by content.
FEWEST_WORDS: Final = 3
#: Words on each side of a number or date that tell what it is about.
NEIGHBOURS: Final = 4

#: How often each verdict of these rules is right, with Laplace's correction: measured on labelled
#: pairs by ``benchmarks/agreement.py``.
CONFIDENCE: Final = {
    Relation.SUPPORTS: 0.95,
    Relation.REFUTES: 0.95,
    Relation.NOT_ENOUGH_INFO: 0.34,
}
SAME_TEXT_CONFIDENCE: Final = 0.99


@dataclass(frozen=True, slots=True)
class _Pair:
    """A claim and a statement read side by side."""

    claim: Reading
    statement: Reading
    alignment: Alignment


class RuleJudge:
    """Implements ``judgement.Judge`` without a model."""

    def judge(self, claim: str, statement: str, context: str) -> Judgement:
        """Return the relation of ``statement``, a sentence of the report titled ``context``."""
        if _same_text(claim, statement):
            reason = Reason(ReasonKind.SAME_TEXT)
            return Judgement(Relation.SUPPORTS, SAME_TEXT_CONFIDENCE, (reason,))
        ours, theirs = read(claim), read(statement)
        pair = _Pair(ours, theirs, align(ours, theirs, read(context)))
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
    return all(concepts(word.text) and not is_name(word.text) for word in alignment.missing)


def _number_differs(pair: _Pair, ours: Quantity) -> Reason | None:
    rivals = [q for q in pair.statement.quantities if comparable(q, ours)]
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
    anchors = pair.statement.near(theirs.start, theirs.end, 2, 0)
    mine = pair.claim.near(ours.start, ours.end, NEIGHBOURS, NEIGHBOURS)
    return any(pair.alignment.has(word, anchor) for word in mine for anchor in anchors)


def _polarity_differs(pair: _Pair) -> Reason | None:
    """Return the word that one text denies and the other says, if all the rest agrees."""
    alignment = pair.alignment
    if alignment.missing or len(alignment.said) < 2 or alignment.density() < SAME_STRETCH:
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
    if alignment.in_order() < (1.0 if _contrasts(pair) else SAME_ORDER):
        return ()
    if pair.claim.restricts and not pair.statement.restricts:
        return ()
    if not pair.claim.bare_numbers <= pair.statement.bare_numbers or _ranked(pair):
        return ()
    if pair.claim.passive_agent and not pair.statement.passive_agent:
        return ()
    if not _same_polarity(pair):
        return ()
    numbers = [_number_agrees(pair, q) for q in pair.claim.quantities]
    dates = [_date_agrees(pair, m) for m in pair.claim.moments]
    if None in numbers or None in dates:
        return ()
    borne_out = tuple(reason for reason in (*numbers, *dates) if reason)
    if alignment.density() < (SAME_STRETCH_MEASURED if borne_out else SAME_STRETCH):
        return ()
    return borne_out or (Reason(ReasonKind.SAME_CONTENT),)


def _same_polarity(pair: _Pair) -> bool:
    """Tell whether neither text denies, doubts or supposes what the other says."""
    for ours, found in pair.alignment.said:
        if not any((w.denied, w.suspended) == (ours.denied, ours.suspended) for w in found):
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


def _ranked(pair: _Pair) -> bool:
    """Tell whether the statement ranks what the claim does not: "the fourth largest"."""
    shared = [w for _, found in pair.alignment.said for w in found]
    start, end = min(w.start for w in shared), max(w.end for w in shared)
    ours = [q for q in pair.claim.quantities if q.dimension is Dimension.ORDINAL]
    return any(
        q.dimension is Dimension.ORDINAL
        and start <= q.start < end
        and not any(entails(q, mine) for mine in ours)
        for q in pair.statement.quantities
    )


def _contrasts(pair: _Pair) -> bool:
    """Tell whether opposites stand in the two texts, so that the order tells which is of what.

    "The dollar falls and gold rises" has every word of "gold falls and the dollar rises".
    """
    return any(
        opposed(ours.text, theirs.text)
        for ours in pair.claim.words
        for theirs in pair.statement.words
    )


def _number_agrees(pair: _Pair, ours: Quantity) -> Reason | None:
    for theirs in pair.statement.quantities:
        if entails(theirs, ours) and _measures_same(pair, ours, theirs):
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


_OPERATOR_GAP: Final = 12
