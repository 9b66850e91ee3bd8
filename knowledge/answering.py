"""From a claim to an answer: retrieve, judge, decide what to assert and what to keep silent on."""

import math
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol

from embeddings.background import COHORT, deviations
from embeddings.encoder import Encoder
from embeddings.hits import Hit, Vectors
from embeddings.normalise import for_matching
from embeddings.words import terms
from knowledge.agreement.judgement import Evidence, Judge, Judgement, Reason, ReasonKind
from knowledge.calibration import STANDARD, Calibration
from knowledge.claims import bare_text
from knowledge.database import Sessions
from knowledge.domain import Outcome, Rating, Relation, ReportKind
from knowledge.indexing import ServingIndex
from knowledge.reports import SourcedStatement, preceding, published
from knowledge.reranking import RERANKED
from knowledge.vectors import Progress

#: Below this relevance a statement is not worth showing. At .7, on CheckThat! 2021 Arabic train
#: and ANS train, 87 % of the right statements pass and 3 % of the nearest to unrelated headlines
#: (``benchmarks/relevance.py`` prints it).
SUGGEST: Final = 0.7
#: Below this relevance by retrieval alone a statement is not even read together with the claim:
#: reading costs. Far below ``SUGGEST``, since a statement in another language shares no words.
JUDGE_FROM: Final = 0.005
#: Logistic regression of "this statement is about the claim" on the cosine's deviations above
#: unrelated text, and on the share of the claim's terms that the statement or its title has.
#: Fitted by ``benchmarks/relevance.py`` for the bundled encoder; deviations carry over to others.
RELEVANCE: Final = (4.159, 1.804, -12.150)
#: Candidates judged: past these a statement about the same thing is rare, and judging costs.
JUDGED: Final = 3
#: Statements shown in full for one claim.
SHOWN: Final = 3
#: Ratings that reject the claim that was reviewed.
REJECTING: Final = frozenset({Rating.FALSE, Rating.SATIRE})
#: Answers kept for claims that are asked again while nothing changes: viral claims repeat.
REMEMBERED: Final = 2_048


@dataclass(frozen=True, slots=True)
class Match:
    """A statement found for a claim. ``score`` sorts them; ``relevance`` (0..1) is calibrated.

    ``settles`` says that the judgement is sure enough to be asserted, ``suggested`` that it is
    sure enough to be shown.
    """

    statement: SourcedStatement
    judgement: Judgement
    score: float
    relevance: float
    settles: bool = False
    suggested: bool = False

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
    """What a claim gets: the outcome, how sure (0..1), and the matches, best first."""

    claim: str
    outcome: Outcome
    confidence: float
    matches: tuple[Match, ...]

    @property
    def suggestions(self) -> tuple[Match, ...]:
        """The matches worth showing: those that are about the claim at all."""
        return tuple(match for match in self.matches if match.related)[:SHOWN]

    @property
    def disputed(self) -> bool:
        """Whether statements that each would settle the claim contradict one another."""
        return len({m.judgement.relation for m in self.matches if m.settles}) > 1


class Reranking(Protocol):
    """What is needed of ``reranking.Reranker``."""

    def scores(self, claim: str, texts: Sequence[str], found: Sequence[float]) -> list[float]:
        """Return new scores of ``texts``, in order; ``found`` are the search's own."""


class Answering:
    """Answers claims from the index of one process. Safe to use from several threads."""

    def __init__(
        self,
        sessions: Sessions,
        encoder: Encoder,
        index: ServingIndex,
        judge: Judge,
        reranker: Reranking | None = None,
        calibration: Calibration = STANDARD,
    ) -> None:
        self._sessions, self._encoder, self._index, self._judge = sessions, encoder, index, judge
        self._reranker, self._calibration = reranker, calibration
        self._cohort: Vectors | None = None
        self._remembered = _Remembered(REMEMBERED)

    def prepare(self, progress: Progress | None = None) -> None:
        """Load the index and the models ahead of the first claim."""
        self._index.current(progress)
        self._unrelated()
        self._judge.judge("1", [Evidence("1")])

    def answer(self, message: str, top: int = 10) -> Answer:
        """Answer the claim in ``message`` with up to ``top`` matches.

        A message without words gets NO_MATCH and nothing else (``claims.read_message`` says why).
        Raises what opening the models or the index raises.
        """
        claim = bare_text(message)
        if not terms(claim):
            return Answer(claim, Outcome.NO_MATCH, 1.0, ())
        live = self._index.current()
        if not len(live):
            return Answer(claim, Outcome.NO_MATCH, 1.0, ())
        # A change of what is published changes the number, so nothing kept is ever stale.
        key = (for_matching(claim), live.change_number, top)
        known = self._remembered.get(key)
        if known is None:
            vector = self._encoder.encode_claims([claim])[0]
            known = self._found(claim, vector, live.search(vector, claim, max(top, JUDGED)), top)
            self._remembered.keep(key, known)
        return replace(known, claim=claim)

    def _found(self, claim: str, vector: Vectors, hits: Sequence[Hit], top: int) -> Answer:
        with self._sessions() as session:
            # A statement retracted since the index was read is not among these.
            statements = published(session, [hit.id for hit in hits])
            before = preceding(session, [hit.id for hit in hits[:RERANKED]])
        found, chosen = self._chosen(
            claim,
            [
                _Candidate(hit, statements[hit.id], self._relevance(claim, vector, hit, statements))
                for hit in hits
                if hit.id in statements
            ],
        )
        judged = self._judge.judge(claim, [_evidence(each, before) for each in chosen])
        judgements = {each.hit.id: one for each, one in zip(chosen, judged, strict=True)}
        return _decide(claim, [self._match(each, judgements) for each in found], top)

    def _chosen(
        self, claim: str, found: list["_Candidate"]
    ) -> "tuple[list[_Candidate], list[_Candidate]]":
        """Return the candidates in their final order, and those whose judgement can matter.

        Where nothing found is about the claim, nothing is read. The very text settles a claim
        unless others that are clearly about it speak against it, so only those are judged beside.
        """
        asked = for_matching(claim)
        exact = [each for each in found if for_matching(each.statement.text) == asked]
        others = [each for each in found if each not in exact]
        if exact:
            rivals = [each for each in others if each.relevance >= SUGGEST]
            return [*exact, *others], [*exact, *rivals][:JUDGED]
        if all(each.relevance < JUDGE_FROM for each in found):
            return found, []
        ordered = self._reranked(claim, found)
        return ordered, [each for each in ordered if each.relevance >= JUDGE_FROM][:JUDGED]

    def _reranked(self, claim: str, found: list["_Candidate"]) -> "list[_Candidate]":
        if self._reranker is None:
            return found
        read, rest = found[:RERANKED], found[RERANKED:]
        texts = [each.statement.text for each in read]
        scores = self._reranker.scores(claim, texts, [each.hit.score for each in read])
        anew = [_scored(each, score) for each, score in zip(read, scores, strict=True)]
        # What was not read again stays below what was.
        lowest = min(scores)
        kept = [_scored(each, min(each.hit.score, lowest)) for each in rest]
        return [*sorted(anew, key=lambda each: -each.hit.score), *kept]

    def _match(self, candidate: "_Candidate", judgements: Mapping[int, Judgement]) -> Match:
        statement, relevance = candidate.statement, candidate.relevance
        judgement = judgements.get(candidate.hit.id)
        if judgement is None:
            unread = Judgement(Relation.NOT_ENOUGH_INFO, 1.0 - relevance)
            return Match(statement, unread, candidate.hit.score, relevance)
        judgement = rated(judgement, statement)
        sure, calibration = judgement.confidence, self._calibration
        verdict = judgement.relation is not Relation.NOT_ENOUGH_INFO
        return Match(
            statement,
            replace(judgement, confidence=calibration.apply(sure)) if verdict else judgement,
            candidate.hit.score,
            relevance,
            settles=verdict
            and calibration.asserts(sure)
            and (relevance >= SUGGEST or not _by_words_alone(judgement)),
            suggested=verdict and calibration.suggests(sure),
        )

    def _relevance(
        self, claim: str, vector: Vectors, hit: Hit, statements: Mapping[int, SourcedStatement]
    ) -> float:
        statement = statements[hit.id]
        return _relevance(
            deviations(hit.cosine, vector, self._unrelated()),
            _coverage(claim, f"{statement.title}\n{statement.text}"),
        )

    def _unrelated(self) -> Vectors:
        if self._cohort is None:
            self._cohort = self._encoder.encode_statements(COHORT)
        return self._cohort


@dataclass(frozen=True, slots=True)
class _Candidate:
    hit: Hit
    statement: SourcedStatement
    relevance: float


def _by_words_alone(judgement: Judgement) -> bool:
    """Tell whether a refutation rests on differing words: another story's words differ too."""
    kinds = {reason.kind for reason in judgement.reasons}
    return kinds == {ReasonKind.WORDS_DIFFER}


def _scored(candidate: _Candidate, score: float) -> _Candidate:
    return replace(candidate, hit=replace(candidate.hit, score=score))


def _evidence(candidate: _Candidate, before: Mapping[int, str]) -> Evidence:
    statement = candidate.statement
    context = f"{statement.title}\n{statement.speaker or ''}"
    return Evidence(statement.text, context, before.get(candidate.hit.id, ""))


class _Remembered:
    """Answers by what they depend on, the most recently asked kept. Safe from several threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._answers: OrderedDict[tuple[str, int, int], Answer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, int, int]) -> Answer | None:
        with self._lock:
            known = self._answers.get(key)
            if known is not None:
                self._answers.move_to_end(key)
            return known

    def keep(self, key: tuple[str, int, int], answer: Answer) -> None:
        with self._lock:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            if len(self._answers) > self._size:
                self._answers.popitem(last=False)


def reviewed(statement: SourcedStatement) -> bool:
    """Tell whether a statement is a claim that fact-checkers reviewed."""
    return statement.kind is ReportKind.FACT_CHECK or statement.rating is not None


def rated(judgement: Judgement, statement: SourcedStatement) -> Judgement:
    """Return the judgement of a fact-check: what its rating makes of a claim it reviewed.

    The text of a fact-check is the claim it reviewed, so a claim rated true stands like any other
    statement, and who asks the very claim that is rated false is told so. All else is only shown:
    half-true, misleading and unproven ratings settle nothing, the opposite of a false claim need
    not be true, and a fact-checker's prose without a rating repeats the falsehoods it is about.
    """
    if not reviewed(statement):
        return judgement
    label = statement.rating_text or statement.rating
    said = (Reason(ReasonKind.RATED, statement=str(label)),) if label else ()
    same = judgement.relation is Relation.SUPPORTS
    if statement.rating is Rating.TRUE:
        return replace(judgement, reasons=said + judgement.reasons)
    if statement.rating in REJECTING and same:
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
    return Answer(claim, outcome, confidence, descending(ordered[:top]))


def descending(matches: Sequence[Match]) -> tuple[Match, ...]:
    """Return ``matches`` as ordered, each scored at least as high as what comes after it.

    What settles a claim goes first though search put it lower; whoever sorts by score must not
    undo that.
    """
    found: list[Match] = []
    for match in reversed(matches):
        least = found[-1].score if found else match.score
        found.append(replace(match, score=max(match.score, least)))
    return tuple(reversed(found))


def _coverage(claim: str, text: str) -> float:
    wanted = set(terms(claim))
    return len(wanted & set(terms(text))) / len(wanted) if wanted else 0.0


def _relevance(deviation: float, coverage: float) -> float:
    a, b, c = RELEVANCE
    return 1.0 / (1.0 + math.exp(-(a * deviation + b * coverage + c)))
