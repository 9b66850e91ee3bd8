"""Compare the served index with the database, vector by vector, and measure its recall."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from knowledge.index.serving_index import IndexState, compare, compare_ids, load_snapshot
from knowledge.index.vector_cache import load_kept
from knowledge.models import Statement
from knowledge.storage.batches import MOST_BOUND, in_batches
from knowledge.storage.database import Sessions

#: Statements looked for, and neighbours compared, to measure recall.
SAMPLE, NEIGHBOURS = 50, 10
#: A row that is further than this from the vector kept for its text belongs to another text.
SAME_COSINE: Final = 0.99

_SEED: Final = 1


@dataclass(frozen=True, slots=True)
class Verification:
    """How the index stands to the database.

    ``stale`` are held with another text's vector. ``recall`` is the share of the ``NEIGHBOURS``
    nearest statements, by exact search in its vectors, that the index finds for ``SAMPLE`` of them;
    1 where there is nothing to find.
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
    state = compare(sessions, loaded)
    index = LiveIndex.of(loaded)
    return _verified(sessions, loaded.manifest, state, index, fingerprint, progress)


def verify_followed(
    sessions: Sessions,
    manifest: Manifest,
    index: StatementIndex,
    fingerprint: str,
    progress: Progress | None = None,
) -> Verification:
    """Compare an index that follows the change log with the database."""
    state = compare_ids(sessions, manifest, index.ids(), index.change_number)
    return _verified(sessions, manifest, state, index, fingerprint, progress)


def _verified(
    sessions: Sessions,
    manifest: Manifest,
    state: IndexState,
    index: StatementIndex,
    fingerprint: str,
    progress: Progress | None,
) -> Verification:
    held = sorted(index.ids() - set(state.extra))
    sample = random.Random(_SEED).sample(held, min(SAMPLE, len(held)))  # noqa: S311 (a sample)
    nearest = _Nearest(index.rows(sample))
    stale: list[int] = []
    for done, (ids, rows) in enumerate(_kept(sessions, fingerprint, held), 1):
        mine = index.rows(ids)
        stale += [ids[n] for n in np.flatnonzero((mine * rows).sum(1) < SAME_COSINE)]
        nearest.take(ids, mine)
        if progress is not None:
            progress(min(done * MOST_BOUND, len(held)), len(held))
    return Verification(manifest, state, tuple(stale), nearest.recall(index))


def _kept(
    sessions: Sessions, fingerprint: str, ids: Sequence[int]
) -> Iterator[tuple[list[int], Vectors]]:
    """Yield the statements whose vectors the database keeps, and those, chunk by chunk."""
    for batch in in_batches(ids):
        with sessions() as session:
            query = select(Statement.id, Statement.text)
            texts = session.execute(
                query.where(Statement.id.in_(batch)).order_by(Statement.id)
            ).all()
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
            # Copies of one text stand at one distance: any of them will do.
            least = exact[-1][0] - 1e-4
            hits = index.nearest(query, NEIGHBOURS)
            wanted += len(exact)
            found += sum(hit.score >= least for hit in hits[: len(exact)])
        return found / wanted if wanted else 1.0
