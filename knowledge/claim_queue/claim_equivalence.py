"""Decide whether two claims mean the same, are opposites, or something else.

Vectors cannot tell: a claim and its opposite have nearly the same one. So the cross-encoder reads
them both ways, since what each supports of the other is the same claim, and the rules look at
numbers, dates and negation.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.cross_encoder.onnx_cross_encoder import CrossEncoder, Pair, relation_probabilities
from embeddings.text.pair_encoding import Output
from knowledge.agreement.judgement import Evidence, Judge
from knowledge.domain import Relation

#: Least mean probability of support, read both ways, for two claims to be the same. Chosen on ANS
#: train (``benchmarks/clustering.py``), where anything from .3 to .5 does as well.
SAME_FROM: Final = 0.4
#: If the first reading supports less than this, the pair is not read the other way: it cannot
#: become the same claim.
WORTH_READING: Final = 0.05
#: Least probability of refutation for two claims to be opposites.
OPPOSITE_FROM: Final = 0.5


class Meaning(StrEnum):
    """How two claims relate."""

    SAME = "same"
    OPPOSITE = "opposite"
    OTHER = "other"


class Comparing(Protocol):
    """Compares pairs of claims."""

    def compare(self, pairs: Sequence[Pair]) -> list[Meaning]:
        """Return how the two claims of each pair relate."""


class ClaimEquivalence:
    """Implements ``Comparing`` over the cross-encoder and the rules."""

    def __init__(self, reader: CrossEncoder, rules: Judge, same_from: float = SAME_FROM) -> None:
        self._reader, self._rules, self._same_from = reader, rules, same_from

    def compare(self, pairs: Sequence[Pair]) -> list[Meaning]:
        """Return how the two claims of each pair relate."""
        if not pairs:
            return []
        read = relation_probabilities(self._reader.read(pairs))
        worth = np.flatnonzero(read[:, Output.SUPPORTS] >= WORTH_READING).tolist()
        back = [Pair(pairs[n].statement, pairs[n].claim) for n in worth]
        if back:
            read[worth] = (read[worth] + relation_probabilities(self._reader.read(back))) / 2
        return [self._meaning(pair, row) for pair, row in zip(pairs, read, strict=True)]

    def _meaning(self, pair: Pair, row: NDArray[np.float32]) -> Meaning:
        if row[Output.REFUTES] >= OPPOSITE_FROM:
            return Meaning.OPPOSITE
        if row[Output.SUPPORTS] < self._same_from:
            return Meaning.OTHER
        one, other = pair.claim, pair.statement
        ruled = (
            *self._rules.judge(one, [Evidence(other)]),
            *self._rules.judge(other, [Evidence(one)]),
        )
        refuted = any(each.relation is Relation.REFUTES for each in ruled)
        return Meaning.OPPOSITE if refuted else Meaning.SAME
