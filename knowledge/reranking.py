"""The best candidates read once more together with the claim, and put in a better order.

Search compares a claim and a statement through what was kept of each alone; the cross-encoder
reads both at once. Its relevance is added to the search's own score, by a weight fitted on tweets
it was not trained on (``benchmarks/training/reranking.py``).
"""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from embeddings.pair_reader import Output, PairReader
from knowledge.errors import WeightsUnfit

WEIGHTS: Final = Path(__file__).with_name("reranking.json")
#: Candidates read again: 97 % of the right claims of CheckThat! 2021 Arabic train are among them,
#: and each costs a reading.
RERANKED: Final = 5


class Reranker:
    """Scores candidates anew. Safe to use from several threads if the reader is."""

    def __init__(self, reader: PairReader, weights: Path = WEIGHTS) -> None:
        self._reader, self._weights = reader, weights

    @cached_property
    def weight(self) -> float:
        """What one unit of the relevance logit counts. Raises WeightsUnfit for another reader's."""
        kept = json.loads(self._weights.read_text("utf-8"))
        if kept["fingerprint"] != self._reader.fingerprint:
            raise WeightsUnfit(
                "the reranker's weight was fitted for another cross-encoder; run"
                " `python -m benchmarks.training.reranking --write` and install again"
            )
        return float(kept["weight"])

    def scores(self, claim: str, texts: Sequence[str], found: Sequence[float]) -> list[float]:
        """Return the new scores of ``texts``, in order; ``found`` are the search's own."""
        logits = self._reader.read([(claim, text) for text in texts])
        return [
            score + self.weight * float(row[Output.RELEVANT])
            for score, row in zip(found, logits, strict=True)
        ]
