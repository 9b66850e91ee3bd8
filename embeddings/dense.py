"""Vectors by id: exact search with FAISS over L2-normalised rows, so a score is a cosine."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np

from embeddings.errors import IndexCorrupt
from embeddings.hits import Scored, Vectors


class DenseIndex:
    """An exact inner-product index. Not thread-safe for writing: ``live`` serialises writers."""

    FILE = "dense.faiss"

    def __init__(self, dimension: int) -> None:
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Length of a row."""
        return int(self._index.d)

    def ids(self) -> frozenset[int]:
        """Return every id held."""
        return frozenset(int(i) for i in faiss.vector_to_array(self._index.id_map))

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Add rows ``vectors`` (n, dimension) under ``ids`` (n,), which must be new."""
        if len(ids):
            self._index.add_with_ids(
                np.ascontiguousarray(vectors, dtype=np.float32), np.asarray(ids, dtype=np.int64)
            )

    def remove(self, ids: Sequence[int]) -> None:
        """Remove the rows under ``ids``; ids that are not held are ignored."""
        if len(ids):
            self._index.remove_ids(np.asarray(ids, dtype=np.int64))

    def search(self, vector: Vectors, k: int) -> list[Scored]:
        """Return the ``k`` rows closest to ``vector`` (dimension,), best first."""
        k = min(k, len(self))
        if k <= 0:
            return []
        scores, ids = self._index.search(np.asarray(vector, dtype=np.float32).reshape(1, -1), k)
        return [Scored(int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0]

    def rows(self, ids: Sequence[int]) -> Vectors:
        """Return the rows (n, dimension) under ``ids`` (n,), all of which must be held."""
        rows = np.empty((len(ids), self.dimension), dtype=np.float32)
        for n, number in enumerate(ids):
            self._index.reconstruct(int(number), rows[n])
        return rows

    def save(self, folder: Path) -> None:
        """Write the index into ``folder``."""
        faiss.write_index(self._index, str(folder / self.FILE))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote. Raises IndexCorrupt if it cannot be read."""
        try:
            index = faiss.read_index(str(folder / cls.FILE))
        # A damaged length makes FAISS ask for memory that no machine has.
        except (RuntimeError, MemoryError) as error:
            raise IndexCorrupt(
                f"the vectors in {folder} cannot be read; run `tathabbat reindex`"
            ) from error
        loaded = cls.__new__(cls)
        loaded._index = index
        return loaded
