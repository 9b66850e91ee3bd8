"""Compare the served index with the database, vector by vector, and measure its recall.

Ids of both are read in order, side by side, and vectors a chunk at a time: an index server may hold
more than fits into this process.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import select

from embeddings.errors import IndexMissing
from embeddings.index.live import LiveIndex
from embeddings.index.snapshot import Manifest
from embeddings.index.statement_index import StatementIndex
from embeddings.progress import Progress
from embeddings.search_results import Vectors
from knowledge.domain import StatementStatus
from knowledge.index.serving_index import IndexState, last_change, load_snapshot
from knowledge.index.vector_cache import load_kept
from knowledge.models import Statement
from knowledge.storage.batches import MOST_BOUND
from knowledge.storage.database import Sessions

#: Statements searched for, and neighbours compared, to measure recall.
SAMPLE, NEIGHBOURS = 50, 10
#: A row further than this from the cached vector of its text belongs to another text.
SAME_COSINE: Final = 0.99

_SEED: Final = 1


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of comparing the index with the database.

    ``stale`` are held with another text's vector. ``recall`` is the share of the ``NEIGHBOURS``
    nearest statements, by exact search in its vectors, that the index finds for ``SAMPLE`` of them;
    1 if there is nothing to find.
    """

    manifest: Manifest
    state: IndexState
    stale: tuple[int, ...]
    recall: float


def verify(
    sessions: Sessions, root: Path, fingerprint: str, progress: Progress | None = None
) -> Verification:
    """Compare the served snapshot with the database.

    Raises IndexMissing, IndexMismatch or IndexCorrupt if there is none that may be served.
    """
    loaded = load_snapshot(sessions, root, fingerprint)
    if loaded is None:
        raise IndexMissing("there is no index yet; run `tathabbat reindex`")
    index = LiveIndex.from_snapshot(loaded)
    return verify_index(sessions, loaded.manifest, index, fingerprint, progress)


def verify_index(
    sessions: Sessions,
    manifest: Manifest,
    index: StatementIndex,
    fingerprint: str,
    progress: Progress | None = None,
    followed: int | None = None,
) -> Verification:
    """Compare an index with the database; ``followed`` is the last change applied to it."""
    sample = _Sample(SAMPLE)
    state = compare_in_order(sessions, manifest, index.sorted_ids(), followed, sample)
    nearest = _Nearest(index.rows(sample.kept))
    stale: list[int] = []
    extra, done = set(state.extra), 0
    for part in _batches(index.sorted_ids(), MOST_BOUND):
        for ids, rows in _kept(sessions, fingerprint, [each for each in part if each not in extra]):
            mine = index.rows(ids)
            stale += [ids[n] for n in np.flatnonzero((mine * rows).sum(1) < SAME_COSINE)]
            nearest.take(ids, mine)
        done += len(part)
        if progress is not None:
            progress(min(done, state.published), state.published)
    return Verification(manifest, state, tuple(stale), nearest.recall(index))


class _Sample:
    """A uniform sample of a stream of ids (reservoir sampling)."""

    def __init__(self, size: int) -> None:
        self.kept: list[int] = []
        self._size, self._seen, self._random = size, 0, random.Random(_SEED)  # noqa: S311

    def see(self, number: int) -> None:
        """Keep ``number``, or do not."""
        self._seen += 1
        if len(self.kept) < self._size:
            self.kept.append(number)
        elif (place := self._random.randrange(self._seen)) < self._size:
            self.kept[place] = number


def compare_in_order(
    sessions: Sessions,
    manifest: Manifest,
    held: Iterator[int],
    followed: int | None = None,
    sample: _Sample | None = None,
) -> IndexState:
    """Compare the ids of an index, in order, with the database, statement by statement."""
    missing, extra, published = list[int](), list[int](), 0
    with sessions() as session:
        number = last_change(session)
        query = select(Statement.id).where(Statement.status == StatementStatus.PUBLISHED)
        wanted = session.scalars(
            query.order_by(Statement.id).execution_options(yield_per=MOST_BOUND)
        )
        other = next(held, None)
        for one in wanted:
            published += 1
            while other is not None and other < one:
                extra.append(other)
                other = next(held, None)
            if other != one:
                missing.append(one)
                continue
            if sample is not None:
                sample.see(one)
            other = next(held, None)
    while other is not None:
        extra.append(other)
        other = next(held, None)
    return IndexState(manifest, published, number, tuple(missing), tuple(extra), followed)


def _batches(numbers: Iterator[int], size: int) -> Iterator[list[int]]:
    while part := list(islice(numbers, size)):
        yield part


def _kept(
    sessions: Sessions, fingerprint: str, ids: Sequence[int]
) -> Iterator[tuple[list[int], Vectors]]:
    """Yield those statements of a chunk whose vectors are cached, and the vectors."""
    with sessions() as session:
        query = select(Statement.id, Statement.text)
        texts = session.execute(query.where(Statement.id.in_(ids)).order_by(Statement.id)).all()
    known = load_kept(sessions, fingerprint, [row.text for row in texts])
    found = [(row.id, known[row.text]) for row in texts if row.text in known]
    if found:
        yield [number for number, _ in found], np.stack([vector for _, vector in found])


class _Nearest:
    """The nearest of all rows seen to each query, by exact search."""

    def __init__(self, queries: Vectors) -> None:
        self._queries = queries
        self._found: list[list[tuple[float, int]]] = [[] for _ in queries]

    def take(self, ids: Sequence[int], rows: Vectors) -> None:
        for n, cosines in enumerate(self._queries @ rows.T):
            best = np.argsort(-cosines)[:NEIGHBOURS]
            seen = self._found[n] + [(float(cosines[place]), ids[place]) for place in best]
            self._found[n] = sorted(seen, reverse=True)[:NEIGHBOURS]

    def recall(self, index: StatementIndex) -> float:
        wanted = found = 0
        for query, exact in zip(self._queries, self._found, strict=True):
            if not exact:
                continue
            # Copies of one text have one distance: any of them will do.
            least = exact[-1][0] - 1e-4
            hits = index.nearest(query, NEIGHBOURS)
            wanted += len(exact)
            found += sum(hit.score >= least for hit in hits[: len(exact)])
        return found / wanted if wanted else 1.0
