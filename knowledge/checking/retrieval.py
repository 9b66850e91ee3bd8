"""Find the statements that may settle a claim: search the index, then read the best together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from embeddings.encoders.encoder import Encoder
from embeddings.index.score_normalisation import COHORT, normalise_scores
from embeddings.index.statement_index import StatementIndex
from embeddings.search_results import Hit, Vectors
from embeddings.text.normalisation import for_matching
from knowledge.agreement.judgement import Evidence
from knowledge.agreement.text_differences import same_text
from knowledge.checking.outcomes import SUGGEST, is_reviewed_claim
from knowledge.checking.relevance import Found, coverage
from knowledge.checking.reranking import RERANKED, Reread
from knowledge.checking.stages import Stage, Watch
from knowledge.claims import MAX_CHARACTERS
from knowledge.claims.arabizi import is_arabizi
from knowledge.claims.transliteration import arabic_spellings
from knowledge.corpus.reports import SourcedStatement, load_preceding, load_published
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


class Reranking(Protocol):
    """What is needed of ``reranking.Reranker``."""

    def read(self, claim: str, found: Sequence[Found]) -> list[Reread]:
        """Return what each of ``found`` is worth once read with ``claim``, in the same order."""


@dataclass(frozen=True, slots=True)
class Candidate:
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


class Retriever:
    """Finds candidates for claims, best first. Safe to use from several threads."""

    def __init__(
        self, sessions: Sessions, encoder: Encoder, reranker: Reranking | None, watch: Watch
    ) -> None:
        self._sessions, self._encoder = sessions, encoder
        self._reranker, self._watch = reranker, watch
        self._cohort: Vectors | None = None

    def prepare(self) -> None:
        """Open the models ahead of the first claim."""
        self._unrelated()
        if self._reranker is not None:
            self._reranker.read("1", [Found("1", 0.0, 0.0, 0.0)])

    def search(self, text: str, live: StatementIndex, top: int) -> list[Candidate]:
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

    def read_all(self, text: str, statements: Sequence[SourcedStatement]) -> list[Candidate]:
        """Return statements of a report that no index holds, in its order, by their relevance."""
        spellings = (text, *(arabic_spellings(text) if is_arabizi(text) else ()))
        vector = _mean(self._encoder.encode_claims(spellings))
        read = [each.text[:READ_CHARACTERS] for each in statements]
        cosines = self._encoder.encode_statements(read) @ vector
        found = [
            self._candidate(spellings, vector, Hit(each.id, 0.0, float(cosine), 0.0), each, by)
            for each, cosine, by in zip(statements, cosines, ["", *read], strict=False)
        ]
        return sorted(self.rerank(text, sorted(found, key=_relevance)), key=_relevance)

    def relevances(self, text: str, others: Sequence[str]) -> list[float]:
        """Return the probability of each of a few texts to be about ``text``, read together."""
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

    def choose(self, claim: str, found: list[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
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
        ordered = self.rerank(claim, found)
        read = ordered[:RERANKED]
        return ordered, _judgeable([each for each in read if each.relevance >= READ_FROM])

    def rerank(self, claim: str, found: list[Candidate]) -> list[Candidate]:
        """Return the candidates, the best of them in the order that reading them gives."""
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
        self, reranker: Reranking, claim: str, candidates: list[Candidate]
    ) -> list[Candidate]:
        with self._watch(Stage.READ):
            read = reranker.read(claim, [each.found for each in candidates])
        return [
            replace(each, score=one.score, relevance=one.relevance)
            for each, one in zip(candidates, read, strict=True)
        ]

    def _candidate(
        self,
        spellings: Sequence[str],
        vector: Vectors,
        hit: Hit,
        statement: SourcedStatement,
        before: str,
    ) -> Candidate:
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
        return Candidate(statement, evidence, found, found.score, found.relevance)

    def _unrelated(self) -> Vectors:
        if self._cohort is None:
            self._cohort = self._encoder.encode_statements(COHORT)
        return self._cohort


def leave_unread(statements: Sequence[SourcedStatement]) -> list[Candidate]:
    """Return statements as candidates that are about nothing."""
    nothing = Found("", 0.0, 0.0, 0.0)
    return [Candidate(each, Evidence(each.text), nothing, 0.0, 0.0) for each in statements]


def _relevance(candidate: Candidate) -> float:
    return -candidate.relevance


def _mean(vectors: Vectors) -> Vectors:
    """Return the direction between unit vectors."""
    mean: Vectors = vectors.mean(axis=0)
    return mean / np.linalg.norm(mean) if len(vectors) > 1 else mean


def _judgeable(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the first with ``JUDGED`` different texts, each with all of its copies.

    Copies must not take the places of what speaks against them.
    """
    wanted = set(_texts(candidates)[:JUDGED])
    return [each for each in candidates if for_matching(each.text) in wanted]


def _texts(candidates: Sequence[Candidate]) -> list[str]:
    """Return the different texts of candidates, in their order."""
    return list(dict.fromkeys(for_matching(each.text) for each in candidates))
