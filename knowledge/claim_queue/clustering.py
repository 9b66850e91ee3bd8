"""Cluster claims by meaning, incrementally, as they are asked.

A new claim joins the cluster of the nearest claim that means the same, or starts one. Only
moderators move a claim afterwards: cluster numbers are stable, and with 100,000 claims the next one
costs no more than a search. The vectors of claims are cached like those of statements, so a new
process computes none again.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from embeddings.cross_encoder.onnx_cross_encoder import Pair
from embeddings.encoders.encoder import Encoder
from embeddings.index.dense import EXACT_UP_TO, DenseIndex
from embeddings.index.score_normalisation import COHORT
from embeddings.search_results import Vectors
from embeddings.text.tokenisation import terms
from knowledge.claim_queue import demand
from knowledge.claim_queue.claim_equivalence import Comparing, Meaning
from knowledge.domain import ClusterStatus
from knowledge.index.vector_cache import load_or_compute
from knowledge.models import Claim, Cluster
from knowledge.storage.database import Sessions

#: Claims placed per transaction.
BATCH: Final = 128
#: The most claims compared by vector, and read together with the new one. Among 100,000 others the
#: three nearest hold 91 % of ANS train's paraphrases, the eight nearest 94 %.
NEAREST: Final = 8
READ: Final = 3
#: Threshold for reading a pair: the cosine in deviations above that of unrelated text, plus this
#: much times the share of common words. It loses 3 % of ANS train's paraphrases and saves half of
#: all readings (``benchmarks/clustering.py``).
WORDS_COUNT: Final = 4.0
NEAR_FROM: Final = 3.6
#: The same threshold for different languages, which share no words.
NEAR_ABROAD: Final = 2.6

_CHUNK: Final = 5_000
#: Erased claims have no text to compare.
_KEPT: Final = Claim.text != ""


@dataclass(frozen=True, slots=True)
class _Waiting:
    id: int
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class _Neighbour:
    """A claim near a new one; ``home`` is the first claim of its cluster."""

    claim: _Waiting
    home: _Waiting


class Clusters:
    """Places claims into clusters. Thread-safe; only one process may do it at a time."""

    def __init__(self, sessions: Sessions, encoder: Encoder, meanings: Comparing) -> None:
        self._sessions, self._encoder, self._meanings = sessions, encoder, meanings
        self._index: DenseIndex | None = None
        self._cohort: Vectors | None = None
        self._seen = 0
        self._turn = threading.Lock()

    def place_waiting(self, limit: int = BATCH) -> int:
        """Place the oldest claims without a cluster; returns how many, 0 if none waits.

        Raises what opening the models raises.
        """
        with self._turn:
            index = self._caught_up()
            waiting = self._waiting(min(limit, BATCH))
            if not waiting:
                return 0
            rows = load_or_compute(self._sessions, self._encoder, [each.text for each in waiting])
            beside = self._decided(waiting, rows, index)
            with self._sessions.begin() as session:
                _place(session, waiting, beside)
            index.add([each.id for each in waiting], rows)
            self._seen = max(self._seen, waiting[-1].id)
            return len(waiting)

    def _caught_up(self) -> DenseIndex:
        """Return the index, updated with claims placed by other processes and before the start."""
        index = self._index or DenseIndex(self._encoder.dimension)
        for claims in self._placed_since():
            index.add(
                [each.id for each in claims],
                load_or_compute(self._sessions, self._encoder, [each.text for each in claims]),
            )
            self._seen = claims[-1].id
        if len(index) > EXACT_UP_TO and not index.sketched:
            ids = sorted(index.ids())
            index = DenseIndex.from_vectors(ids, index.rows(ids))
        self._index = index
        return index

    def _placed_since(self) -> Iterator[list[_Waiting]]:
        """Yield placed claims after the last one seen: they are placed in order of id."""
        while True:
            query = select(Claim.id, Claim.text, Claim.language).where(
                Claim.id > self._seen, Claim.cluster_id.is_not(None), _KEPT
            )
            with self._sessions() as session:
                rows = session.execute(query.order_by(Claim.id).limit(_CHUNK)).all()
            if not rows:
                return
            yield [_Waiting(row.id, row.text, row.language) for row in rows]

    def _waiting(self, limit: int) -> list[_Waiting]:
        query = select(Claim.id, Claim.text, Claim.language).where(
            Claim.cluster_id.is_(None), _KEPT
        )
        with self._sessions() as session:
            rows = session.execute(query.order_by(Claim.id).limit(limit)).all()
        return [_Waiting(row.id, row.text, row.language) for row in rows]

    def _decided(
        self, waiting: Sequence[_Waiting], rows: Vectors, index: DenseIndex
    ) -> dict[int, int]:
        """Return whose cluster each claim joins; claims that start a cluster are missing."""
        nearest = self._nearest(waiting, rows, index)
        with self._sessions() as session:
            known = _neighbours(session, {number for near in nearest for number, _ in near})
        claims = {each.id: each for each in waiting} | {n: k.claim for n, k in known.items()}
        homes = {number: each.home for number, each in known.items()}
        near = [
            list(islice(_read_with(one, found, claims), READ))
            for one, found in zip(waiting, nearest, strict=True)
        ]
        pairs = [
            Pair(one.text, each.text)
            for one, found in zip(waiting, near, strict=True)
            for each in found
        ]
        meanings = dict(zip(pairs, self._meanings.compare(pairs), strict=True))
        beside: dict[int, int] = {}
        for one, found in zip(waiting, near, strict=True):
            joined = self._joined(one, found, homes, meanings)
            homes[one.id] = one if joined is None else homes[joined.id]
            if joined is not None:
                beside[one.id] = joined.id
        return beside

    def _joined(
        self,
        one: _Waiting,
        near: Sequence[_Waiting],
        homes: Mapping[int, _Waiting],
        meanings: dict[Pair, Meaning],
    ) -> _Waiting | None:
        """Return the claim whose cluster a claim joins: one that contains no opposite of it."""
        opposed = {
            homes[n.id] for n in near if meanings[Pair(one.text, n.text)] is Meaning.OPPOSITE
        }
        for each in near:
            home = homes[each.id]
            if meanings[Pair(one.text, each.text)] is not Meaning.SAME or home in opposed:
                continue
            pair = Pair(one.text, home.text)
            if pair not in meanings:
                (meanings[pair],) = self._meanings.compare([pair])
            if meanings[pair] is not Meaning.OPPOSITE:
                return each
            opposed.add(home)
        return None

    def _nearest(
        self, waiting: Sequence[_Waiting], rows: Vectors, index: DenseIndex
    ) -> list[list[tuple[int, float]]]:
        """Return the nearest earlier claims of each, with their distance above unrelated text."""
        if self._cohort is None:
            self._cohort = self._encoder.encode_statements(COHORT)
        unrelated, beside = rows @ self._cohort.T, rows @ rows.T
        found = []
        for n, row in enumerate(rows):
            scored = [(hit.id, hit.score) for hit in index.search(row, NEAREST)]
            scored += [(waiting[m].id, float(beside[n, m])) for m in range(n)]
            best = sorted(scored, key=lambda each: -each[1])[:NEAREST]
            mean, spread = float(unrelated[n].mean()), max(float(unrelated[n].std()), 1e-6)
            found.append([(number, (score - mean) / spread) for number, score in best])
        return found


def _read_with(
    one: _Waiting, nearest: Sequence[tuple[int, float]], claims: Mapping[int, _Waiting]
) -> Iterator[_Waiting]:
    """Yield the claims that a claim is read with, the nearest first."""
    for number, above in nearest:
        other = claims.get(number)
        if other is None:
            continue
        abroad = one.language != other.language
        if nearness(one.text, other.text, above, abroad=abroad) >= 0:
            yield other


def nearness(one: str, other: str, above: float, *, abroad: bool) -> float:
    """Return how far a pair exceeds the threshold for being read; below 0 it is not read.

    ``above`` is its cosine in deviations above that of unrelated text; ``abroad`` is whether the
    two are in different languages.
    """
    if abroad:
        return above - NEAR_ABROAD
    ours, theirs = set(terms(one)), set(terms(other))
    shared = len(ours & theirs)
    share = (shared / max(len(ours), 1) + shared / max(len(theirs), 1)) / 2
    return above + WORDS_COUNT * share - NEAR_FROM


def _neighbours(session: Session, ids: set[int]) -> dict[int, _Neighbour]:
    """Return those claims that are placed, with the first claim of their cluster, by id."""
    rows = session.execute(
        select(Claim.id, Claim.text, Claim.language, Claim.cluster_id).where(
            Claim.id.in_(ids), Claim.cluster_id.is_not(None), _KEPT
        )
    ).all()
    firsts = (
        select(func.min(Claim.id))
        .where(Claim.cluster_id.in_({row.cluster_id for row in rows}), _KEPT)
        .group_by(Claim.cluster_id)
    )
    homes = {
        row.cluster_id: _Waiting(row.id, row.text, row.language)
        for row in session.execute(
            select(Claim.id, Claim.text, Claim.language, Claim.cluster_id).where(
                Claim.id.in_(firsts)
            )
        )
    }
    return {
        row.id: _Neighbour(_Waiting(row.id, row.text, row.language), homes[row.cluster_id])
        for row in rows
    }


def _place(session: Session, waiting: Sequence[_Waiting], beside: Mapping[int, int]) -> None:
    """Put claims into the clusters of others, wherever moderators have moved those by now."""
    demand.lock_queue(session)
    rows = session.execute(
        select(Claim.id, Cluster)
        .join(Cluster, Claim.cluster_id == Cluster.id)
        .where(Claim.id.in_(set(beside.values())))
        .execution_options(populate_existing=True)
    )
    clusters = {row.id: row.Cluster for row in rows}
    still = select(Claim.id).where(
        Claim.id.in_([one.id for one in waiting]), Claim.cluster_id.is_(None), _KEPT
    )
    unplaced = set(session.scalars(still))
    for one in waiting:
        if one.id not in unplaced:
            continue
        cluster = clusters.get(beside.get(one.id, 0))
        if cluster is None:
            cluster = Cluster(title=one.text, status=ClusterStatus.SETTLED)
            session.add(cluster)
        if not cluster.title:
            cluster.title = one.text  # All its wordings were forgotten meanwhile.
        clusters[one.id] = cluster
    # New clusters get their numbers.
    session.flush()
    demand.join_clusters(session, {number: clusters[number] for number in unplaced})
