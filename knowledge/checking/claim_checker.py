"""Check claims: retrieve statements, judge them, and decide what to assert."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from cachetools import LRUCache

from embeddings.encoders.encoder import Encoder
from embeddings.index.statement_index import StatementIndex
from embeddings.progress import Progress
from embeddings.thread_pool import count_processors
from knowledge.agreement.judgement import Evidence, Judge, Judgement, ReasonKind
from knowledge.checking.calibration import STANDARD, Calibration, VerdictKind
from knowledge.checking.outcomes import (
    Answer,
    Match,
    answer_by_clauses,
    apply_rating,
    apply_verdicts,
    combine_answers,
    decide,
    drop_verdict,
    relevance_needed,
)
from knowledge.checking.reranking import RERANKED
from knowledge.checking.retrieval import Candidate, Reranking, Retriever, leave_unread
from knowledge.checking.stages import Stage, Watch, watch_nothing
from knowledge.claim_queue import verdicts
from knowledge.claim_queue.inquiries import Basis
from knowledge.claims import MAX_CHARACTERS, ClaimText, clauses, read_message
from knowledge.claims.arabizi import differ_in_language
from knowledge.claims.clause_splitting import MAX_CLAUSES
from knowledge.corpus.ratings import REJECTING_RATINGS
from knowledge.corpus.reports import SourcedStatement, load_published
from knowledge.domain import Outcome, Relation
from knowledge.errors import UnreadableClaim
from knowledge.index.serving_index import Serving
from knowledge.storage.database import Sessions

#: Confidence that a statement does not state a clause from which the whole claim is left open.
LEFT_OUT: Final = 0.8
#: Least relevance of a statement to the whole claim for its clauses to be answered, which costs as
#: much again. The one that a clause settled, of 152 claims that nothing settles, has .4.
CLAUSES_FROM: Final = 0.1
_UNSETTLED: Final = frozenset({Outcome.RELATED, Outcome.NO_MATCH})

#: Answers cached while nothing changes: viral claims repeat. 20 KB each; this cache and those of
#: words fill up soon, so memory does not grow for hours.
REMEMBERED: Final = 1_024

#: Key of the cache: the claim, the state of the index, how many matches.
_Question: TypeAlias = tuple[str, tuple[int, int], int]


class ClaimChecker:
    """Answers claims from this process's index. Thread-safe."""

    def __init__(
        self,
        sessions: Sessions,
        encoder: Encoder,
        index: Serving,
        judge: Judge,
        reranker: Reranking | None = None,
        calibration: Calibration = STANDARD,
        watch: Watch = watch_nothing,
    ) -> None:
        self._sessions, self._encoder, self._index, self._judge = sessions, encoder, index, judge
        self._calibration, self._watch = calibration, watch
        self._retriever = Retriever(sessions, encoder, reranker, watch)
        self._remembered: LRUCache[_Question, Answer] = LRUCache(REMEMBERED)
        self._remembering = threading.Lock()
        # Claims answered at once; others wait. More than there are processors only compete for the
        # interpreter: four at once on two processors take a fifth longer than two.
        self._places = threading.Semaphore(count_processors())

    def prepare(self, progress: Progress | None = None) -> None:
        """Load the models and the index ahead of the first claim.

        The index comes last: if its server does not answer, everything else is ready.
        """
        self.prepare_models()
        self._index.current(progress)

    def prepare_models(self) -> None:
        """Load the models ahead of the first claim."""
        self._judge.judge("1", [Evidence("1")])
        self._retriever.prepare()

    @property
    def basis(self) -> Basis:
        """The models and thresholds that answers are based on."""
        calibration = self._calibration
        return Basis(
            self._encoder.fingerprint,
            self._judge.fingerprint,
            calibration.assert_at,
            calibration.suggest_at,
        )

    def answer(self, claim: str, top: int = 10, *, crossed: bool = False) -> Answer:
        """Answer one claim with up to ``top`` matches; without a verdict if it is ``crossed``.

        A claim without words gets NO_MATCH (``claims.read_message`` says why). Raises what opening
        the models or the index raises.
        """
        asked = ClaimText(claim)
        live = self._index.current()
        if not asked.terms or not len(live):
            return _nothing(asked.bare)
        # Published statements, verdicts and another index all change the state, so nothing in the
        # cache is stale.
        key = (asked.folded, live.state, top)
        known = self._recall(key)
        if known is None:
            with self._places:
                # Another thread may have answered the same claim while this one waited.
                known = self._recall(key)
                if known is None:
                    known = self._answered(asked, live, top)
                    with self._remembering:
                        self._remembered[key] = known
        known = replace(known, claim=asked.bare)
        return drop_verdict(known) if crossed else known

    def _recall(self, key: _Question) -> Answer | None:
        with self._remembering:
            return self._remembered.get(key)

    def about(self, claims: Sequence[str]) -> list[SourcedStatement]:
        """Return the published statements that are about a claim, in one of its wordings.

        Those of the first wording come first, each wording's best first. Raises as ``answer``.
        """
        found = {
            match.statement.id: match.statement
            for claim in claims
            for match in self.answer(claim).matches
            if match.related
        }
        return list(found.values())

    def nearest(self, text: str, top: int = 10) -> Answer:
        """Return the statements nearest to a text that claims nothing, unjudged: NO_MATCH.

        Raises what opening the models or the index raises.
        """
        asked = ClaimText(text)
        text, live = asked.bare, self._index.current()
        if not asked.terms or not len(live):
            return _nothing(text)
        found = self._retriever.rerank(text, self._retriever.search(text, live, top))
        matches = tuple(self._match(text, each, {}) for each in found[:top])
        return replace(_nothing(text), matches=matches)

    def relevances(self, text: str, others: Sequence[str]) -> list[float]:
        """Return the probability of each of a few texts to be about ``text``."""
        asked = ClaimText(text)
        if not asked.terms or not others:
            return [0.0] * len(others)
        with self._places:
            return self._retriever.relevances(asked.bare, others)

    def compare(self, claim: str, statements: Sequence[SourcedStatement]) -> list[Match]:
        """Compare a claim with statements of a report that is not indexed, nearest first.

        They are given in the order of the report. Raises what opening the models raises.
        """
        asked = ClaimText(claim)
        text = asked.core or asked.bare
        if not asked.terms or not statements:
            return [self._match(text, each, {}) for each in leave_unread(statements)]
        with self._places:
            found = self._retriever.read_all(text, statements)
            chosen = found[:RERANKED]
            judged = self._judge.judge(text, [each.evidence for each in chosen])
        known = {each.statement.id: one for each, one in zip(chosen, judged, strict=True)}
        return [self._match(text, each, known) for each in found]

    def answer_message(self, message: str, top: int = 10) -> Answer:
        """Answer a whole message with up to ``top`` matches: as true as its least true claim.

        A message that claims nothing, or cannot be read, gets the nearest statements only. Raises
        what opening the models or the index raises.
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

    def _judged(self, claim: str, text: str, candidates: list[Candidate], top: int) -> Answer:
        """Return the answer to a claim with this ``text``, after moderators' verdicts."""
        found, chosen = self._retriever.choose(text, candidates)
        with self._sessions() as session:
            said = verdicts.load_said(session, text, claim)
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
        """Return whether the clauses of ``claim`` confirm the verdict on the whole.

        A supported claim may contain another one that nobody reported; and a report that refutes a
        claim refutes one of its clauses.
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

    def _answered(self, asked: ClaimText, live: StatementIndex, top: int) -> Answer:
        """Answer a claim as a whole, or else clause by clause.

        Text that people wrote around it is left out: it is answered like the claim alone.
        """
        core, text = asked.core, asked.core or asked.bare
        answer = self._judged(asked.raw, text, self._retriever.search(text, live, top), top)
        about = max((match.relevance for match in answer.matches), default=0.0)
        if answer.outcome in _UNSETTLED and not answer.disputed and about >= CLAUSES_FROM:
            answer = self._by_clauses(answer, text, live, top)
        if core is None or answer.outcome in _UNSETTLED:
            return answer
        return replace(answer, clauses=answer.clauses or (core,))

    def _by_clauses(self, whole: Answer, text: str, live: StatementIndex, top: int) -> Answer:
        """Answer a claim that nothing settles as a whole, if its clauses settle it.

        A clause may leave out who it is about, so only statements found for the whole claim may
        settle it.
        """
        found = {match.statement.id for match in whole.matches}
        cut = clauses(text)
        parts = []
        for clause in cut.free:
            candidates = self._retriever.search(clause, live, top)
            nearby = [each for each in candidates if each.statement.id in found]
            parts.append(self._judged(clause, clause, nearby, top))
        return answer_by_clauses(whole, parts, top, complete=cut.complete)

    def _match(
        self, claim: str, candidate: Candidate, judgements: Mapping[int, Judgement]
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


def _nothing(text: str) -> Answer:
    return Answer(text, Outcome.NO_MATCH, 1.0, ())


def _by_rules(judgement: Judgement) -> bool:
    """Return whether a rule settles it: learned reasons may come from a similar story."""
    kinds = {reason.kind for reason in judgement.reasons}
    return bool(kinds - {ReasonKind.WORDS_DIFFER, ReasonKind.RATED})


def _kind(claim: str, candidate: Candidate, judgement: Judgement) -> VerdictKind:
    """Return the kind of a verdict; ``judgement`` is of the text, whatever its rating."""
    supports = judgement.relation is Relation.SUPPORTS
    if differ_in_language(claim, candidate.text):
        return VerdictKind.ACROSS
    if candidate.statement.rating in REJECTING_RATINGS and supports:
        return VerdictKind.REVIEWED
    return VerdictKind.SUPPORTS if supports else VerdictKind.REFUTES
