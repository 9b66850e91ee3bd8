"""The judge that is used: the cross-encoder's reading and the rules, weighed by a calibrated model.

The rules say what numbers, dates and negation make of a pair. A multinomial logistic regression
over both gives the probability of each relation. Its weights are fitted on labelled pairs that the
cross-encoder was not trained on (``benchmarks/training/combination.py``), so the probabilities are
calibrated there; they belong to one cross-encoder, whose fingerprint they carry.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.pair_reader import Output, Pair, PairReader
from embeddings.words import words
from knowledge.agreement.differences import difference, overlap
from knowledge.agreement.judgement import Evidence, Judge, Judgement, Reason, ReasonKind
from knowledge.domain import Relation
from knowledge.errors import WeightsUnfit

WEIGHTS: Final = Path(__file__).with_name("combination.json")

#: Order of the rows of weights and of the probabilities.
RELATIONS: Final = (Relation.SUPPORTS, Relation.REFUTES, Relation.NOT_ENOUGH_INFO)
#: What the model weighs, in order.
FEATURES: Final = (
    "supports over open",
    "refutes over open",
    "relevance",
    "same claim",
    "rules support",
    "rules refute by number",
    "rules refute by date",
    "rules refute by negation",
    "rules object to support",
    "rules object to refutation",
    "share of the claim's words",
    "share of the statement's words",
    "claim's number missing",
    "statement's number missing",
    "same text",
)
_OBJECTS: Final = {
    Relation.SUPPORTS: FEATURES.index("rules object to support"),
    Relation.REFUTES: FEATURES.index("rules object to refutation"),
}

#: From this probability of the opposite on, what the rules settle does not stand.
VETO: Final = 0.9
#: Up to so many words a claim is often a mere title, which the cross-encoder takes for supported by
#: whatever is on its subject: it is asserted where the statement has all its words.
SHORT: Final = 5
_SHARED: Final = FEATURES.index("share of the claim's words")
#: Below this probability a support that the rules object to is not even suggested.
UNSURE: Final = 0.6
_OBJECTED: Final = _OBJECTS[Relation.SUPPORTS]
_OTHERS: Final = (Relation.REFUTES, Relation.NOT_ENOUGH_INFO)
#: What only differs in words is asserted as refuted from this probability on: another event of the
#: same subject differs in words too (``benchmarks/unrelated_claims.py``).
REFUTED_BY_WORDS: Final = 0.975


class Rules(Judge, Protocol):
    """A judge that can also speak against what another reads."""

    def objects(self, relation: Relation, claim: str, evidence: Evidence) -> bool:
        """Tell whether something speaks against ``relation``."""


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
    """Return the weights in ``path`` for the reader of ``fingerprint``.

    Raises WeightsUnfit if they were fitted for another reader, or other features.
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
    """Implements ``judgement.Judge`` over a reader and another judge, the rules."""

    def __init__(self, rules: Rules, reader: PairReader, weights: Path = WEIGHTS) -> None:
        self._rules, self._reader, self._weights = rules, reader, weights

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over the reader, the rules and the weights."""
        parts = (
            self._reader.fingerprint,
            self._rules.fingerprint,
            str(VETO),
            str(UNSURE),
            str(SHORT),
            str(REFUTED_BY_WORDS),
        )
        known = " ".join(parts).encode()
        return hashlib.sha256(known + self._weights.read_bytes()).hexdigest()

    @cached_property
    def _combination(self) -> Combination:
        return load_combination(self._weights, self._reader.fingerprint)

    def judge(self, claim: str, evidence: Sequence[Evidence]) -> tuple[Judgement, ...]:
        """Return the relation of each statement of ``evidence`` to ``claim``, in order."""
        by_rules = self._rules.judge(claim, evidence)
        rows = features(claim, evidence, by_rules, self._rules, self._reader)
        return tuple(
            self._judged(claim, each, ruled, row)
            for each, ruled, row in zip(evidence, by_rules, rows, strict=True)
        )

    def _judged(
        self, claim: str, evidence: Evidence, ruled: Judgement, row: Sequence[float]
    ) -> Judgement:
        if not (words(claim) and words(evidence.text)):
            return Judgement(Relation.NOT_ENOUGH_INFO, 1.0)
        probabilities = dict(zip(RELATIONS, self._combination.probabilities(row), strict=True))
        relation = max(probabilities, key=lambda each: probabilities[each])
        if relation is Relation.SUPPORTS and probabilities[relation] < UNSURE and row[_OBJECTED]:
            relation = max(_OTHERS, key=lambda each: probabilities[each])
        confidence = probabilities[relation]
        settled = ruled.relation is not Relation.NOT_ENOUGH_INFO
        if settled and (relation is Relation.NOT_ENOUGH_INFO or confidence < VETO):
            # Rules rarely speak and are nearly always right; their confidence says how often.
            relation = ruled.relation
            confidence = max(ruled.confidence, probabilities[relation])
        if relation is Relation.NOT_ENOUGH_INFO:
            return Judgement(relation, confidence)
        is_short = relation is Relation.SUPPORTS and len(words(claim)) <= SHORT
        doubted = bool(row[_OBJECTS[relation]]) or (is_short and row[_SHARED] < 1.0)
        doubted = doubted and ruled.relation is not relation
        reasons = ruled.reasons if ruled.relation is relation else ()
        if relation is Relation.REFUTES and not reasons:
            found = difference(claim, evidence.text)
            reasons = (Reason(ReasonKind.WORDS_DIFFER, found.claim, found.statement),)
            doubted = doubted or confidence < REFUTED_BY_WORDS
        return Judgement(relation, confidence, reasons, doubted)


def features(
    claim: str,
    evidence: Sequence[Evidence],
    by_rules: Sequence[Judgement],
    rules: Rules,
    reader: PairReader,
) -> list[tuple[float, ...]]:
    """Return the values of ``FEATURES`` for each statement of ``evidence``."""
    read = reader.read([Pair(claim, each.text, each.context) for each in evidence])
    return [
        _row(claim, each, logits, ruled, rules)
        for each, logits, ruled in zip(evidence, read, by_rules, strict=True)
    ]


def _row(
    claim: str, evidence: Evidence, logits: NDArray[np.float32], ruled: Judgement, rules: Rules
) -> tuple[float, ...]:
    kinds = {reason.kind for reason in ruled.reasons}
    refuted = ruled.relation is Relation.REFUTES
    shared = overlap(claim, evidence.text)
    return (
        float(logits[Output.SUPPORTS] - logits[Output.NOT_ENOUGH_INFO]),
        float(logits[Output.REFUTES] - logits[Output.NOT_ENOUGH_INFO]),
        float(logits[Output.RELEVANT]),
        float(logits[Output.SAME_CLAIM]),
        float(ruled.relation is Relation.SUPPORTS),
        float(refuted and ReasonKind.NUMBER_DIFFERS in kinds),
        float(refuted and ReasonKind.DATE_DIFFERS in kinds),
        float(refuted and ReasonKind.NEGATION_DIFFERS in kinds),
        float(rules.objects(Relation.SUPPORTS, claim, evidence)),
        float(rules.objects(Relation.REFUTES, claim, evidence)),
        shared.claim,
        shared.statement,
        float(shared.claim_numbers > 0),
        float(shared.statement_numbers > 0),
        float(ReasonKind.SAME_TEXT in kinds),
    )
