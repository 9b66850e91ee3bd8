"""Find statements that may settle a claim: search the index, then rerank the best."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from embeddings.encoders.encoder import Encoder
from embeddings.index.score_normalisation import COHORT, make_normaliser
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
from knowledge.claims.arabizi import differ_in_language, is_arabizi
from knowledge.claims.transliteration import arabic_spellings
from knowledge.corpus.reports import SourcedStatement, load_preceding, load_published
from knowledge.storage.database import Sessions

#: Least relevance by search to be read, in the claim's language and in another, which shares no
#: words: reading costs half of an answer's time. Far below ``SUGGEST``: of 835 written claims among
#: 6,000 headlines whose own statement is relevant once read, 834 have it read.
READ_FROM: Final = 0.04
READ_ACROSS_FROM: Final = 0.02
#: The same where one that was read is about the claim: the others can only speak against it.
RIVALS_FROM: Final = 0.1
#: Least relevance by reading to be judged.
JUDGED_FROM: Final = 0.02
#: Characters of a statement compared with a claim, so that a huge one does not hold up every claim
#: that finds it. Twice any message's length, so that none counts as all that it says.
READ_CHARACTERS: Final = 2 * MAX_CHARACTERS
#: Different texts judged, and read at first: beyond these a statement about the same event is rare,
#: and reading costs time.
JUDGED: Final = 3


class Reranking(Protocol):
    """The interface of ``reranking.Reranker``."""

    def read(self, claim: str, found: Sequence[Found]) -> list[Reread]:
        """Return the reading of each of ``found`` with ``claim``, in the same order."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A found statement with its current score and relevance."""

    statement: SourcedStatement
    evidence: Evidence
    found: Found
    score: float
    relevance: float

    @property
    def text(self) -> str:
        """The text of the statement that is read."""
        return self.evidence.text


class Retriever:
    """Finds candidates for claims, best first. Thread-safe."""

    def __init__(
        self, sessions: Sessions, encoder: Encoder, reranker: Reranking | None, watch: Watch
    ) -> None:
        self._sessions, self._encoder = sessions, encoder
        self._reranker, self._watch = reranker, watch
        self._cohort: Vectors | None = None

    def prepare(self) -> None:
        """Load the models ahead of the first claim."""
        self._unrelated()
        if self._reranker is not None:
            self._reranker.read("1", [Found("1", 0.0, 0.0, 0.0)])

    def search(self, text: str, live: StatementIndex, top: int) -> list[Candidate]:
        """Return the search results, best first, without statements retracted since."""
        spelled = arabic_spellings(text) if is_arabizi(text) else ()
        with self._watch(Stage.ENCODE):
            vectors = self._encoder.encode_claims([text, *spelled])
        vector = _mean(vectors)
        with self._watch(Stage.SEARCH), self._sessions() as session:
            hits = live.search(vector, " ".join(spelled) or text, max(top, RERANKED))
            statements = load_published(session, [hit.id for hit in hits])
            before = load_preceding(session, list(statements))
        above = make_normaliser(vector, self._unrelated())
        return [
            _candidate(
                (text, *spelled), hit, above(hit.cosine), statements[hit.id], before.get(hit.id, "")
            )
            for hit in hits
            if hit.id in statements
        ]

    def read_all(self, text: str, statements: Sequence[SourcedStatement]) -> list[Candidate]:
        """Return statements of an unindexed report, in its order, with their relevance."""
        spellings = (text, *(arabic_spellings(text) if is_arabizi(text) else ()))
        vector = _mean(self._encoder.encode_claims(spellings))
        read = [each.text[:READ_CHARACTERS] for each in statements]
        cosines = self._encoder.encode_statements(read) @ vector
        above = make_normaliser(vector, self._unrelated())
        found = [
            _candidate(
                spellings, Hit(each.id, 0.0, float(cosine), 0.0), above(float(cosine)), each, by
            )
            for each, cosine, by in zip(statements, cosines, ["", *read], strict=False)
        ]
        return sorted(self.rerank(text, sorted(found, key=_relevance)), key=_relevance)

    def relevances(self, text: str, others: Sequence[str]) -> list[float]:
        """Return the probability of each of a few texts to be about ``text``."""
        vector = _mean(self._encoder.encode_claims((text,)))
        read = [each[:READ_CHARACTERS] for each in others]
        cosines = self._encoder.encode_statements(read) @ vector
        above = make_normaliser(vector, self._unrelated())
        found = [
            Found(each, 0.0, above(float(cosine)), coverage(text, each))
            for each, cosine in zip(read, cosines, strict=True)
        ]
        if self._reranker is None:
            return [each.relevance for each in found]
        return [each.relevance for each in self._reranker.read(text, found)]

    def choose(self, claim: str, found: list[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
        """Return the candidates in their final order, and those whose judgement can matter.

        If nothing found is about the claim, nothing is judged. The same text settles a claim unless
        others that are clearly about it speak against it, so only those are judged besides it.
        """
        exact = [replace(each, relevance=1.0) for each in found if same_text(claim, each.text)]
        known = {each.statement.id for each in exact}
        others = [each for each in found if each.statement.id not in known]
        if exact:
            rivals = [each for each in others[:RERANKED] if each.relevance >= SUGGEST]
            # Some of many copies suffice; the fact-checks of it are among them.
            copies = sorted(exact, key=lambda each: not each.evidence.reviewed)[:RERANKED]
            return [*exact, *others], _judgeable([*copies, *rivals])
        ordered = self.rerank(claim, found)
        read = ordered[:RERANKED]
        return ordered, _judgeable([each for each in read if each.relevance >= JUDGED_FROM])

    def rerank(self, claim: str, found: list[Candidate]) -> list[Candidate]:
        """Return the candidates with the best ones reranked."""
        wanted = [each for each in found[:RERANKED] if _is_worth_reading(claim, each)]
        if self._reranker is None or not wanted:
            return found
        first = _judgeable(wanted)
        read = self._read(self._reranker, claim, first)
        rest = [each for each in wanted if each not in first]
        if any(each.relevance >= SUGGEST for each in read):
            about = [each for each in read if each.relevance >= JUDGED_FROM]
            has_room = len(_texts(about)) < JUDGED
            rest = [each for each in rest if has_room and each.relevance >= RIVALS_FROM]
        read += self._read(self._reranker, claim, rest)
        # Unread candidates stay below read ones, and are no more relevant: the number of results
        # asked for must not decide the outcome.
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

    def _unrelated(self) -> Vectors:
        if self._cohort is None:
            self._cohort = self._encoder.encode_statements(COHORT)
        return self._cohort


def leave_unread(statements: Sequence[SourcedStatement]) -> list[Candidate]:
    """Return statements as candidates of no relevance."""
    nothing = Found("", 0.0, 0.0, 0.0)
    return [Candidate(each, Evidence(each.text), nothing, 0.0, 0.0) for each in statements]


def _candidate(
    spellings: Sequence[str], hit: Hit, deviation: float, statement: SourcedStatement, before: str
) -> Candidate:
    evidence = Evidence(
        statement.text[:READ_CHARACTERS],
        statement.title,
        statement.speaker or "",
        before[:READ_CHARACTERS],
        is_reviewed_claim(statement),
    )
    said = f"{statement.title}\n{evidence.text}"
    shared = max(coverage(spelling, said) for spelling in spellings)
    found = Found(evidence.text, hit.score, deviation, shared, evidence.context)
    return Candidate(statement, evidence, found, found.score, found.relevance)


def _is_worth_reading(claim: str, candidate: Candidate) -> bool:
    """Return whether a search result may be about the claim."""
    if candidate.relevance >= READ_FROM:
        return True
    return candidate.relevance >= READ_ACROSS_FROM and differ_in_language(claim, candidate.text)


def _relevance(candidate: Candidate) -> float:
    return -candidate.relevance


def _mean(vectors: Vectors) -> Vectors:
    """Return the mean direction of unit vectors."""
    mean: Vectors = vectors.mean(axis=0)
    return mean / np.linalg.norm(mean) if len(vectors) > 1 else mean


def _judgeable(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates with the first ``JUDGED`` different texts, with all their copies.

    Copies must not take the places of what speaks against them.
    """
    wanted = set(_texts(candidates)[:JUDGED])
    return [each for each in candidates if for_matching(each.text) in wanted]


def _texts(candidates: Sequence[Candidate]) -> list[str]:
    """Return the different texts of candidates, in order."""
    return list(dict.fromkeys(for_matching(each.text) for each in candidates))
