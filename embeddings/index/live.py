"""The live index: a snapshot and later changes, in memory."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from embeddings.index import snapshot
from embeddings.index.dense import DenseIndex
from embeddings.index.fusion import DEPTH, Candidates, fuse, load_shipped_weights
from embeddings.index.indexed_texts import IndexedTexts
from embeddings.index.lexical import LexicalIndex
from embeddings.index.read_write_lock import ReadWriteLock
from embeddings.index.snapshot import Manifest, Snapshot
from embeddings.index.statement_index import NUMBERS, Entry
from embeddings.search_results import Hit, Scored, Vectors


class LiveIndex:
    """Both indexes as one; thread-safe for searches while changes are applied.

    ``change_number`` is the last change of the database applied.
    """

    def __init__(
        self,
        dense: DenseIndex,
        lexical: LexicalIndex,
        change_number: int = 0,
    ) -> None:
        self._dense, self._lexical = dense, lexical
        self._change_number = change_number
        self._turns = ReadWriteLock()
        self._number = next(NUMBERS)

    @classmethod
    def empty(cls, dimension: int) -> "LiveIndex":
        """Return an empty index for vectors of ``dimension``."""
        return cls(DenseIndex(dimension), LexicalIndex())

    @classmethod
    def from_entries(
        cls, entries: Sequence[Entry], vectors: Vectors, change_number: int
    ) -> "LiveIndex":
        """Return an index of ``entries`` with their ``vectors`` (n, dimension)."""
        ids = [entry.id for entry in entries]
        lexical = LexicalIndex.from_texts(ids, (entry.terms_text for entry in entries))
        return cls(DenseIndex.from_vectors(ids, vectors), lexical, change_number)

    @classmethod
    def from_snapshot(cls, loaded: Snapshot) -> "LiveIndex":
        """Return an index that serves ``loaded``."""
        return cls(loaded.dense, loaded.lexical, loaded.manifest.change_number)

    def __len__(self) -> int:
        return len(self._dense)

    @property
    def change_number(self) -> int:
        """The last change applied to the index."""
        return self._change_number

    @property
    def state(self) -> tuple[int, int]:
        """Identifies what the index holds in this process: its number and its change number."""
        return self._number, self._change_number

    def ids(self) -> frozenset[int]:
        """Return every id held."""
        with self._turns.reading():
            return self._dense.ids()

    def sorted_ids(self) -> Iterator[int]:
        """Yield every id held, in order."""
        yield from sorted(self.ids())

    def rows(self, ids: Sequence[int]) -> Vectors:
        """Return the vectors (n, dimension) under ``ids`` (n,), all of which must be held."""
        with self._turns.reading():
            return self._dense.rows(ids)

    def nearest(self, vector: Vectors, k: int) -> list[Scored]:
        """Return the ``k`` rows closest to ``vector`` (dimension,) by cosine, best first."""
        with self._turns.reading():
            return self._dense.search(vector, k)

    def apply(
        self,
        added: Sequence[Entry],
        vectors: Vectors,
        removed: Sequence[int],
        change_number: int,
    ) -> None:
        """Apply changes: ``removed``, then ``added`` with their ``vectors`` (n, dimension).

        An id that is already held is replaced, so applying a change twice does no harm.
        """
        with self._turns.writing():
            gone = [*removed, *(entry.id for entry in added)]
            ids = [entry.id for entry in added]
            # The lexical index first: its disk may fail, and then nothing has changed.
            self._lexical.remove(gone)
            self._lexical.add(ids, [entry.terms_text for entry in added])
            self._dense.remove(gone)
            self._dense.add(ids, vectors)
            self._change_number = change_number

    def search(self, vector: Vectors, text: str, k: int) -> list[Hit]:
        """Return the ``k`` statements closest to a claim, best first.

        ``vector`` is the claim's (dimension,), ``text`` the claim itself.
        """
        return fuse(self.candidates(vector, text, max(DEPTH, k)), load_shipped_weights(), k)

    def candidates(self, vector: Vectors, text: str, depth: int = DEPTH) -> Candidates:
        """Return the ``depth`` best of each list, all with both indexes' scores."""
        with self._turns.reading():
            near = {hit.id for hit in self._dense.search(vector, depth)}
            grams = {hit.id: hit.score for hit in self._lexical.search(text, depth)}
            others = sorted(near - grams.keys())
            grams |= {hit.id: hit.score for hit in self._lexical.score(text, others)}
            ids = sorted(near | grams.keys())
            rows = self._dense.rows(ids)
        return Candidates(
            np.array(ids, dtype=np.int64),
            (rows @ vector).astype(np.float64),
            np.array([grams.get(number, 0.0) for number in ids]),
        )

    def close(self) -> None:
        """End all threads, so that the process may fork; ``reopen`` comes before any other use."""
        with self._turns.writing():
            self._lexical.close()

    def reopen(self) -> None:
        """Make it this process's own, after a fork or ``close``. Raises IndexUnavailable."""
        with self._turns.writing():
            self._lexical.reopen()

    def save(
        self, root: Path, fingerprint: str, origin: str, texts: IndexedTexts | None = None
    ) -> Manifest:
        """Write what is served as a new snapshot below ``root`` and promote it.

        ``fingerprint`` is the encoder's, ``origin`` identifies the database it was derived from,
        ``texts`` are those that the lexical index holds, if known.
        """
        with self._turns.reading():
            return snapshot.write(
                root, self._dense, self._lexical, fingerprint, origin, self._change_number, texts
            )
