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

#: Least confidence of a contradiction to interrupt people who did not ask: higher than for people
#: who ask, and the precision that ``calibration`` wants of assertions.
UNASKED: Final = 0.97

#: Least relevance to show a statement (``benchmarks/training/reranking.py`` prints what passes it).
SUGGEST: Final = 0.5
#: Least relevance to refute: below it the statement may be about a similar story. Of 500 headlines
#: that an index has nothing on, eight would get an assertion from .7 on, four from here on
#: (``benchmarks/unrelated_claims.py``).
CERTAIN: Final = 0.8
#: From this confidence on (a moderator's verdict, the same text, a number by rule) a verdict is
#: asserted even if another statement leans the other way.
UNDISPUTED: Final = 0.97
#: A settling statement has at least this share of the odds of the most relevant one: a sentence
#: beside the point neither answers the claim nor disputes another's answer. On the claims kept for
#: calibration no right verdict is lost by it (benchmarks/RESULTS.md).
SHARE_OF_ODDS: Final = 0.37
#: Relevance above which statements count as equally about the claim.
_SUREST: Final = 0.98
#: Statements shown in full for one claim.
SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Match:
    """A statement found for a claim. ``score`` sorts them; ``relevance`` (0..1) is calibrated.

    ``settles`` says that the judgement is sure enough to be asserted, ``suggested`` that it is sure
    enough to be shown, ``kind`` what kind of verdict it is (None if it is none); ``note`` is the
    moderators' note on their verdict.
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
        """The date people are shown, to put the newest first; undated ones come last."""
        return self.statement.published_at or self.statement.as_of or date.min


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a claim: the outcome, the confidence (0..1), and the matches, best first.

    ``disputed`` says that statements which would each settle the claim contradict one another.
    ``clauses`` are those settled one by one, each by the match at the same position; empty if the
    claim was settled as a whole.
    """

    claim: str
    outcome: Outcome
    confidence: float
    matches: tuple[Match, ...]
    disputed: bool = False
    clauses: tuple[str, ...] = ()

    @property
    def suggestions(self) -> tuple[Match, ...]:
        """The matches worth showing: those that are about the claim."""
        return tuple(match for match in self.matches if match.related)[:SHOWN]


def relevance_needed(relation: Relation) -> float:
    """Return the least relevance at which the relation of a text may be asserted.

    Supporting texts are about the same event: at ``SUGGEST`` and above 29 of 31 were right, while
    of contradicting ones 36 of 79 are about another event (``benchmarks/end_to_end.py``).
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
    """Return whether a statement is a claim that fact-checkers reviewed."""
    return statement.kind is ReportKind.FACT_CHECK or statement.rating is not None


def apply_rating(judgement: Judgement, statement: SourcedStatement) -> Judgement:
    """Return the judgement of a statement after its rating, if it has one.

    A question states nothing, so it supports and refutes nothing. The text of a fact-check is the
    claim it reviewed: a claim rated true counts like any statement, and whoever asks a claim rated
    false is told so. Everything else is only shown: half-true, misleading and unproven ratings
    settle nothing, the opposite of a false claim need not be true, and a fact-checker's prose
    without a rating repeats the falsehoods it is about. For a reviewed question only the rating
    counts, and only if it can be answered by yes or no.
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
    """Return the matches after moderators' ``verdicts`` on exactly this claim.

    Statements with a verdict come first, found by search or not. Once one of them settles the
    claim, the judge does not.
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
    # The judge's reasons are shown if it agreed; a fact-check's rating always is.
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
    """Decide the answer from ``matches``, best first; it holds the first ``top`` of them.

    All of them count, whatever ``top`` leaves to be shown.
    """
    matches = _to_the_point(matches)
    settled = [match for match in matches if match.settles]
    relations = {m.judgement.relation for m in settled}
    related = [match for match in matches if match.related]
    if len(relations) == 1:
        # Settling matches come first, the rest in the order found. Of several the most relevant
        # one: a sentence beside the point may be judged a little surer.
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
    """Return the matches; those far less about the claim than another do not settle it.

    If some contradict the others, those surely about the claim count all the same.
    """
    highest = max((match.relevance for match in matches), default=0.0)
    settled = [match for match in matches if match.settles]
    near = [match for match in settled if not _is_beside(match, highest)]
    sure = [match for match in settled if match in near or match.relevance >= CERTAIN]
    kept = sure if len({match.judgement.relation for match in sure}) > 1 else near
    return [m if m in kept else replace(m, settles=False) for m in matches]


def _is_beside(match: Match, relevance: float) -> bool:
    """Return whether a match is far less about the claim than one of this ``relevance``."""
    return _odds(match.relevance) < SHARE_OF_ODDS * _odds(relevance)


def _odds(relevance: float) -> float:
    bounded = min(relevance, _SUREST)
    return bounded / (1.0 - bounded)


def _opposes(match: Match, best: Match) -> bool:
    """Return whether a statement leans the other way: of another report, or more relevant."""
    if match.judgement.relation in (best.judgement.relation, Relation.NOT_ENOUGH_INFO):
        return False
    if match.relevance > best.relevance:
        return True
    apart = match.statement.report_ref != best.statement.report_ref
    return apart and match.suggested and match.relevance >= CERTAIN


def drop_verdict(answer: Answer) -> Answer:
    """Return the answer without a verdict: its matches are only shown."""
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
    """Answer a claim that nothing settles as a whole from the answers to its clauses.

    A refuted clause refutes the claim. If one report supports all clauses, it supports the claim,
    which may say in one sentence what the report says in two; the clauses must be ``complete``,
    saying all that the claim does. Otherwise ``whole`` is returned.
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
    """Combine the answers to several claims of a message: it is as true as the least true.

    Settling matches come first, then those nearest to the ``whole`` message, then the claims' other
    matches in turn.
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
    """Return ``matches`` in this order, each scored at least as high as those after it.

    A settling match goes first even if search ranked it lower; sorting by score must not undo that.
    """
    found: list[Match] = []
    for match in reversed(matches):
        least = found[-1].score if found else match.score
        found.append(replace(match, score=max(match.score, least)))
    return tuple(reversed(found))


def is_contradicted(answer: Answer) -> bool:
    """Return whether an answer is worth giving to people who did not ask for it."""
    if answer.outcome is not Outcome.REFUTED or not answer.matches:
        return False
    best = answer.matches[0]
    refuting = best.settles and best.judgement.relation is Relation.REFUTES
    return refuting and answer.confidence >= UNASKED
