"""From a claim to an answer: retrieve, judge, decide what to assert and what to keep silent on."""

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from embeddings.encoders.encoder import Encoder
from embeddings.index.live import LiveIndex
from embeddings.index.score_normalisation import COHORT, normalise_scores
from embeddings.progress import Progress
from embeddings.search_results import Hit, Vectors
from embeddings.text.normalisation import for_matching
from embeddings.text.tokenisation import terms
from knowledge.agreement.judgement import Evidence, Judge, Judgement, ReasonKind
from knowledge.agreement.text_differences import same_text
from knowledge.checking.calibration import STANDARD, Calibration, VerdictKind
from knowledge.checking.outcomes import (
    SUGGEST,
    Answer,
    Match,
    answer_by_clauses,
    apply_rating,
    apply_verdicts,
    combine_answers,
    decide,
    drop_verdict,
    is_reviewed_claim,
    relevance_needed,
)
from knowledge.checking.relevance import Found, coverage
from knowledge.checking.reranking import RERANKED, Reread
from knowledge.checking.stages import Stage, Watch, watch_nothing
from knowledge.claim_queue import verdicts
from knowledge.claim_queue.inquiries import Basis
from knowledge.claims import MAX_CHARACTERS, bare_text, clauses, core_of, read_message
from knowledge.claims.arabizi import differ_in_language, is_arabizi
from knowledge.claims.clause_splitting import MAX_CLAUSES
from knowledge.claims.transliteration import arabic_spellings
from knowledge.corpus.ratings import REJECTING_RATINGS
from knowledge.corpus.reports import SourcedStatement, load_preceding, load_published
from knowledge.domain import Outcome, Relation
from knowledge.errors import UnreadableClaim
from knowledge.index.serving_index import ServingIndex
from knowledge.storage.database import Sessions

#: What is below this relevance by search alone is not read together with the claim: reading costs.
#: What was read and is below it is not judged. Far below ``SUGGEST``, since a statement in another
#: language shares no words: of the statements that claims are about 99 % pass.
READ_FROM: Final = 0.02
#: Characters of a statement that are compared with a claim: one of millions must not hold up every
#: claim that finds it. Twice what any message has, so that none is taken for all that it says.
READ_CHARACTERS: Final = 2 * MAX_CHARACTERS
#: Different texts judged, and read first: past these a statement about the same thing is rare, and
#: reading costs.
JUDGED: Final = 3
#: Answers kept for claims that are asked again while nothing changes: viral claims repeat. 20 KB
#: each: this, and what is kept of words read, is soon full, so that memory does not grow for hours.
REMEMBERED: Final = 1_024
#: Claims answered at once; the others wait. More than there are processors only take turns with the
#: interpreter: four at once on two processors are answered a fifth slower than two.
AT_ONCE: Final = os.cpu_count() or 1


#: So sure must be that a statement does not say a clause before the whole claim is left open.
LEFT_OUT: Final = 0.8


_UNSETTLED: Final = frozenset({Outcome.RELATED, Outcome.NO_MATCH})


class Reranking(Protocol):
    """What is needed of ``reranking.Reranker``."""

    def read(self, claim: str, found: Sequence[Found]) -> list[Reread]:
        """Return what each of ``found`` is worth once read with ``claim``, in the same order."""


class ClaimChecker:
    """Answers claims from the index of one process. Safe to use from several threads."""

    def __init__(
        self,
        sessions: Sessions,
        encoder: Encoder,
        index: ServingIndex,
        judge: Judge,
        reranker: Reranking | None = None,
        calibration: Calibration = STANDARD,
        watch: Watch = watch_nothing,
    ) -> None:
        self._sessions, self._encoder, self._index, self._judge = sessions, encoder, index, judge
        self._reranker, self._calibration, self._watch = reranker, calibration, watch
        self._cohort: Vectors | None = None
        self._remembered = _Remembered(REMEMBERED)
        self._places = threading.Semaphore(AT_ONCE)

    def prepare(self, progress: Progress | None = None) -> None:
        """Load the index and the models ahead of the first claim."""
        self._index.current(progress)
        self._unrelated()
        self._judge.judge("1", [Evidence("1")])
        if self._reranker is not None:
            self._reranker.read("1", [Found("1", 0.0, 0.0, 0.0)])

    @property
    def basis(self) -> Basis:
        """What the answers rest on."""
        calibration = self._calibration
        return Basis(
            self._encoder.fingerprint,
            self._judge.fingerprint,
            calibration.assert_at,
            calibration.suggest_at,
        )

    def answer(self, claim: str, top: int = 10, *, crossed: bool = False) -> Answer:
        """Answer one claim with up to ``top`` matches, without a verdict where it is ``crossed``.

        A claim without words gets NO_MATCH and nothing else (``claims.read_message`` says why).
        Raises what opening the models or the index raises.
        """
        text = bare_text(claim)
        live = self._index.current()
        if not terms(text) or not len(live):
            return _nothing(text)
        # A change of what is published or what people ruled, or another index, changes the state:
        # nothing is stale.
        key = (for_matching(text), live.state, top)
        known = self._remembered.get(key)
        if known is None:
            with self._places:
                # Another may have asked the same, and been answered, while this one waited.
                known = self._remembered.get(key)
                if known is None:
                    known = self._answered(claim, text, live, top)
                    self._remembered.keep(key, known)
        known = replace(known, claim=text)
        return drop_verdict(known) if crossed else known

    def about(self, claims: Sequence[str]) -> list[SourcedStatement]:
        """Return the published statements that are about a claim, in one of its wordings.

        Those of the first wording come first, each's best first. Raises as ``answer``.
        """
        found = {
            match.statement.id: match.statement
            for claim in claims
            for match in self.answer(claim).matches
            if match.related
        }
        return list(found.values())

    def nearest(self, text: str, top: int = 10) -> Answer:
        """Return what comes closest to a text that claims nothing, judging nothing: NO_MATCH.

        Raises what opening the models or the index raises.
        """
        text = bare_text(text)
        live = self._index.current()
        if not terms(text) or not len(live):
            return _nothing(text)
        found = self._reranked(text, self._searched(text, live, top))
        matches = tuple(self._match(text, each, {}) for each in found[:top])
        return replace(_nothing(text), matches=matches)

    def relevances(self, text: str, others: Sequence[str]) -> list[float]:
        """Return the probability of each of a few texts to be about ``text``, read together."""
        text = bare_text(text)
        if not terms(text) or not others:
            return [0.0] * len(others)
        with self._places:
            vector = _mean(self._encoder.encode_claims((text,)))
            read = [each[:READ_CHARACTERS] for each in others]
            cosines = self._encoder.encode_statements(read) @ vector
            cohort = self._unrelated()
            found = [
                Found(each, 0.0, normalise_scores(float(c), vector, cohort), coverage(text, each))
                for each, c in zip(read, cosines, strict=True)
            ]
            if self._reranker is None:
                return [each.relevance for each in found]
            return [each.relevance for each in self._reranker.read(text, found)]

    def compare(self, claim: str, statements: Sequence[SourcedStatement]) -> list[Match]:
        """Return how statements of a report that no index holds stand to a claim, nearest first.

        They come in the order of the report. Raises what opening the models raises.
        """
        text = core_of(bare_text(claim)) or bare_text(claim)
        if not terms(text) or not statements:
            return [self._match(text, each, {}) for each in _unread(statements)]
        with self._places:
            spellings = (text, *(arabic_spellings(text) if is_arabizi(text) else ()))
            vector = _mean(self._encoder.encode_claims(spellings))
            read = [each.text[:READ_CHARACTERS] for each in statements]
            cosines = self._encoder.encode_statements(read) @ vector
            found = [
                self._candidate(spellings, vector, Hit(each.id, 0.0, float(cosine), 0.0), each, by)
                for each, cosine, by in zip(statements, cosines, ["", *read], strict=False)
            ]
            found = self._reranked(text, sorted(found, key=_relevance))
            found.sort(key=_relevance)
            chosen = found[:RERANKED]
            judged = self._judge.judge(text, [each.evidence for each in chosen])
        known = {each.statement.id: one for each, one in zip(chosen, judged, strict=True)}
        return [self._match(text, each, known) for each in found]

    def answer_message(self, message: str, top: int = 10) -> Answer:
        """Answer a whole message with up to ``top`` matches: as true as its least true claim.

        What claims nothing, or cannot be read, is only told what comes closest.
        Raises what opening the models or the index raises.
        """
        try:
            read = read_message(message)
        except UnreadableClaim:
            return self.nearest(message[:MAX_CHARACTERS], top)
        match read.claims:
            case ():
                return self.nearest(message[:MAX_CHARACTERS], top)
            case (claim,):
                return self.answer(claim, top, crossed=read.crossed)
            case _:
                answers = [self.answer(each, top, crossed=read.crossed) for each in read.claims]
                return combine_answers(answers, self.nearest(message, top), top)

    def _searched(self, text: str, live: LiveIndex, top: int) -> "list[_Candidate]":
        """Return what search finds, best first; what was retracted since is not among it."""
        spelled = arabic_spellings(text) if is_arabizi(text) else ()
        with self._watch(Stage.ENCODE):
            vectors = self._encoder.encode_claims([text, *spelled])
        vector = _mean(vectors)
        with self._watch(Stage.SEARCH), self._sessions() as session:
            hits = live.search(vector, " ".join(spelled) or text, max(top, RERANKED))
            statements = load_published(session, [hit.id for hit in hits])
            before = load_preceding(session, list(statements))
        return [
            self._candidate(
                (text, *spelled), vector, hit, statements[hit.id], before.get(hit.id, "")
            )
            for hit in hits
            if hit.id in statements
        ]

    def _judged(self, claim: str, text: str, candidates: "list[_Candidate]", top: int) -> Answer:
        """Return the answer to a claim that reads ``text``: as judged, and as people ruled."""
        found, chosen = self._chosen(text, candidates)
        with self._sessions() as session:
            said = verdicts.said(session, text, claim)
            answers = load_published(session, sorted(said))
        with self._watch(Stage.JUDGE):
            judged = self._judge.judge(text, [each.evidence for each in chosen])
        judgements = {each.statement.id: one for each, one in zip(chosen, judged, strict=True)}
        matches = [self._match(text, each, judgements) for each in found]
        people = [(statement, said[number].relation) for number, statement in answers.items()]
        noted = [
            replace(each, note=said[each.statement.id].note) if each.statement.id in said else each
            for each in apply_verdicts(matches, people)
        ]
        answer = decide(text, noted, top)
        if answer.outcome in _UNSETTLED or answer.matches[0].statement.id in said:
            return answer
        best = next(e for e in chosen if e.statement.id == answer.matches[0].statement.id)
        return answer if self._holds_in_parts(text, best.evidence, answer) else drop_verdict(answer)

    def _holds_in_parts(self, claim: str, evidence: Evidence, answer: Answer) -> bool:
        """Tell whether the clauses of ``claim`` bear out what was said of it as a whole.

        A claim that a report supports may have another one behind it that nobody reported; and
        where a report refutes a claim, it refutes one of its clauses.
        """
        parts = clauses(claim).stated
        if len(parts) < 2 or evidence.reviewed:
            return True
        if len(parts) > MAX_CLAUSES:
            return answer.outcome is Outcome.REFUTED
        judged = [self._judge.judge(each, [evidence])[0] for each in parts]
        if answer.outcome is Outcome.REFUTED:
            return any(one.relation is Relation.REFUTES for one in judged)
        return not any(
            one.relation is not Relation.SUPPORTS and one.confidence >= LEFT_OUT for one in judged
        )

    def _answered(self, claim: str, text: str, live: LiveIndex, top: int) -> Answer:
        """Return the answer to a claim that reads ``text``: as a whole, else clause by clause.

        What people wrote around it is left out: it is answered like the claim alone.
        """
        core = core_of(text)
        text = core or text
        answer = self._judged(claim, text, self._searched(text, live, top), top)
        if answer.outcome in _UNSETTLED and not answer.disputed:
            answer = self._by_clauses(answer, text, live, top)
        if core is None or answer.outcome in _UNSETTLED:
            return answer
        return replace(answer, clauses=answer.clauses or (core,))

    def _by_clauses(self, whole: Answer, text: str, live: LiveIndex, top: int) -> Answer:
        """Return the answer to a claim that nothing settles as a whole, if its clauses settle it.

        A clause may leave out who it is about, so only what the whole claim found may settle it.
        """
        found = {match.statement.id for match in whole.matches}
        cut = clauses(text)
        parts = []
        for clause in cut.free:
            candidates = self._searched(clause, live, top)
            nearby = [each for each in candidates if each.statement.id in found]
            parts.append(self._judged(clause, clause, nearby, top))
        return answer_by_clauses(whole, parts, top, complete=cut.complete)

    def _chosen(
        self, claim: str, found: list["_Candidate"]
    ) -> "tuple[list[_Candidate], list[_Candidate]]":
        """Return the candidates in their final order, and those whose judgement can matter.

        Where nothing found is about the claim, nothing is read. The very text settles a claim
        unless others that are clearly about it speak against it, so only those are judged beside.
        """
        exact = [replace(each, relevance=1.0) for each in found if same_text(claim, each.text)]
        known = {each.statement.id for each in exact}
        others = [each for each in found if each.statement.id not in known]
        if exact:
            rivals = [each for each in others[:RERANKED] if each.relevance >= SUGGEST]
            # Of many copies some are enough; what fact-checkers say of it is among them.
            copies = sorted(exact, key=lambda each: not each.evidence.reviewed)[:RERANKED]
            return [*exact, *others], _judgeable([*copies, *rivals])
        ordered = self._reranked(claim, found)
        read = ordered[:RERANKED]
        return ordered, _judgeable([each for each in read if each.relevance >= READ_FROM])

    def _reranked(self, claim: str, found: list["_Candidate"]) -> "list[_Candidate]":
        first = [each for each in found[:RERANKED] if each.relevance >= READ_FROM]
        if self._reranker is None or not first:
            return found
        nearest = _judgeable(first)
        read = self._read(self._reranker, claim, nearest)
        # Reading costs: more only where the first do not fill what is judged, or none of them is
        # about the claim.
        about = [each for each in read if each.relevance >= READ_FROM]
        if len(_texts(about)) < JUDGED or not any(each.relevance >= SUGGEST for each in about):
            more = [each for each in first if each not in nearest]
            read += self._read(self._reranker, claim, more)
        # What was not read again stays below what was, and is no more about the claim: how many
        # more are asked for must not decide the outcome.
        known = {each.statement.id for each in read}
        score, relevance = min(r.score for r in read), min(r.relevance for r in read)
        kept = [
            replace(each, score=min(each.score, score), relevance=min(each.relevance, relevance))
            for each in found
            if each.statement.id not in known
        ]
        return [*sorted(read, key=lambda each: -each.score), *kept]

    def _read(
        self, reranker: Reranking, claim: str, candidates: list["_Candidate"]
    ) -> "list[_Candidate]":
        with self._watch(Stage.READ):
            read = reranker.read(claim, [each.found for each in candidates])
        return [
            replace(each, score=one.score, relevance=one.relevance)
            for each, one in zip(candidates, read, strict=True)
        ]

    def _match(
        self, claim: str, candidate: "_Candidate", judgements: Mapping[int, Judgement]
    ) -> Match:
        statement, relevance = candidate.statement, candidate.relevance
        judgement = judgements.get(candidate.statement.id)
        if judgement is None:
            unread = Judgement(Relation.NOT_ENOUGH_INFO, 1.0 - relevance)
            return Match(statement, unread, candidate.score, relevance)
        verdict = apply_rating(judgement, statement)
        if verdict.relation is Relation.NOT_ENOUGH_INFO:
            return Match(statement, verdict, candidate.score, relevance)
        kind = _kind(claim, candidate, judgement)
        sure, calibration = verdict.confidence, self._calibration
        return Match(
            statement,
            replace(verdict, confidence=calibration.apply(sure)),
            candidate.score,
            relevance,
            settles=(relevance >= relevance_needed(judgement.relation) or _by_rules(verdict))
            and calibration.asserts(sure, kind),
            suggested=calibration.suggests(sure),
            kind=kind,
        )

    def _candidate(
        self,
        spellings: Sequence[str],
        vector: Vectors,
        hit: Hit,
        statement: SourcedStatement,
        before: str,
    ) -> "_Candidate":
        evidence = Evidence(
            statement.text[:READ_CHARACTERS],
            statement.title,
            statement.speaker or "",
            before[:READ_CHARACTERS],
            is_reviewed_claim(statement),
        )
        deviation = normalise_scores(hit.cosine, vector, self._unrelated())
        said = f"{statement.title}\n{evidence.text}"
        shared = max(coverage(spelling, said) for spelling in spellings)
        found = Found(evidence.text, hit.score, deviation, shared, evidence.context)
        return _Candidate(statement, evidence, found, found.score, found.relevance)

    def _unrelated(self) -> Vectors:
        if self._cohort is None:
            self._cohort = self._encoder.encode_statements(COHORT)
        return self._cohort


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A statement as it was found, and its score and relevance as known by now."""

    statement: SourcedStatement
    evidence: Evidence
    found: Found
    score: float
    relevance: float

    @property
    def text(self) -> str:
        """What is read of the statement."""
        return self.evidence.text


def _relevance(candidate: _Candidate) -> float:
    return -candidate.relevance


def _unread(statements: Sequence[SourcedStatement]) -> list[_Candidate]:
    nothing = Found("", 0.0, 0.0, 0.0)
    return [_Candidate(each, Evidence(each.text), nothing, 0.0, 0.0) for each in statements]


def _mean(vectors: Vectors) -> Vectors:
    """Return the direction between unit vectors."""
    mean: Vectors = vectors.mean(axis=0)
    return mean / np.linalg.norm(mean) if len(vectors) > 1 else mean


def _nothing(text: str) -> Answer:
    return Answer(text, Outcome.NO_MATCH, 1.0, ())


def _by_rules(judgement: Judgement) -> bool:
    """Tell whether a rule settles it: what was only learned may be of another, similar story."""
    kinds = {reason.kind for reason in judgement.reasons}
    return bool(kinds - {ReasonKind.WORDS_DIFFER, ReasonKind.RATED})


def _kind(claim: str, candidate: _Candidate, judgement: Judgement) -> VerdictKind:
    """Return what a verdict rests on; ``judgement`` is of the text, whatever its rating."""
    supports = judgement.relation is Relation.SUPPORTS
    if differ_in_language(claim, candidate.text):
        return VerdictKind.ACROSS
    if candidate.statement.rating in REJECTING_RATINGS and supports:
        return VerdictKind.REVIEWED
    return VerdictKind.SUPPORTS if supports else VerdictKind.REFUTES


def _judgeable(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Return the first with ``JUDGED`` different texts, each with all of its copies.

    Copies must not take the places of what speaks against them.
    """
    wanted = set(_texts(candidates)[:JUDGED])
    return [each for each in candidates if for_matching(each.text) in wanted]


def _texts(candidates: Sequence[_Candidate]) -> list[str]:
    """Return the different texts of candidates, in their order."""
    return list(dict.fromkeys(for_matching(each.text) for each in candidates))


class _Remembered:
    """Answers by what they depend on, the most recently asked kept. Safe from several threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._answers: OrderedDict[tuple[str, tuple[int, int], int], Answer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, tuple[int, int], int]) -> Answer | None:
        with self._lock:
            known = self._answers.get(key)
            if known is not None:
                self._answers.move_to_end(key)
            return known

    def keep(self, key: tuple[str, tuple[int, int], int], answer: Answer) -> None:
        with self._lock:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            if len(self._answers) > self._size:
                self._answers.popitem(last=False)
