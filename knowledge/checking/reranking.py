"""Rerank the best candidates by reading each together with the claim.

Search compares embeddings of a claim and a statement; the cross-encoder reads both texts at once.
Its score is combined with the search score, and its relevance with that of search, by weights
fitted on claims it was not trained on (``benchmarks/training/reranking.py``).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from embeddings.cross_encoder.onnx_cross_encoder import CrossEncoder, Pair
from embeddings.text.pair_encoding import Output
from knowledge.checking.relevance import Found, logistic
from knowledge.errors import WeightsUnfit

WEIGHTS: Final = Path(__file__).with_name("reranking.json")
#: The most candidates read. ``benchmarks/training/reranking.py`` prints what fewer and more would
#: bring.
RERANKED: Final = 5


_KEYS: Final = frozenset({"order", "relevance"})


@dataclass(frozen=True, slots=True)
class Reread:
    """A candidate after reading: its new score, and the probability that it is about the claim."""

    score: float
    relevance: float


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight of the relevance logit in the order, and the regression of relevance.

    ``relevance`` weighs deviation, the relevance logit and 1: shared words add little once both
    texts are read, and nothing across languages.
    """

    order: float
    relevance: tuple[float, ...]


class Reranker:
    """Reranks candidates. Thread-safe if the reader is."""

    def __init__(self, reader: CrossEncoder, weights: Path = WEIGHTS) -> None:
        self._reader, self._path = reader, weights

    @cached_property
    def _weights(self) -> Weights:
        """Raises WeightsUnfit for another reader's."""
        kept = json.loads(self._path.read_text("utf-8"))
        if kept["fingerprint"] != self._reader.fingerprint or not kept.keys() >= _KEYS:
            raise WeightsUnfit(
                "the reranker's weights were fitted for another cross-encoder; run"
                " `python -m benchmarks.training.reranking --write` and install again"
            )
        return Weights(float(kept["order"]), tuple(map(float, kept["relevance"])))

    def read(self, claim: str, found: Sequence[Found]) -> list[Reread]:
        """Return the reading of each of ``found`` with ``claim``, in the same order."""
        logits = self._reader.read([Pair(claim, each.text, each.context) for each in found])
        return [
            _reread(self._weights, each, float(row[Output.RELEVANT]))
            for each, row in zip(found, logits, strict=True)
        ]


def _reread(weights: Weights, found: Found, logit: float) -> Reread:
    values = (found.deviation, logit, 1.0)
    return Reread(found.score + weights.order * logit, logistic(weights.relevance, values))
