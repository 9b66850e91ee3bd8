"""Fuse the scores of both indexes into one ranking (pure)."""

import json
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings.search_results import Hit

#: Candidates taken from each list. They hold a right claim for 997 of 1,000 train tweets of
#: CheckThat! 2021 Arabic and for 963 of 1,000 of 2022 English.
DEPTH: Final = 100
#: File of the learned weights; ``benchmarks/training/fusion.py`` writes it and reports its benefit.
WEIGHTS: Final = Path(__file__).with_name("fusion.json")

Row = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates of both lists with both indexes' scores, arrays of (n,).

    ``cosine`` is the encoder's, ``grams`` BM25 over letter n-grams (0 if none is shared).
    """

    ids: NDArray[np.int64]
    cosine: Row
    grams: Row


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight of one standard deviation of each signal."""

    cosine: float
    grams: float


@cache
def load_shipped_weights() -> Weights:
    """Return the shipped weights."""
    return Weights(**json.loads(WEIGHTS.read_text("utf-8"))["weights"])


def signals(candidates: Candidates) -> Row:
    """Return the signals (n, 2) in the order of ``Weights``, z-scored over the candidates.

    Kuzi et al. (2020) fuse lists of unlike scales this way; it makes the weights hold for any
    encoder and any length of claim.
    """
    return np.column_stack([_z(candidates.cosine), _z(candidates.grams)])


def fuse(candidates: Candidates, weights: Weights, k: int) -> list[Hit]:
    """Return the ``k`` best candidates by the weighted sum of their signals, best first.

    Ties go to the lower id so that a ranking is reproducible.
    """
    if not len(candidates.ids):
        return []
    fused = signals(candidates) @ np.array(astuple(weights))
    order = np.lexsort((candidates.ids, -fused))[:k]
    return [
        Hit(
            int(candidates.ids[n]),
            float(fused[n]),
            float(candidates.cosine[n]),
            float(candidates.grams[n]),
        )
        for n in order
    ]


def _z(row: Row) -> Row:
    spread = float(row.std())
    centred: Row = row - row.mean()
    return centred / spread if spread > 1e-9 else np.zeros_like(centred)
