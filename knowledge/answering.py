"""From a claim to an answer: retrieve, judge, decide what to assert and what to keep silent on."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol

from sqlalchemy.orm import Session

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
from knowledge.relevance import Found, coverage
from knowledge.reports import SourcedStatement, preceding, published
from knowledge.reranking import RERANKED, Reread
from knowledge.vectors import Progress

#: Below this relevance a statement is not worth showing (``benchmarks/training/reranking.py``
#: prints what passes it).
SUGGEST: Final = 0.7
#: Where every statement found is below this relevance by search alone, none is read together with
#: the claim: reading costs. What was read and is below it is not judged. Far below ``SUGGEST``,
#: since a statement in another language shares no words.
READ_FROM: Final = 0.005
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

    def read(self, claim: str, found: Sequence[Found]) -> list[Reread]:
        """Return what each of ``found`` is worth once read with ``claim``, in the same order."""


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
        if self._reranker is not None:
            self._reranker.read("1", [Found("1", 0.0, 0.0, 0.0)])

    def answer(self, message: str, top: int = 10) -> Answer:
        """Answer the claim in ``message`` with up to ``top`` matches.

        A message without words gets NO_MATCH and nothing else (``claims.read_message`` says why).
        Raises what opening the models or the index raises.
        """
        claim = bare_text(message)
        live = self._index.current()
        if not terms(claim) or not len(live):
            return Answer(claim, Outcome.NO_MATCH, 1.0, ())
        # A change of what is published changes the number, so nothing kept is ever stale.
        key = (for_matching(claim), live.change_number, top)
        known = self._remembered.get(key)
        if known is None:
            vector = self._encoder.encode_claims([claim])[0]
            hits = live.search(vector, claim, max(top, RERANKED))
            known = self._found(claim, vector, hits, top)
            self._remembered.keep(key, known)
        return replace(known, claim=claim)

    def nearest(self, message: str, top: int = 10) -> Answer:
        """Return what comes closest to a whole message, judging nothing: NO_MATCH.

        Raises what opening the models or the index raises.
        """
        text = bare_text(message)
        live = self._index.current()
        if not terms(text) or not len(live):
            return Answer(text, Outcome.NO_MATCH, 1.0, ())
        vector = self._encoder.encode_claims([text])[0]
        hits = live.search(vector, text, max(top, RERANKED))
        with self._sessions() as session:
            found = self._candidates(session, text, vector, hits)
        if any(each.relevance >= READ_FROM for each in found):
            found = self._reranked(text, found)
        matches = tuple(self._match(each, {}) for each in found[:top])
        return Answer(text, Outcome.NO_MATCH, 1.0, matches)

    def _found(self, claim: str, vector: Vectors, hits: Sequence[Hit], top: int) -> Answer:
        with self._sessions() as session:
            candidates = self._candidates(session, claim, vector, hits)
            before = preceding(session, [hit.id for hit in hits[:RERANKED]])
        found, chosen = self._chosen(claim, candidates)
        judged = self._judge.judge(claim, [_evidence(each, before) for each in chosen])
        judgements = {each.statement.id: one for each, one in zip(chosen, judged, strict=True)}
        return _decide(claim, [self._match(each, judgements) for each in found], top)

    def _candidates(
        self, session: Session, claim: str, vector: Vectors, hits: Sequence[Hit]
    ) -> "list[_Candidate]":
        """Return the statements found; one retracted since the index was read is not among them."""
        statements = published(session, [hit.id for hit in hits])
        return [
            self._candidate(claim, vector, hit, statements[hit.id])
            for hit in hits
            if hit.id in statements
        ]

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
            return [*exact, *others], _judgeable([*exact, *rivals])
        if all(each.relevance < READ_FROM for each in found):
            return found, []
        ordered = self._reranked(claim, found)
        read = ordered[:RERANKED]
        return ordered, _judgeable([each for each in read if each.relevance >= READ_FROM])

    def _reranked(self, claim: str, found: list["_Candidate"]) -> "list[_Candidate]":
        if self._reranker is None:
            return found
        first, rest = found[:RERANKED], found[RERANKED:]
        read = self._reranker.read(claim, [each.found for each in first])
        anew = [
            replace(each, score=one.score, relevance=one.relevance)
            for each, one in zip(first, read, strict=True)
        ]
        # What was not read again stays below what was.
        lowest = min(one.score for one in read)
        kept = [replace(each, score=min(each.score, lowest)) for each in rest]
        return [*sorted(anew, key=lambda each: -each.score), *kept]

    def _match(self, candidate: "_Candidate", judgements: Mapping[int, Judgement]) -> Match:
        statement, relevance = candidate.statement, candidate.relevance
        judgement = judgements.get(candidate.statement.id)
        if judgement is None:
            unread = Judgement(Relation.NOT_ENOUGH_INFO, 1.0 - relevance)
            return Match(statement, unread, candidate.score, relevance)
        judgement = rated(judgement, statement)
        sure, calibration = judgement.confidence, self._calibration
        verdict = judgement.relation is not Relation.NOT_ENOUGH_INFO
        return Match(
            statement,
            replace(judgement, confidence=calibration.apply(sure)) if verdict else judgement,
            candidate.score,
            relevance,
            settles=verdict
            and not judgement.doubted
            and calibration.asserts(sure)
            and (relevance >= SUGGEST or _by_rules(judgement)),
            suggested=verdict and calibration.suggests(sure),
        )

    def _candidate(
        self, claim: str, vector: Vectors, hit: Hit, statement: SourcedStatement
    ) -> "_Candidate":
        deviation = deviations(hit.cosine, vector, self._unrelated())
        shared = coverage(claim, f"{statement.title}\n{statement.text}")
        found = Found(statement.text, hit.score, deviation, shared)
        return _Candidate(statement, found, found.score, found.relevance)

    def _unrelated(self) -> Vectors:
        if self._cohort is None:
            self._cohort = self._encoder.encode_statements(COHORT)
        return self._cohort


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A statement as it was found, and its score and relevance as known by now."""

    statement: SourcedStatement
    found: Found
    score: float
    relevance: float


def _by_rules(judgement: Judgement) -> bool:
    """Tell whether a rule settles it: what was only learned may be of another, similar story."""
    kinds = {reason.kind for reason in judgement.reasons}
    return bool(kinds - {ReasonKind.WORDS_DIFFER, ReasonKind.RATED})


def _judgeable(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Return the first with ``JUDGED`` different texts: a text is read once, however many have it.

    Copies must not take the places of what speaks against them.
    """
    texts = dict.fromkeys(for_matching(each.statement.text) for each in candidates)
    wanted = set(list(texts)[:JUDGED])
    return [each for each in candidates if for_matching(each.statement.text) in wanted]


def _evidence(candidate: _Candidate, before: Mapping[int, str]) -> Evidence:
    statement = candidate.statement
    context = f"{statement.title}\n{statement.speaker or ''}"
    return Evidence(statement.text, context, before.get(candidate.statement.id, ""))


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
