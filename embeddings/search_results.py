"""Values that searches return."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scored:
    """An id with one index's score, higher is closer."""

    id: int
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A result of the hybrid search.

    ``cosine`` is the encoder's (-1..1), ``lexical`` the BM25 score (0 if no term is shared),
    ``score`` the fused one that the list is sorted by.
    """

    id: int
    score: float
    cosine: float
    lexical: float
