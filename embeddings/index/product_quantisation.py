"""Product quantisation: one bit per dimension, to nominate the few rows worth comparing exactly.

Each four dimensions become one of 16 centroids (Jégou, Douze & Schmid 2011, "Product quantization
for nearest neighbor search"), compared from tables in registers and scanned whole: lists by k-means
would separate neighbours. Quantised under L2, for the rows share a large common component. RaBitQ
has as many bits and factors of each row's own, which take three times as long.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings.index import faiss_file, faiss_threads
from embeddings.search_results import Vectors

#: How many rows the centroids are learned from, roughly.
LEARNED_FROM: Final = 16_384
_FILE: Final = "sketch.faiss"
#: Fewest dimensions that one of the ``_CENTROIDS`` stands for.
_DIMENSIONS: Final = 4
_CENTROIDS: Final = 16


class ProductQuantiser:
    """Sketches by id. Not thread-safe for writing.

    A removed row's sketch stays until the index is rebuilt; it is only skipped.
    """

    def __init__(self, sketches: Any, gone: Iterable[int] = ()) -> None:
        self._sketches, self._gone = sketches, set(gone)

    @classmethod
    def trained(cls, learned: Vectors) -> Self:
        """Return an empty one whose centroids are learned from rows ``learned`` (n, dimension)."""
        # FAISS's type hints leave the factory's result open.
        library: Any = faiss
        dimension = learned.shape[1]
        each = next((n for n in range(_DIMENSIONS, dimension) if dimension % n == 0), dimension)
        kind = f"PQ{dimension // each}x4fs"
        sketches = library.index_factory(dimension, kind, faiss.METRIC_L2)
        # Thousands of small steps, for which threads would only wait for each other.
        faiss_threads.use_one_thread()
        sketches.train(np.resize(_plain(learned), (max(_CENTROIDS, len(learned)), dimension)))
        return cls(library.IndexIDMap(sketches))

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Add rows ``vectors`` (n, dimension) under ``ids`` (n,)."""
        self._sketches.add_with_ids(_plain(vectors), np.asarray(ids, dtype=np.int64))
        self._gone.difference_update(ids)

    def remove(self, ids: Sequence[int]) -> None:
        """Skip ``ids`` from now on."""
        self._gone.update(ids)

    def nominate(self, vector: Vectors, count: int, held: int) -> NDArray[np.int64]:
        """Return about ``count`` ids, sorted, likely the closest to a claim (dimension,).

        ``held`` is how many rows there are: sketches of removed and replaced ones count too.
        """
        total = int(self._sketches.ntotal)
        _, found = self._sketches.search(_plain(vector[None]), min(count + total - held, total))
        known = np.unique(found)
        kept: NDArray[np.int64] = known[known >= 0]
        return kept[~np.isin(kept, list(self._gone))] if self._gone else kept

    def save(self, folder: Path) -> None:
        """Write the sketches into ``folder``. Raises OSError if that fails."""
        faiss_file.write(self._sketches, folder / _FILE)

    @classmethod
    def load(cls, folder: Path, held: frozenset[int]) -> Self | None:
        """Read what ``save`` wrote, None if there is none. ``held`` are the ids that still exist.

        Raises RuntimeError or MemoryError if it cannot be read.
        """
        if not (folder / _FILE).exists():
            return None
        sketches: Any = faiss.read_index(str(folder / _FILE))
        return cls(sketches, set(faiss.vector_to_array(sketches.id_map).tolist()) - held)


def _plain(vectors: Vectors) -> Vectors:
    return np.ascontiguousarray(vectors, dtype=np.float32)
