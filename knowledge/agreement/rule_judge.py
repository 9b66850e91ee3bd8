"""The judge by rules: numbers, dates and negation decide, anything else is left open.

A statement *refutes* a claim when both speak of the same thing and a number, a date or the
polarity excludes the other; it *supports* one when it has every content word of the claim, in
order and with the same polarity, and bears out every number and date. Both are deliberately hard
to reach: whatever is left over is NOT_ENOUGH_INFO.
"""

from collections.abc import Sequence
from typing import Final

from embeddings.text.normalisation import fold, for_matching
from knowledge.agreement.alignment import Alignment, align, same_thing
from knowledge.agreement.calendar_points import Moment, moments_conflict, same_moment
from knowledge.agreement.comparability import (
    OPERATOR_GAP,
    Pair,
    contains_in_order,
    dates_same,
    differs_in_rank,
    has_same_governor,
    is_certain,
    is_decade,
    measures_same,
    other_side,
)
from knowledge.agreement.concepts import concepts, is_name, opposed
from knowledge.agreement.intervals import Dimension, Quantity, comparable, conflicts, entails
from knowledge.agreement.judgement import Evidence, Judgement, Reason, ReasonKind
from knowledge.agreement.negation import DENYING, Stance, denies_whole_clause, is_denial_unclear
from knowledge.agreement.sense_modifiers import differs, leaves_out
from knowledge.agreement.sentence_features import Reading, Word, read
from knowledge.agreement.text_differences import same_text
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
#: Content words (numbers and dates count) below which nothing is decided by content.
FEWEST_WORDS: Final = 3

#: Precision of each verdict of these rules, with Laplace's correction: measured on labelled pairs
#: by ``benchmarks/agreement.py``.
CONFIDENCE: Final = {
    Relation.SUPPORTS: 0.94,
    Relation.REFUTES: 0.97,
    Relation.NOT_ENOUGH_INFO: 0.34,
}
SAME_TEXT_CONFIDENCE: Final = 0.99


class RuleJudge:
    """Implements ``judgement.Judge`` without a model."""

    #: Increase when rules or word lists change a decision: calibrations are tied to it.
    fingerprint: Final = "rules-11"

    def judge(self, claim: str, evidence: Sequence[Evidence]) -> tuple[Judgement, ...]:
        """Return the relation of each statement of ``evidence`` to ``claim``, in order."""
        return tuple(self._judge(claim, each) for each in evidence)

    def _judge(self, claim: str, evidence: Evidence) -> Judgement:
        if same_text(claim, evidence.text):
            reason = Reason(ReasonKind.SAME_TEXT)
            return Judgement(Relation.SUPPORTS, SAME_TEXT_CONFIDENCE, (reason,))
        ours, theirs = read(claim), read(evidence.text)
        if is_denial_unclear(ours.folded, ours.operators) or is_denial_unclear(
            theirs.folded, theirs.operators
        ):
            return _judged(Relation.NOT_ENOUGH_INFO, ())
        alignment = align(ours, theirs, read(evidence.names))
        pair = Pair(ours, theirs, alignment, evidence.preceding)
        refuting = _refuting(pair)
        if refuting:
            return _judged(Relation.REFUTES, refuting)
        supporting = () if _asks(evidence.text) else _supporting(pair)
        if supporting:
            return _judged(Relation.SUPPORTS, supporting)
        return _judged(Relation.NOT_ENOUGH_INFO, ())


def _judged(relation: Relation, reasons: tuple[Reason, ...]) -> Judgement:
    return Judgement(relation, CONFIDENCE[relation], reasons)


_ASKING: Final = frozenset(
    fold(
        "هل is are was were do does did has have had can could will would should"
        " who what when where why how est-ce"
    ).split()
)


def _asks(statement: str) -> bool:
    """Tell whether a statement opens and ends as a question: it says nothing."""
    words = fold(for_matching(statement)).lower().strip(" \"'«“").split(maxsplit=1)
    asked = statement.rstrip(" \"'»”.!").endswith(("?", "؟"))
    return asked and bool(words) and words[0] in _ASKING


def _bare_ma(reading: Reading) -> int:
    """Return how often "ما" stands for itself: inside a sentence it may be "what", or deny."""
    operating = {place for o in reading.operators for place in range(o.index, o.last + 1)}
    return sum(word == "ما" and place not in operating for place, word in enumerate(reading.folded))


def _doubts(reading: Reading) -> int:
    return sum(operator.stance is Stance.SUSPENDS for operator in reading.operators)


# --- refuting -------------------------------------------------------------------------------------


def _refuting(pair: Pair) -> tuple[Reason, ...]:
    if not _same_subject(pair):
        return ()
    if any(is_decade(pair.claim, m) for m in pair.claim.moments):
        return ()
    denied = _polarity_differs(pair)
    if denies_whole_clause(pair.claim.operators) or denies_whole_clause(pair.statement.operators):
        # "It is not true that ten left": ten may be what is not true.
        return (denied,) if denied else ()
    found = [
        *(_number_differs(pair, q) for q in pair.claim.quantities),
        *(_date_differs(pair, m) for m in pair.claim.moments),
        denied,
    ]
    return tuple(reason for reason in found if reason)


def _same_subject(pair: Pair) -> bool:
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


def _told_before(pair: Pair, word: Word) -> bool:
    """Tell whether the sentence before the statement has a word: an omitted subject, a place.

    Enough for not being what sets claim and statement apart, never enough to support.
    """
    return any(same_thing(word.text, other.text) for other in read(pair.preceding).words)


def _number_differs(pair: Pair, ours: Quantity) -> Reason | None:
    if not is_certain(pair.claim, ours):
        return None
    rivals = [
        q
        for q in pair.statement.quantities
        if comparable(q, ours) and is_certain(pair.statement, q)
    ]
    if any(entails(q, ours) for q in rivals):
        return None
    about = [q for q in rivals if measures_same(pair, ours, q)]
    if len(about) != 1 or not conflicts(about[0], ours) or other_side(pair):
        return None
    if _denied_at(pair.claim, ours.start) or _denied_at(pair.statement, about[0].start):
        return None
    return Reason(
        ReasonKind.NUMBER_DIFFERS,
        _cut(pair.claim, ours.start, ours.end),
        _cut(pair.statement, about[0].start, about[0].end),
    )


def _date_differs(pair: Pair, ours: Moment) -> Reason | None:
    rivals = pair.statement.moments
    if any(same_moment(m, ours) for m in rivals):
        return None
    if any(q.dimension is Dimension.PROPORTION for q in pair.claim.quantities):
        # A rate of one year says nothing of another's.
        return None
    about = [m for m in rivals if dates_same(pair, ours, m)]
    if len(about) != 1 or not moments_conflict(about[0], ours):
        return None
    if _denied_at(pair.claim, ours.start) or _denied_at(pair.statement, about[0].start):
        return None
    return Reason(
        ReasonKind.DATE_DIFFERS,
        _cut(pair.claim, ours.start, ours.end),
        _cut(pair.statement, about[0].start, about[0].end),
    )


def _polarity_differs(pair: Pair) -> Reason | None:
    """Return the word that one text denies and the other says, if all the rest agrees."""
    alignment = pair.alignment
    if len(alignment.said) < 2 or alignment.density() < SAME_STRETCH_DENIED:
        return None
    if len(alignment.pairs) + len(alignment.titled) < FEWEST_WORDS:
        return None
    if pair.claim.restricts or pair.statement.restricts:
        # "Not only he", "not there but here": what is denied is the restriction.
        return None
    if not all(_told_before(pair, word) for word in alignment.missing):
        return None
    if not _measures_shared(pair):
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


def _measures_shared(pair: Pair) -> bool:
    """Tell whether every number and date that a denial may be about stands in the other text."""
    claim, statement = pair.claim, pair.statement
    if not all(any(entails(q, ours) for q in statement.quantities) for ours in claim.quantities):
        return False
    if not all(any(same_moment(m, ours) for m in statement.moments) for ours in claim.moments):
        return False
    if not denies_whole_clause(statement.operators):
        return True
    return len(statement.quantities) + len(statement.moments) <= len(claim.quantities) + len(
        claim.moments
    )


# --- supporting -----------------------------------------------------------------------------------


def _supporting(pair: Pair) -> tuple[Reason, ...]:
    alignment = pair.alignment
    weight = len(pair.claim.quantities) + len(pair.claim.moments)
    if alignment.missing or not alignment.said or alignment.total + weight < FEWEST_WORDS:
        return ()
    # The title lends a name or two, never the substance.
    if len(alignment.pairs) < max(2, 2 * len(alignment.titled)):
        return ()
    if pair.claim.restricts and not pair.statement.restricts:
        return ()
    if not contains_in_order(
        pair.claim.bare_numbers, pair.statement.bare_numbers
    ) or differs_in_rank(pair):
        return ()
    if differs(pair.claim, pair.statement, alignment):
        return ()
    if _agents_differ(pair) or not _same_polarity(pair):
        return ()
    numbers = [_number_agrees(pair, q) for q in pair.claim.quantities]
    dates = [_date_agrees(pair, m) for m in pair.claim.moments]
    if None in numbers or None in dates:
        return ()
    borne_out = tuple(reason for reason in (*numbers, *dates) if reason)
    if pair.claim.quantities:
        if alignment.density() < SAME_STRETCH_MEASURED:
            return ()
        return () if _exchanged(alignment) else borne_out
    if alignment.density() < SAME_STRETCH or alignment.in_order() < 1.0:
        return ()
    if leaves_out(pair.statement, alignment):
        return ()
    return borne_out or (Reason(ReasonKind.SAME_CONTENT),)


def _exchanged(alignment: Alignment) -> bool:
    """Tell whether words stand in another order than a verb's two places account for.

    Where a word of the claim is missing, much may be worded otherwise: then only names count.
    """
    if alignment.missing:
        return alignment.exchanged(lambda word: is_name(word.text))
    return alignment.in_order() < 1.0 and not alignment.only_moved(_may_move)


def _agents_differ(pair: Pair) -> bool:
    """Tell whether only one of two texts of one language names the doer behind a passive."""
    same = pair.claim.arabic == pair.statement.arabic
    return same and pair.claim.passive_agent != pair.statement.passive_agent


def _may_move(word: Word) -> bool:
    """Tell whether a word may be the verb, which Arabic puts before or after who does it.

    In any other order the same words may swap who did what to whom.
    """
    return not (word.text.startswith("ال") or word.text.isascii() or is_name(word.text))


def _same_polarity(pair: Pair) -> bool:
    """Tell whether neither text denies, doubts or supposes what the other says."""
    if _doubts(pair.statement) > _doubts(pair.claim) > 0:
        # "Denied reports that it plans to": doubted twice, where the claim is only planned.
        return False
    if _bare_ma(pair.claim) > _bare_ma(pair.statement):
        return False
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


def _number_agrees(pair: Pair, ours: Quantity) -> Reason | None:
    for theirs in pair.statement.quantities:
        if (
            entails(theirs, ours)
            and measures_same(pair, ours, theirs)
            and has_same_governor(pair, theirs)
        ):
            return Reason(
                ReasonKind.NUMBER_AGREES,
                _cut(pair.claim, ours.start, ours.end),
                _cut(pair.statement, theirs.start, theirs.end),
            )
    return None


def _date_agrees(pair: Pair, ours: Moment) -> Reason | None:
    if is_decade(pair.claim, ours):
        return None
    for theirs in pair.statement.moments:
        if same_moment(theirs, ours) and dates_same(pair, ours, theirs):
            return Reason(
                ReasonKind.DATE_AGREES,
                _cut(pair.claim, ours.start, ours.end),
                _cut(pair.statement, theirs.start, theirs.end),
            )
    return None


# --- words as written -----------------------------------------------------------------------------


def _denied_at(reading: Reading, place: int) -> bool:
    """Tell whether the words around a number are denied, so that the number is not asserted."""
    return any(w.denied or w.suspended for w in reading.near(place, place, 1, 0))


def _cut(reading: Reading, start: int, end: int) -> str:
    return reading.text[start:end]


def _around(reading: Reading, word: Word) -> str:
    """Return a word as written, with the operator that denies it, the words between left out."""
    before = [o for o in reading.operators if o.end <= word.start and o.stance in DENYING]
    if not word.denied or not before:
        return reading.text[word.start : word.end]
    operator = before[-1]
    if word.start - operator.end <= OPERATOR_GAP:
        return reading.text[operator.start : word.end]
    denial = reading.text[operator.start : operator.end]
    return f"{denial} … {reading.text[word.start : word.end]}"
