"""Vector index: search with FAISS over L2-normalised rows, so that a score is a cosine.

Rows are stored in half precision and compared under L2: the vectors share a large common component,
which costs recall if anything is quantised under the inner product (99,000 sentences, the same
lists: .923 under L2, .737 under the inner product). Up to ``EXACT_UP_TO`` every row is compared;
above that, those that their sketches nominate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings.errors import IndexCorrupt
from embeddings.index import faiss_file, faiss_threads
from embeddings.index.product_quantisation import LEARNED_FROM, ProductQuantiser
from embeddings.search_results import Scored, Vectors

#: Most rows that are all compared: the point where that costs as much as sketches and the rows they
#: nominate (``benchmarks/search.py``).
EXACT_UP_TO: Final = 30_000
#: Rows nominated per result, and the fewest.
NOMINATED: Final = 12
FEWEST_NOMINATED: Final = 600
#: Rows added at once to a new index.
_STEP: Final = 16_384
#: Length that queries are scaled to: half precision makes rows slightly longer or shorter than 1,
#: which would matter beside a short query.
_QUERY_LENGTH: Final = 16.0


class Rows(Protocol):
    """Vectors (n, dimension), which may be made as they are read."""

    @property
    def shape(self) -> tuple[int, ...]:
        """How many there are, and their length."""

    def __getitem__(self, part: slice, /) -> Vectors:
        """Return some of them."""


class DenseIndex:
    """Nearest rows by inner product. Not thread-safe for writing: ``live`` serialises writers."""

    FILE = "dense.faiss"

    def __init__(self, dimension: int) -> None:
        self._rows: Any = faiss.IndexIDMap2(
            faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_L2)
        )
        self._sketch: ProductQuantiser | None = None
        self._held: _Held | None = None

    @classmethod
    def from_vectors(
        cls,
        ids: Sequence[int],
        vectors: Rows,
        exact_up_to: int = EXACT_UP_TO,
    ) -> Self:
        """Return an index of rows ``vectors`` (n, dimension) under ``ids`` (n,).

        Above ``exact_up_to`` rows they are sketched, and so are rows added later.
        """
        index = cls(vectors.shape[1])
        if len(ids) > exact_up_to:
            # From everywhere: older statements may be of other subjects and languages.
            learned = vectors[:: max(1, len(ids) // LEARNED_FROM)]
            index._sketch = ProductQuantiser.trained(learned)
        faiss_threads.use_all_threads()
        for start in range(0, len(ids), _STEP):
            part = slice(start, start + _STEP)
            index.add(ids[part], vectors[part])
        return index

    def __len__(self) -> int:
        return int(self._rows.ntotal)

    @property
    def dimension(self) -> int:
        """Length of a row."""
        return int(self._rows.d)

    @property
    def sketched(self) -> bool:
        """Whether sketches nominate rows; otherwise every row is compared."""
        return self._sketch is not None

    def ids(self) -> frozenset[int]:
        """Return every id held."""
        return frozenset(faiss.vector_to_array(self._rows.id_map).tolist())

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Add rows ``vectors`` (n, dimension) under ``ids`` (n,), which must be new."""
        if len(ids):
            self._held = None
            self._rows.add_with_ids(
                np.ascontiguousarray(vectors, dtype=np.float32), np.asarray(ids, dtype=np.int64)
            )
            if self._sketch is not None:
                self._sketch.add(ids, vectors)

    def remove(self, ids: Sequence[int]) -> None:
        """Remove the rows under ``ids``; ids that are not held are ignored."""
        if len(ids):
            self._held = None
            self._rows.remove_ids(np.asarray(ids, dtype=np.int64))
            if self._sketch is not None:
                self._sketch.remove(ids)

    def search(self, vector: Vectors, k: int) -> list[Scored]:
        """Return the ``k`` rows closest to a claim's ``vector`` (dimension,), best first."""
        k = min(k, len(self))
        if k <= 0:
            return []
        faiss_threads.use_one_thread()
        query = np.asarray(vector, dtype=np.float32)
        if self._sketch is None:
            return self._compared(query, k)
        ids = self._sketch.nominate(query, max(FEWEST_NOMINATED, NOMINATED * k), len(self))
        # A matrix product of so many rows would be divided among threads.
        scores = np.einsum("ij,j->i", self.rows(ids), query)
        best = np.argsort(-scores, kind="stable")[:k]
        return [Scored(int(ids[n]), float(scores[n])) for n in best]

    def _compared(self, query: Vectors, k: int) -> list[Scored]:
        scale = _QUERY_LENGTH / max(float(np.linalg.norm(query)), 1e-12)
        squares, ids = self._rows.search((query * np.float32(scale))[None], k)
        # Rows have length 1: |q - x|² = |q|² + 1 - 2 q·x.
        scores = (_QUERY_LENGTH**2 + 1.0 - squares[0]) / 2 / scale
        return [Scored(int(i), float(s)) for i, s in zip(ids[0], scores, strict=True) if i >= 0]

    def rows(self, ids: Sequence[int] | NDArray[np.int64]) -> Vectors:
        """Return the rows (n, dimension) under ``ids`` (n,), all of which must be held."""
        if not len(ids):
            return np.empty((0, self.dimension), dtype=np.float32)
        held = self._held
        if held is None:
            held = self._held = _Held.from_index(self._rows)
        return held.rows(np.asarray(ids, dtype=np.int64))

    def save(self, folder: Path) -> None:
        """Write the index into ``folder``. Raises OSError if that fails."""
        faiss_file.write(self._rows, folder / self.FILE)
        if self._sketch is not None:
            self._sketch.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote. Raises IndexCorrupt if it cannot be read."""
        loaded = cls.__new__(cls)
        loaded._held = None
        try:
            loaded._rows = faiss.read_index(str(folder / cls.FILE))
            loaded._sketch = ProductQuantiser.load(folder, loaded.ids())
        # A damaged length makes FAISS allocate more memory than any machine has.
        except (RuntimeError, MemoryError) as error:
            raise IndexCorrupt(
                f"the vectors in {folder} cannot be read; run `tathabbat reindex`"
            ) from error
        return loaded


@dataclass(frozen=True, slots=True)
class _Held:
    """The rows of a FAISS index in its memory, valid until it changes.

    FAISS's own access to single rows looks each up in a table and takes four times as long.
    """

    ids: NDArray[np.int64]
    order: NDArray[np.int64] | None
    codes: NDArray[np.float16]

    @classmethod
    def from_index(cls, index: Any) -> Self:
        ids = faiss.vector_to_array(index.id_map)
        # Sorted, except where an edit replaced a statement.
        order = None if (ids[1:] > ids[:-1]).all() else np.argsort(ids)
        # What comes with FAISS about its types leaves this out.
        library: Any = faiss
        plain = library.downcast_index(index.index)
        raw = library.rev_swig_ptr(plain.codes.data(), plain.codes.size())
        codes = raw.view(np.float16).reshape(len(ids), index.d)
        return cls(ids if order is None else ids[order], order, codes)

    def rows(self, ids: NDArray[np.int64]) -> Vectors:
        places = np.searchsorted(self.ids, ids)
        rows: Vectors = self.codes[places if self.order is None else self.order[places]].astype(
            np.float32
        )
        return rows
