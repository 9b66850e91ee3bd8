"""From a claim to an answer: retrieve, judge, decide what to assert and what to keep silent on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from embeddings.background import COHORT, deviations
from embeddings.encoder import Encoder
from embeddings.hits import Hit, Vectors
from embeddings.words import terms
from knowledge.agreement.judgement import Evidence, Judge, Judgement, Reason, ReasonKind
from knowledge.claims import bare_text
from knowledge.database import Sessions
from knowledge.domain import Outcome, Rating, Relation, ReportKind
from knowledge.indexing import ServingIndex
from knowledge.reports import SourcedStatement, preceding, published
from knowledge.vectors import Progress

#: Below this relevance a statement is not worth showing. At .7, on CheckThat! 2021 Arabic train
#: and ANS train, 87 % of the right statements pass and 3 % of the nearest to unrelated headlines
#: (``benchmarks/relevance.py`` prints it).
SUGGEST: Final = 0.7
#: Logistic regression of "this statement is about the claim" on the cosine's deviations above
#: unrelated text, and on the share of the claim's terms that the statement or its title has.
#: Fitted by ``benchmarks/relevance.py`` for the bundled encoder; deviations carry over to others.
RELEVANCE: Final = (4.159, 1.804, -12.150)
#: Candidates judged: past these a statement about the same thing is rare, and judging costs.
JUDGED: Final = 10
#: Statements shown in full for one claim.
SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Match:
    """A statement found for a claim. ``score`` sorts them; ``relevance`` (0..1) is calibrated."""

    statement: SourcedStatement
    judgement: Judgement
    score: float
    relevance: float

    @property
    def settles(self) -> bool:
        """Whether the statement supports or refutes the claim."""
        return self.judgement.relation is not Relation.NOT_ENOUGH_INFO

    @property
    def related(self) -> bool:
        """Whether the statement is about the claim: by retrieval, or because it settles it."""
        return self.settles or self.relevance >= SUGGEST


@dataclass(frozen=True, slots=True)
class Answer:
    """What a claim gets: the outcome, how sure (0..1), and the matches, best first."""

    claim: str
    outcome: Outcome
    confidence: float
    matches: tuple[Match, ...]

    @property
    def suggestions(self) -> tuple[Match, ...]:
        """The matches worth showing: those that are about the claim at all."""
        return tuple(match for match in self.matches if match.related)[:SHOWN]


class Answering:
    """Answers claims from the index of one process. Safe to use from several threads."""

    def __init__(
        self, sessions: Sessions, encoder: Encoder, index: ServingIndex, judge: Judge
    ) -> None:
        self._sessions, self._encoder, self._index, self._judge = sessions, encoder, index, judge
        self._cohort: Vectors | None = None

    def prepare(self, progress: Progress | None = None) -> None:
        """Load the index and the model ahead of the first claim."""
        self._index.current(progress)
        self._unrelated()

    def answer(self, message: str, top: int = 10) -> Answer:
        """Answer the claim in ``message`` with up to ``top`` matches.

        A message without words gets NO_MATCH and nothing else (``claims.claim_text`` says why).
        Raises what opening the model or the index raises.
        """
        claim = bare_text(message)
        if not terms(claim):
            return Answer(claim, Outcome.NO_MATCH, 1.0, ())
        live = self._index.current()
        if not len(live):
            return Answer(claim, Outcome.NO_MATCH, 1.0, ())
        vector = self._encoder.encode_claims([claim])[0]
        hits = live.search(vector, claim, max(top, JUDGED))
        with self._sessions() as session:
            # A statement retracted since the index was read is not among these.
            statements = published(session, [hit.id for hit in hits])
            before = preceding(session, [hit.id for hit in hits[:JUDGED]])
        matches = [
            self._match(
                claim,
                vector,
                hit,
                statements[hit.id],
                before.get(hit.id, ""),
                judged=rank < JUDGED,
            )
            for rank, hit in enumerate(h for h in hits if h.id in statements)
        ]
        return _decide(claim, matches, top)

    def _match(
        self,
        claim: str,
        vector: Vectors,
        hit: Hit,
        statement: SourcedStatement,
        before: str,
        *,
        judged: bool,
    ) -> Match:
        relevance = _relevance(
            deviations(hit.cosine, vector, self._unrelated()),
            _coverage(claim, f"{statement.title}\n{statement.text}"),
        )
        if judged:
            context = f"{statement.title}\n{statement.speaker or ''}"
            evidence = Evidence(statement.text, context, before)
            judgement = rated(self._judge.judge(claim, evidence), statement)
        else:
            judgement = Judgement(Relation.NOT_ENOUGH_INFO, 1.0 - relevance)
        return Match(statement, judgement, hit.score, relevance)

    def _unrelated(self) -> Vectors:
        if self._cohort is None:
            self._cohort = self._encoder.encode_statements(COHORT)
        return self._cohort


def rated(judgement: Judgement, statement: SourcedStatement) -> Judgement:
    """Return the judgement of a fact-check: what its rating makes of a claim it reviewed.

    The text of a fact-check is the claim it reviewed, so a claim rated true stands like any other
    statement, and who asks the very claim that is rated false is told so. All else is only shown:
    half-true, misleading and unproven ratings settle nothing, the opposite of a false claim need
    not be true, and a fact-checker's prose without a rating repeats the falsehoods it is about.
    """
    if statement.kind is not ReportKind.FACT_CHECK and statement.rating is None:
        return judgement
    label = statement.rating_text or statement.rating
    said = (Reason(ReasonKind.RATED, statement=str(label)),) if label else ()
    same = judgement.relation is Relation.SUPPORTS
    if statement.rating is Rating.TRUE:
        return replace(judgement, reasons=said + judgement.reasons)
    if statement.rating in (Rating.FALSE, Rating.SATIRE) and same:
        return Judgement(Relation.REFUTES, judgement.confidence, said + judgement.reasons)
    return Judgement(Relation.NOT_ENOUGH_INFO, judgement.confidence, said)


def _decide(claim: str, matches: Sequence[Match], top: int) -> Answer:
    settled = [match for match in matches if match.settles]
    relations = {m.judgement.relation for m in settled}
    related = [match for match in matches if match.related]
    if len(relations) == 1:
        # What settles the claim comes first, the rest in the order it was found.
        best = max(settled, key=lambda m: (m.judgement.confidence, m.relevance))
        ordered = [best, *(m for m in matches if m is not best)]
        outcome = Outcome.SUPPORTED if Relation.SUPPORTS in relations else Outcome.REFUTED
        confidence = best.judgement.confidence
    elif related:
        # Verified statements that contradict each other settle nothing.
        ordered, outcome = list(matches), Outcome.RELATED
        confidence = max(m.relevance for m in related)
    else:
        ordered, outcome = list(matches), Outcome.NO_MATCH
        confidence = 1.0 - max((m.relevance for m in matches), default=0.0)
    return Answer(claim, outcome, confidence, tuple(ordered[:top]))


def _coverage(claim: str, text: str) -> float:
    wanted = set(terms(claim))
    return len(wanted & set(terms(text))) / len(wanted) if wanted else 0.0


def _relevance(deviation: float, coverage: float) -> float:
    a, b, c = RELEVANCE
    return 1.0 / (1.0 + math.exp(-(a * deviation + b * coverage + c)))
