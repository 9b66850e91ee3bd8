"""Turn the statements found for a claim into an outcome (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest
from typing import Final

from knowledge.agreement.judgement import Judgement, Reason, ReasonKind
from knowledge.checking.calibration import VerdictKind
from knowledge.claim_queue.explanations import NO_NOTE, Note
from knowledge.claims.questions import is_open, only_asks
from knowledge.corpus.ratings import REJECTING_RATINGS
from knowledge.corpus.reports import SourcedStatement
from knowledge.domain import Outcome, Rating, Relation, ReportKind

#: From this confidence on a contradiction is worth interrupting people who did not ask: more than
#: is wanted for who asks, and the precision that ``calibration`` wants of assertions.
UNASKED: Final = 0.97

#: Below this relevance a statement is not worth showing (``benchmarks/training/reranking.py``
#: prints what passes it).
SUGGEST: Final = 0.5
#: Below this one nothing is refuted: it may be of another, similar story. Of 500 headlines that an
#: index has nothing on, eight would be asserted something from .7 on, four from here on
#: (``benchmarks/unrelated_claims.py``).
CERTAIN: Final = 0.8
#: From this confidence on (people's word, the very text, a number by rule) a verdict is asserted
#: whatever leans the other way.
UNDISPUTED: Final = 0.97
#: What settles a claim has at least this share of the odds of relevance of whatever is most about
#: it: a sentence beside the point neither answers nor disputes what another one is about. On the
#: claims kept for calibration no verdict that is right is lost by it (benchmarks/RESULTS.md).
SHARE_OF_ODDS: Final = 0.37
#: Relevance above which one statement is as much about the claim as another.
_SUREST: Final = 0.98
#: Statements shown in full for one claim.
SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Match:
    """A statement found for a claim. ``score`` sorts them; ``relevance`` (0..1) is calibrated.

    ``settles`` says that the judgement is sure enough to be asserted, ``suggested`` that it is
    sure enough to be shown, ``kind`` what its verdict rests on (None where it is none); ``note`` is
    what moderators who gave the verdict add in their own words.
    """

    statement: SourcedStatement
    judgement: Judgement
    score: float
    relevance: float
    settles: bool = False
    suggested: bool = False
    kind: VerdictKind | None = None
    note: Note = NO_NOTE

    @property
    def related(self) -> bool:
        """Whether the statement is about the claim: by retrieval, or by the judge's verdict."""
        return self.settles or self.suggested or self.relevance >= SUGGEST

    @property
    def dated(self) -> date:
        """The date people are shown, for putting the newest first; the undated come last."""
        return self.statement.published_at or self.statement.as_of or date.min


@dataclass(frozen=True, slots=True)
class Answer:
    """What a claim gets: the outcome, how sure (0..1), and the matches, best first.

    ``disputed`` says that statements which each would settle the claim contradict one another.
    ``clauses`` are those that were settled one by one, each by the match at its place; empty where
    the claim was settled as a whole.
    """

    claim: str
    outcome: Outcome
    confidence: float
    matches: tuple[Match, ...]
    disputed: bool = False
    clauses: tuple[str, ...] = ()

    @property
    def suggestions(self) -> tuple[Match, ...]:
        """The matches worth showing: those that are about the claim at all."""
        return tuple(match for match in self.matches if match.related)[:SHOWN]


def relevance_needed(relation: Relation) -> float:
    """Return the relevance from which on the judged relation of a text may be asserted.

    What says the same is of the same thing: from ``SUGGEST`` on 29 of 31 were right, while of what
    contradicts 36 of 79 are of another event (``benchmarks/end_to_end.py``).
    """
    return SUGGEST if relation is Relation.SUPPORTS else CERTAIN


def find_surest_judgement(answer: Answer) -> Judgement | None:
    """Return the surest judgement of a match that is about the claim, settled or not."""
    found = [
        match.judgement
        for match in answer.matches
        if match.judgement.relation is not Relation.NOT_ENOUGH_INFO and match.relevance >= CERTAIN
    ]
    return max(found, key=lambda each: each.confidence, default=None)


def is_reviewed_claim(statement: SourcedStatement) -> bool:
    """Tell whether a statement is a claim that fact-checkers reviewed."""
    return statement.kind is ReportKind.FACT_CHECK or statement.rating is not None


def apply_rating(judgement: Judgement, statement: SourcedStatement) -> Judgement:
    """Return what a judgement of a statement's text is worth: what its rating makes of it, if any.

    A question states nothing, so it supports and refutes nothing. The text of a fact-check is the
    claim it reviewed, so a claim rated true stands like any other
    statement, and who asks the very claim that is rated false is told so. All else is only shown:
    half-true, misleading and unproven ratings settle nothing, the opposite of a false claim need
    not be true, and a fact-checker's prose without a rating repeats the falsehoods it is about.
    Of a reviewed question only the rating counts, and only where yes or no answers it.
    """
    asks = only_asks(statement.text)
    if not is_reviewed_claim(statement):
        return Judgement(Relation.NOT_ENOUGH_INFO, judgement.confidence) if asks else judgement
    label = statement.rating_text or statement.rating
    said = (Reason(ReasonKind.RATED, statement=str(label)),) if label else ()
    same = judgement.relation is Relation.SUPPORTS and not is_open(statement.text)
    if statement.rating is Rating.TRUE and (same or not asks):
        return replace(judgement, reasons=said + judgement.reasons)
    if statement.rating in REJECTING_RATINGS and same:
        return Judgement(Relation.REFUTES, judgement.confidence, said + judgement.reasons)
    return Judgement(Relation.NOT_ENOUGH_INFO, judgement.confidence, said)


def apply_verdicts(
    matches: Sequence[Match], verdicts: Sequence[tuple[SourcedStatement, Relation]]
) -> list[Match]:
    """Return the matches as people ruled on the statements of ``verdicts`` for this very claim.

    What they ruled on comes first, found by search or not. Once one of them settles the claim, no
    judge does.
    """
    found = {match.statement.id: match for match in matches}
    best = max((match.score for match in matches), default=1.0)
    people = [_by_people(statement, how, found, best) for statement, how in verdicts]
    known = {match.statement.id for match in people}
    settled = any(match.settles for match in people)
    rest = [match for match in matches if match.statement.id not in known]
    if settled:
        rest = [replace(match, settles=False) for match in rest]
    return sorted(people, key=_settles, reverse=True) + rest


def _by_people(
    statement: SourcedStatement, relation: Relation, found: Mapping[int, Match], score: float
) -> Match:
    settles = relation is not Relation.NOT_ENOUGH_INFO
    known = found.get(statement.id)
    # The judge's reasons are shown where it came to the same; a fact-check's rating always is.
    kept = known.judgement.reasons if known and known.judgement.relation is relation else ()
    judgement = apply_rating(Judgement(Relation.NOT_ENOUGH_INFO, 1.0), statement)
    return Match(
        statement,
        Judgement(relation, 1.0, kept or judgement.reasons),
        score,
        1.0,
        settles=settles,
        suggested=settles,
    )


def decide(claim: str, matches: Sequence[Match], top: int) -> Answer:
    """Return the answer that ``matches``, best first, make, with the first ``top`` of them.

    All of them decide, whatever ``top`` leaves to be shown.
    """
    matches = _to_the_point(matches)
    settled = [match for match in matches if match.settles]
    relations = {m.judgement.relation for m in settled}
    related = [match for match in matches if match.related]
    if len(relations) == 1:
        # What settles the claim comes first, the rest in the order it was found. Of several the one
        # that is most about the claim: a sentence beside it may be judged a little surer.
        certain = [m for m in settled if m.judgement.confidence >= UNDISPUTED]
        best = max(certain or settled, key=lambda match: match.relevance)
        ordered = [best, *(m for m in matches if m is not best)]
        outcome = Outcome.SUPPORTED if Relation.SUPPORTS in relations else Outcome.REFUTED
        confidence = best.judgement.confidence
        if confidence < UNDISPUTED and any(_opposes(match, best) for match in matches):
            # Another report may say the opposite: neither is asserted.
            ordered, outcome = [replace(m, settles=False) for m in matches], Outcome.RELATED
            confidence = max(m.relevance for m in related)
    elif relations:
        # Verified statements that contradict each other settle nothing: shown newest first.
        newest = sorted(settled, key=lambda m: m.dated, reverse=True)
        ordered = [*newest, *(m for m in matches if not m.settles)]
        outcome, confidence = Outcome.RELATED, max(m.relevance for m in related)
    elif related:
        ordered, outcome = list(matches), Outcome.RELATED
        confidence = max(m.relevance for m in related)
    else:
        ordered, outcome = list(matches), Outcome.NO_MATCH
        confidence = 1.0 - max((m.relevance for m in matches), default=0.0)
    shown = make_scores_descend(ordered[:top])
    return Answer(claim, outcome, confidence, shown, disputed=len(relations) > 1)


def _to_the_point(matches: Sequence[Match]) -> list[Match]:
    """Return the matches, those that are far less about the claim than another not settling it.

    Where some contradict the others, what is surely about the claim counts all the same.
    """
    highest = max((match.relevance for match in matches), default=0.0)
    settled = [match for match in matches if match.settles]
    near = [match for match in settled if not _is_beside(match, highest)]
    sure = [match for match in settled if match in near or match.relevance >= CERTAIN]
    kept = sure if len({match.judgement.relation for match in sure}) > 1 else near
    return [m if m in kept else replace(m, settles=False) for m in matches]


def _is_beside(match: Match, relevance: float) -> bool:
    """Tell whether a match is far less about the claim than what has this ``relevance``."""
    return _odds(match.relevance) < SHARE_OF_ODDS * _odds(relevance)


def _odds(relevance: float) -> float:
    bounded = min(relevance, _SUREST)
    return bounded / (1.0 - bounded)


def _opposes(match: Match, best: Match) -> bool:
    """Tell whether a statement leans the other way: of another report, or more about the claim."""
    if match.judgement.relation in (best.judgement.relation, Relation.NOT_ENOUGH_INFO):
        return False
    if match.relevance > best.relevance:
        return True
    apart = match.statement.report_ref != best.statement.report_ref
    return apart and match.suggested and match.relevance >= CERTAIN


def drop_verdict(answer: Answer) -> Answer:
    """Return the answer without a verdict: what was found is only shown."""
    if answer.outcome not in (Outcome.SUPPORTED, Outcome.REFUTED):
        return answer
    return replace(
        answer,
        outcome=Outcome.RELATED,
        confidence=max(match.relevance for match in answer.matches),
        matches=tuple(replace(match, settles=False) for match in answer.matches),
        clauses=(),
    )


def answer_by_clauses(
    whole: Answer, parts: Sequence[Answer], top: int, *, complete: bool
) -> Answer:
    """Return the answer to a claim that nothing settles as a whole, from those to its clauses.

    A clause that is refuted refutes the claim. Where all are supported by one report, it supports
    the claim, which may say in one sentence what a report says in two; they must be ``complete``,
    and say all that the claim does. Otherwise ``whole`` stands.
    """
    refuted = [part for part in parts if part.outcome is Outcome.REFUTED]
    supported = [part for part in parts if part.outcome is Outcome.SUPPORTED]
    reports = {part.matches[0].statement.report_ref for part in supported}
    if refuted:
        settled = [max(refuted, key=lambda part: part.confidence)]
    elif complete and parts and len(supported) == len(parts) and len(reports) == 1:
        settled = supported
    else:
        return whole
    first = [part.matches[0] for part in settled]
    known = {match.statement.id for match in first}
    rest = [replace(m, settles=False) for m in whole.matches if m.statement.id not in known]
    return Answer(
        whole.claim,
        settled[0].outcome,
        min(part.confidence for part in settled),
        make_scores_descend([*first, *rest][:top]),
        clauses=tuple(part.claim for part in settled),
    )


_WORST_FIRST: Final = (Outcome.REFUTED, Outcome.RELATED, Outcome.SUPPORTED)


def combine_answers(answers: Sequence[Answer], whole: Answer, top: int) -> Answer:
    """Return the answer to a message of several claims: it is as true as its least true claim.

    What settles a claim comes first, then what comes closest to the ``whole`` message, then the
    claims' other matches by turns.
    """
    outcome = next((o for o in _WORST_FIRST if o in {a.outcome for a in answers}), Outcome.NO_MATCH)
    if outcome is Outcome.SUPPORTED and any(a.outcome is not outcome for a in answers):
        outcome = Outcome.RELATED
    by_turns = [m for row in zip_longest(*(a.matches for a in answers)) for m in row if m]
    judged = {match.statement.id: match for match in sorted(by_turns, key=_settles)}
    order = dict.fromkeys(match.statement.id for match in (*whole.matches, *by_turns))
    known = {match.statement.id: match for match in whole.matches} | judged
    matches = sorted((known[each] for each in order), key=_settles, reverse=True)[:top]
    deciding = [a for a in answers if a.outcome is outcome] or answers
    return Answer(
        "\n".join(a.claim for a in answers),
        outcome,
        min(a.confidence for a in deciding),
        make_scores_descend(matches),
        disputed=any(a.disputed for a in answers),
    )


def _settles(match: Match) -> bool:
    return match.settles


def make_scores_descend(matches: Sequence[Match]) -> tuple[Match, ...]:
    """Return ``matches`` as ordered, each scored at least as high as what comes after it.

    What settles a claim goes first though search put it lower; whoever sorts by score must not
    undo that.
    """
    found: list[Match] = []
    for match in reversed(matches):
        least = found[-1].score if found else match.score
        found.append(replace(match, score=max(match.score, least)))
    return tuple(reversed(found))


def is_contradicted(answer: Answer) -> bool:
    """Tell whether an answer is worth giving to people who did not ask for it."""
    if answer.outcome is not Outcome.REFUTED or not answer.matches:
        return False
    best = answer.matches[0]
    refuting = best.settles and best.judgement.relation is Relation.REFUTES
    return refuting and answer.confidence >= UNASKED
