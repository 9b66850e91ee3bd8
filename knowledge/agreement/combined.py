"""The judge that is used: the cross-encoder's reading and the rules, weighed by a calibrated model.

The cross-encoder reads every pair both ways, unless the first leaves it clearly open, or refutes
what may be of another story; the rules say what numbers, dates and negation make of it. A
multinomial logistic regression over both gives the probability of each relation. Its weights are
fitted on labelled pairs that the cross-encoder was not trained on
(``benchmarks/training/combination.py``), so the probabilities are calibrated there; they belong to
one cross-encoder, whose fingerprint they carry.
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
#: What the model weighs, in order. ``reverse`` is the reading with claim and statement exchanged.
FEATURES: Final = (
    "supports over open",
    "refutes over open",
    "reverse supports over open",
    "reverse refutes over open",
    "relevance",
    "rules support",
    "rules refute by number",
    "rules refute by date",
    "rules refute by negation",
    "rules object to support",
    "share of the claim's words",
    "share of the statement's words",
    "claim's number missing",
    "statement's number missing",
    "same text",
)
_OBJECTION: Final = FEATURES.index("rules object to support")

#: From this probability of the opposite on, the cross-encoder silences the rules.
VETO: Final = 0.9


#: Not read the other way too is what is left open by more than this (in logits, over both other
#: relations), what seems to refute and may be of another story (logit of relevance below this), and
#: what the rules settle in the same way.
#: Reading all both ways brings nothing on ANS dev (``benchmarks/training/combination.py``) and
#: costs a fifth.
SETTLED: Final = 2.0

#: Confidence of a relation that the rules object to, at most: the cross-encoder reads the same
#: words in another order, or hedged, as the same thing.
DOUBTED: Final = 0.75

#: What only differs in words is asserted as refuted from this probability on: another event of the
#: same subject differs in words too (``benchmarks/unrelated_claims.py``).
REFUTED_BY_WORDS: Final = 0.95


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
        constants = (VETO, DOUBTED, REFUTED_BY_WORDS, SETTLED)
        parts = (self._reader.fingerprint, self._rules.fingerprint, *constants)
        known = " ".join(map(str, parts)).encode()
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
        confidence, doubted = probabilities[relation], False
        if ruled.relation is not Relation.NOT_ENOUGH_INFO:
            if confidence >= VETO and relation not in (ruled.relation, Relation.NOT_ENOUGH_INFO):
                relation, confidence = Relation.NOT_ENOUGH_INFO, 1.0 - confidence
            else:
                # Rules rarely speak and are nearly always right; their confidence says how often.
                relation = ruled.relation
                confidence = max(ruled.confidence, probabilities[relation])
        elif relation is not Relation.NOT_ENOUGH_INFO:
            doubted = (
                bool(row[_OBJECTION])
                if relation is Relation.SUPPORTS
                else self._rules.objects(relation, claim, evidence)
            )
            confidence = min(confidence, DOUBTED) if doubted else confidence
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
    texts = [each.text for each in evidence]
    ours, theirs = _both_ways(claim, texts, by_rules, reader)
    objecting = [rules.objects(Relation.SUPPORTS, claim, each) for each in evidence]
    return [
        _row(claim, text, one, other, ruled, objects)
        for text, one, other, ruled, objects in zip(
            texts, ours, theirs, by_rules, objecting, strict=True
        )
    ]


_COLUMNS: Final = {relation: Output[relation.name] for relation in RELATIONS}


def _both_ways(
    claim: str, texts: Sequence[str], by_rules: Sequence[Judgement], reader: PairReader
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the logits of (claim, text), and those of (text, claim) where they can matter."""
    ours = reader.read([Pair(claim, text) for text in texts])
    settling = ours[:, [Output.SUPPORTS, Output.REFUTES]].max(1, initial=-np.inf)
    ruled = np.array([_COLUMNS[each.relation] for each in by_rules], np.intp)
    agreed = (ruled != Output.NOT_ENOUGH_INFO) & (ruled == ours[:, : Output.RELEVANT].argmax(1))
    unsettled = np.flatnonzero(
        ~agreed
        & (ours[:, Output.NOT_ENOUGH_INFO] - settling < SETTLED)
        & (
            (ours[:, Output.RELEVANT] > SETTLED)
            | (ours[:, Output.SUPPORTS] > ours[:, Output.REFUTES])
        )
    )
    theirs = ours.copy()
    theirs[unsettled] = reader.read([Pair(texts[n], claim) for n in unsettled.tolist()])
    return ours, theirs


def _row(
    claim: str,
    text: str,
    ours: NDArray[np.float32],
    theirs: NDArray[np.float32],
    ruled: Judgement,
    objects: bool,
) -> tuple[float, ...]:
    kinds = {reason.kind for reason in ruled.reasons}
    refuted = ruled.relation is Relation.REFUTES
    shared = overlap(claim, text)
    return (
        float(ours[Output.SUPPORTS] - ours[Output.NOT_ENOUGH_INFO]),
        float(ours[Output.REFUTES] - ours[Output.NOT_ENOUGH_INFO]),
        float(theirs[Output.SUPPORTS] - theirs[Output.NOT_ENOUGH_INFO]),
        float(theirs[Output.REFUTES] - theirs[Output.NOT_ENOUGH_INFO]),
        float(ours[Output.RELEVANT]),
        float(ruled.relation is Relation.SUPPORTS),
        float(refuted and ReasonKind.NUMBER_DIFFERS in kinds),
        float(refuted and ReasonKind.DATE_DIFFERS in kinds),
        float(refuted and ReasonKind.NEGATION_DIFFERS in kinds),
        float(objects),
        shared.claim,
        shared.statement,
        float(shared.claim_numbers > 0),
        float(shared.statement_numbers > 0),
        float(ReasonKind.SAME_TEXT in kinds),
    )
