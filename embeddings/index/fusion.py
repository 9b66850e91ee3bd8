"""Fusion of what each index says of the candidates into one ranking (pure)."""

import json
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings.search_results import Hit

#: Candidates taken from each list. A right claim is among them for 997 of 1,000 train tweets of
#: CheckThat! 2021 Arabic and for 963 of 1,000 of 2022 English.
DEPTH: Final = 100
#: The learned weights; ``benchmarks/training/fusion.py`` writes them and says what they are worth.
WEIGHTS: Final = Path(__file__).with_name("fusion.json")

Row = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates of both lists, and what each index says of all of them, rows of (n,).

    ``cosine`` is the encoder's, ``grams`` BM25 over pieces of words (0 where none is shared).
    """

    ids: NDArray[np.int64]
    cosine: Row
    grams: Row


@dataclass(frozen=True, slots=True)
class Weights:
    """What one standard deviation of each signal counts."""

    cosine: float
    grams: float


@cache
def load_shipped_weights() -> Weights:
    """Return the weights that are shipped."""
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
