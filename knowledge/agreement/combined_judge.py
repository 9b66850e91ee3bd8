"""The combined judge: cross-encoder and rules, combined by a calibrated logistic regression.

The rules say what numbers, dates and negation mean for a pair; the signals say which numbers and
dates exclude each other whatever else is said. A multinomial logistic regression over all of it
gives the probability of each relation. Its weights are fitted on labelled pairs that the
cross-encoder was not trained on (``benchmarks/training/combination.py``), so the probabilities are
calibrated there; they belong to one cross-encoder, whose fingerprint they carry. If a rule settles
a pair its verdict stands, unless the cross-encoder is sure of another; a claim that denies a denial
gets no verdict.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings.cross_encoder.onnx_cross_encoder import CrossEncoder, Pair
from embeddings.text.pair_encoding import Output
from embeddings.text.tokenisation import words
from knowledge.agreement.judgement import Evidence, Judge, Judgement, Reason, ReasonKind
from knowledge.agreement.negation import denies_unreadably
from knowledge.agreement.number_conflicts import VERSION, signals
from knowledge.agreement.sentence_features import read
from knowledge.agreement.text_differences import find_difference
from knowledge.domain import Relation
from knowledge.errors import WeightsUnfit

WEIGHTS: Final = Path(__file__).with_name("combination.json")

#: Order of the rows of weights and of the probabilities.
RELATIONS: Final = (Relation.SUPPORTS, Relation.REFUTES, Relation.NOT_ENOUGH_INFO)
#: The features of the model, in order.
FEATURES: Final = (
    "supports over open",
    "refutes over open",
    "rules support",
    "rules refute by number",
    "rules refute by date",
    "rules refute by negation",
    "number excluded",
    "date excluded",
    "same text",
)
#: From this probability of another relation on, the rules' verdict does not stand.
SURE: Final = 0.9


@dataclass(frozen=True, slots=True)
class Combination:
    """Weights (relations, features) and constants (relations) of the logistic regression."""

    fingerprint: str
    weights: tuple[tuple[float, ...], ...]
    constants: tuple[float, ...]

    def probabilities(self, features: Sequence[float]) -> tuple[float, float, float]:
        """Return the probability of each of ``RELATIONS``."""
        scores = [
            constant + sum(w * x for w, x in zip(row, features, strict=True))
            for row, constant in zip(self.weights, self.constants, strict=True)
        ]
        highest = max(scores)
        exps = [math.exp(score - highest) for score in scores]
        supports, refutes, unknown = (value / sum(exps) for value in exps)
        return supports, refutes, unknown


def load_combination(path: Path, fingerprint: str) -> Combination:
    """Return the weights in ``path`` for the cross-encoder with ``fingerprint``.

    Raises WeightsUnfit if they were fitted for another one, or other features.
    """
    kept = json.loads(path.read_text("utf-8"))
    if kept["fingerprint"] != fingerprint or tuple(kept["features"]) != FEATURES:
        raise WeightsUnfit(
            "the judge's weights were fitted for another cross-encoder; run"
            " `python -m benchmarks.training.combination --write` and install again"
        )
    return Combination(
        fingerprint,
        tuple(tuple(row) for row in kept["weights"]),
        tuple(kept["constants"]),
    )


class CombinedJudge:
    """Implements ``judgement.Judge`` over a cross-encoder and the rules."""

    def __init__(self, rules: Judge, reader: CrossEncoder, weights: Path = WEIGHTS) -> None:
        self._rules, self._reader, self._weights = rules, reader, weights

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over the reader, the rules and the weights."""
        known = f"{self._reader.fingerprint} {self._rules.fingerprint} {VERSION} {SURE}".encode()
        return hashlib.sha256(known + self._weights.read_bytes()).hexdigest()

    @cached_property
    def _combination(self) -> Combination:
        return load_combination(self._weights, self._reader.fingerprint)

    def judge(self, claim: str, evidence: Sequence[Evidence]) -> tuple[Judgement, ...]:
        """Return the relation of each statement of ``evidence`` to ``claim``, in order."""
        by_rules = self._rules.judge(claim, evidence)
        rows = self._reader.read([Pair(claim, each.text, each.context) for each in evidence])
        return tuple(
            self._judged(claim, each, ruled, logits)
            for each, ruled, logits in zip(evidence, by_rules, rows, strict=True)
        )

    def _judged(
        self, claim: str, evidence: Evidence, ruled: Judgement, logits: NDArray[np.float32]
    ) -> Judgement:
        readable = words(claim) and words(evidence.text)
        if not readable or denies_unreadably(read(claim).operators):
            return Judgement(Relation.NOT_ENOUGH_INFO, 1.0)
        found = self._combination.probabilities(features(claim, evidence, ruled, logits))
        likely = dict(zip(RELATIONS, found, strict=True))
        relation = max(likely, key=lambda each: likely[each])
        if _settles(ruled) and (relation is ruled.relation or likely[relation] < SURE):
            # Rules rarely speak and are nearly always right; their confidence says how often.
            sure = max(ruled.confidence, likely[ruled.relation])
            return Judgement(ruled.relation, sure, ruled.reasons)
        reasons: tuple[Reason, ...] = ()
        if relation is Relation.REFUTES:
            words_of = find_difference(claim, evidence.text)
            reasons = (Reason(ReasonKind.WORDS_DIFFER, words_of.claim, words_of.statement),)
        return Judgement(relation, likely[relation], reasons)


def _settles(judgement: Judgement) -> bool:
    return judgement.relation is not Relation.NOT_ENOUGH_INFO


def features(
    claim: str, evidence: Evidence, ruled: Judgement, logits: NDArray[np.float32]
) -> tuple[float, ...]:
    """Return the values of ``FEATURES`` for a claim and a statement."""
    kinds = {reason.kind for reason in ruled.reasons}
    refuted = ruled.relation is Relation.REFUTES
    exact = signals(claim, evidence.text)
    return (
        float(logits[Output.SUPPORTS] - logits[Output.NOT_ENOUGH_INFO]),
        float(logits[Output.REFUTES] - logits[Output.NOT_ENOUGH_INFO]),
        float(ruled.relation is Relation.SUPPORTS),
        float(refuted and ReasonKind.NUMBER_DIFFERS in kinds),
        float(refuted and ReasonKind.DATE_DIFFERS in kinds),
        float(refuted and ReasonKind.NEGATION_DIFFERS in kinds),
        float(exact.number),
        float(exact.date),
        float(ReasonKind.SAME_TEXT in kinds),
    )
