"""Estimate the probability that a statement is about a claim (pure).

Search knows two things of a result: how far its cosine is above that of unrelated text, and which
of the claim's terms it contains. Reading both texts together tells more (``reranking``) but costs
time, so most results are estimated from these two alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from embeddings.text.tokenisation import terms

#: Logistic regression of "this statement is about the claim" on the values of ``Found`` and 1.
#: ``benchmarks/training/reranking.py`` prints it for the bundled encoder; deviations carry over to
#: other encoders.
WEIGHTS: Final = (1.227, 5.048, -8.370)


@dataclass(frozen=True, slots=True)
class Found:
    """A search result: ``score`` sorts, the other two estimate relevance.

    ``deviation`` is ``embeddings.index.score_normalisation.make_normaliser`` of its cosine,
    ``coverage`` the share of the claim's terms that it or its title has. ``context`` is what the
    ``text`` is read with.
    """

    text: str
    score: float
    deviation: float
    coverage: float
    context: str = ""

    @property
    def relevance(self) -> float:
        """The probability (0..1) that the statement is about the claim, before reading it."""
        return logistic(WEIGHTS, (self.deviation, self.coverage, 1.0))


def coverage(claim: str, text: str) -> float:
    """Return the share of the claim's terms that ``text`` has (0 if the claim has none)."""
    wanted = _wanted(claim)
    return len(wanted & set(terms(text))) / len(wanted) if wanted else 0.0


# Cached: every result of a claim is compared with it.
@lru_cache(maxsize=64)
def _wanted(claim: str) -> frozenset[str]:
    return frozenset(terms(claim))


def logistic(weights: Sequence[float], values: Sequence[float]) -> float:
    """Return the logistic function of the weighted sum of ``values``."""
    z = sum(w * x for w, x in zip(weights, values, strict=True))
    return 1.0 / (1.0 + math.exp(-max(-500.0, min(z, 500.0))))
