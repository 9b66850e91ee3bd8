"""Vectors by id: search with FAISS over L2-normalised rows, so a score is a cosine.

Rows are kept in half precision and compared under L2: the vectors share a large common component,
which costs whatever is quantised under the inner product its recall (99,000 sentences, the same
lists: .923 under L2, .737 under the inner product). Up to ``EXACT_UP_TO`` every row is compared;
past that, rows lie in lists by k-means and the nearest lists are looked through.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

import faiss
import numpy as np

from embeddings.errors import IndexCorrupt
from embeddings.hits import Scored, Vectors

#: Rows up to which all are compared. Chosen from the time that exact search takes at 100,000, not
#: yet measured here (``benchmarks/search.py``).
EXACT_UP_TO: Final = 150_000
#: Lists for each root of the number of rows, and the share of them that is looked through: not yet
#: tuned at the size they are for (``benchmarks/search.py``).
LISTS_PER_ROOT: Final = 4
PROBED: Final = 1 / 32
#: Rows that k-means learns from, for each list.
_LEARNED_FROM: Final = 40
_ROUNDS: Final = 8
_FEWEST_PROBED: Final = 8
#: Length that queries are scaled to. Half precision leaves rows a little longer or shorter than 1;
#: beside a short query that would decide.
_QUERY_LENGTH: Final = 16.0


class DenseIndex:
    """Nearest rows by inner product. Not thread-safe for writing: ``live`` serialises writers."""

    FILE = "dense.faiss"

    def __init__(self, dimension: int) -> None:
        self._index: Any = faiss.IndexIDMap2(
            faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_L2)
        )

    @classmethod
    def built(cls, ids: Sequence[int], vectors: Vectors, exact_up_to: int = EXACT_UP_TO) -> Self:
        """Return an index of rows ``vectors`` (n, dimension) under ``ids`` (n,), by their number.

        Rows added later go into the same lists.
        """
        index = cls(vectors.shape[1])
        if len(ids) > exact_up_to:
            index._index = _lists(vectors)
        index.add(ids, vectors)
        return index

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Length of a row."""
        return int(self._index.d)

    @property
    def size(self) -> int:
        """Bytes that it takes in memory: what it is written as."""
        return int(faiss.serialize_index(self._index).nbytes)

    def ids(self) -> frozenset[int]:
        """Return every id held."""
        if isinstance(self._index, faiss.IndexIDMap2):
            return frozenset(faiss.vector_to_array(self._index.id_map).tolist())
        lists = self._index.invlists
        held: set[int] = set()
        for n in range(self._index.nlist):
            held.update(faiss.rev_swig_ptr(lists.get_ids(n), lists.list_size(n)).tolist())
        return frozenset(held)

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
        query = np.asarray(vector, dtype=np.float32).reshape(1, -1)
        scale = _QUERY_LENGTH / max(float(np.linalg.norm(query)), 1e-12)
        squares, ids = self._index.search(query * np.float32(scale), k)
        # Rows are of length 1: |q - x|² = |q|² + 1 - 2 q·x.
        scores = (_QUERY_LENGTH**2 + 1.0 - squares[0]) / 2 / scale
        return [Scored(int(i), float(s)) for i, s in zip(ids[0], scores, strict=True) if i >= 0]

    def rows(self, ids: Sequence[int]) -> Vectors:
        """Return the rows (n, dimension) under ``ids`` (n,), all of which must be held."""
        rows = np.empty((len(ids), self.dimension), dtype=np.float32)
        for n, number in enumerate(ids):
            self._index.reconstruct(int(number), rows[n])
        return rows

    def save(self, folder: Path) -> None:
        """Write the index into ``folder``. Raises OSError if the disk does not take it."""
        # FAISS only prints what closing its own file says, and that may be that the disk is full.
        with (folder / self.FILE).open("wb") as file:
            faiss.write_index(self._index, faiss.PyCallbackIOWriter(file.write))

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


def _lists(vectors: Vectors) -> Any:
    """Return an empty index whose lists were learned from ``vectors`` (n, dimension)."""
    dimension = vectors.shape[1]
    count = min(max(1, round(LISTS_PER_ROOT * math.sqrt(len(vectors)))), len(vectors))
    # What comes with FAISS about its types leaves these out.
    library: Any = faiss
    index: Any = library.index_factory(dimension, f"IVF{count},SQfp16", faiss.METRIC_L2)
    index.by_residual = False
    index.cp.niter, index.cp.max_points_per_centroid = _ROUNDS, _LEARNED_FROM
    index.train(np.ascontiguousarray(vectors, dtype=np.float32))
    index.nprobe = min(count, max(_FEWEST_PROBED, round(count * PROBED)))
    # Rows are asked for and removed by id.
    index.set_direct_map_type(library.DirectMap.Hashtable)
    return index
