"""Fit the calibrated model that weighs the cross-encoder and the rules; prints what it is worth.

    python -m benchmarks.training.combination [--write] [--ablate]

Pairs the cross-encoder never saw, of data that everybody may use: the written claims kept for
calibration (with and without what their statements are read with, with other statements, and their
statements swapped, reworded and denied), ANS dev, ArNLI valid, held-out English evidence. Every
figure is cross-fitted: each pair is judged by weights fitted on the other folds, and all claims
about one text lie in one fold. ``--write`` then fits on everything and writes
``knowledge/agreement/combination.json``; ``--ablate`` prints what leaving out each group of
features costs.
"""

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from benchmarks.datasets import rows
from benchmarks.kept_vectors import open_bundled
from benchmarks.training import pairs as sources
from benchmarks.training import written
from benchmarks.training.fused import fused
from benchmarks.training.pairs import LabelledPair
from benchmarks.training.written import Split
from embeddings.cross_encoder.onnx_cross_encoder import CrossEncoder, OnnxCrossEncoder
from knowledge.agreement.combined_judge import FEATURES, RELATIONS, WEIGHTS, features
from knowledge.agreement.judgement import Evidence
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.checking.calibration import STANDARD
from knowledge.domain import Relation
from knowledge.evaluation.metrics import expected_calibration_error, reliability

SEED: Final = 11
FOLDS: Final = 5
#: Inverse of the ridge on the weights.
RIDGE: Final = 1.0
#: What each source counts, whatever its size: what people send is most like the first.
SHARES: Final = {
    "written claims": 6.0,
    "statement alone": 2.0,
    "other statements": 1.0,
    "swapped": 1.0,
    "denied": 0.5,
    "ans dev": 2.0,
    "arnli valid": 0.3,
    "english evidence": 1.0,
}

#: Features that are left out together by ``--ablate``.
GROUPS: Final = {
    "what rules settle": FEATURES[2:6],
    "numbers and dates named otherwise": FEATURES[6:8],
    "the same text": FEATURES[8:9],
    "all but the relation that is read": FEATURES[2:],
}

Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """Pairs of one source."""

    name: str
    pairs: tuple[LabelledPair, ...]


def main() -> None:
    """Fit, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--ablate", action="store_true")
    given = parser.parse_args()
    reader = OnnxCrossEncoder(given.models)
    samples = gathered(given.models)
    pairs = [pair for sample in samples for pair in sample.pairs]
    inputs, labels, weights = read_all(pairs, reader), labels_of(pairs), weights_of(samples)
    groups = told_alike(pairs)
    probabilities = cross_fitted(inputs, labels, weights, groups)
    start = 0
    for sample in samples:
        end = start + len(sample.pairs)
        _show(sample.name, probabilities[start:end], labels[start:end])
        start = end
    _show("everything", probabilities, labels)
    for name, dropped in GROUPS.items() if given.ablate else ():
        kept = [n for n, feature in enumerate(FEATURES) if feature not in dropped]
        left = cross_fitted(inputs[:, kept], labels, weights, groups)
        for sample in samples[:1] + samples[3:6]:
            start = sum(len(each.pairs) for each in samples[: samples.index(sample)])
            chosen = slice(start, start + len(sample.pairs))
            _show(f"without {name}: {sample.name}", left[chosen], labels[chosen])
        _show(f"without {name}: everything", left, labels)
    if given.write:
        final = fit(inputs, labels, weights)
        write(WEIGHTS, reader.fingerprint, final)
        print(f"written to {WEIGHTS}")


def gathered(models: Path) -> list[Sample]:
    """Return the pairs of every source."""
    rng = random.Random(SEED)  # noqa: S311 (a seed, not a secret)
    stance = [
        LabelledPair(row["s1"], row["s2"], sources.STANCE[row["stance"]], row["stance"] != "other")
        for row in rows("ans", "stance_dev.jsonl")
    ]
    # Its parts share pairs.
    trained = {(pair.claim, pair.statement) for pair in sources.arabic_entailment()}
    valid = [
        LabelledPair(row["h"], row["t"], sources.DIGIT[row["label"]], None)
        for row in rows("arnli", "valid.jsonl")
        if (row["h"], row["t"]) not in trained
    ]
    items = written.items(Split.CALIBRATION)
    told = [written.pair(item, claim, item.context) for item in items for claim in item.claims]
    alone = [replace(pair, context="") for pair in rng.sample(told, 1200)]
    encoder = open_bundled(models, None)
    texts = [item.statement for item in items]
    return [
        Sample("written claims", tuple(told)),
        Sample("statement alone", tuple(alone)),
        Sample("other statements", tuple(written.strangers(encoder, 1200, rng, Split.CALIBRATION))),
        Sample("swapped", tuple(sources.swaps(900, rng, texts))),
        Sample("denied", tuple(p for _ in range(4) for p in fused(100, texts, rng))),
        Sample("ans dev", tuple(stance)),
        Sample("arnli valid", tuple(valid)),
        Sample("english evidence", tuple(sources.evidence(1200, rng, held_out=True))),
    ]


def labels_of(pairs: Sequence[LabelledPair]) -> NDArray[np.int64]:
    """Return the place in ``RELATIONS`` of each pair's relation, (pairs,)."""
    return np.array([RELATIONS.index(_relation(pair)) for pair in pairs])


def weights_of(samples: Sequence[Sample]) -> Rows:
    """Return what each pair counts, (pairs,): a sample its share, whatever its size."""
    shares = [np.full(len(s.pairs), SHARES[s.name] / len(s.pairs)) for s in samples]
    return np.concatenate(shares) * sum(len(sample.pairs) for sample in samples)


def read_all(pairs: Sequence[LabelledPair], reader: CrossEncoder) -> Rows:
    """Return the features (pairs, features) of pairs."""
    rules, read = RuleJudge(), reader.read([pair.as_read for pair in pairs])
    found = []
    for pair, logits in zip(pairs, read, strict=True):
        # What a statement was read with tells the rules nothing about who said which part of it.
        evidence = Evidence(pair.statement, preceding=pair.context)
        (ruled,) = rules.judge(pair.claim, [evidence])
        found.append(features(pair.claim, evidence, ruled, logits))
    return np.array(found)


def _relation(pair: LabelledPair) -> Relation:
    if pair.relation is None:
        raise ValueError("a pair without a relation cannot be fitted")
    return pair.relation


def told_alike(pairs: Sequence[LabelledPair]) -> NDArray[np.int64]:
    """Return the group of each pair: pairs that share a text, at one remove or more, are one.

    What is of other things links nothing: such a pair is in its claim's group.
    """
    texts: dict[str, int] = {}
    ends = np.array(
        [
            [texts.setdefault(text, len(texts)) for text in (pair.claim, pair.statement)]
            for pair in pairs
        ]
    )
    linked = ends[[pair.relevant is not False for pair in pairs]]
    links = coo_array((np.ones(len(linked)), linked.T), shape=(len(texts), len(texts)))
    groups: NDArray[np.int64] = connected_components(links, directed=False)[1][ends[:, 0]]
    return groups


def cross_fitted(
    inputs: Rows, labels: NDArray[np.int64], weights: Rows, groups: NDArray[np.int64]
) -> Rows:
    """Return the probabilities (pairs, relations) by a fit on the folds a pair is not in."""
    probabilities = np.zeros((len(labels), len(RELATIONS)))
    for train, test in GroupKFold(FOLDS).split(inputs, labels, groups):
        fitted = fit(inputs[train], labels[train], weights[train])
        probabilities[test] = fitted.predict_proba(inputs[test])
    return probabilities


def fit(x: Rows, y: NDArray[np.int64], weights: Rows) -> LogisticRegression:
    """Return the regression of ``y`` (pairs,) on ``x`` (pairs, features), each pair weighed."""
    return LogisticRegression(C=RIDGE, max_iter=2000).fit(x, y, sample_weight=weights)


def mean_f1(said: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    """Return the mean F1 of supports and refutes of what was ``said``."""
    return float(np.mean([f1(said, labels, relation) for relation in (0, 1)]))


def f1(said: NDArray[np.int64], labels: NDArray[np.int64], relation: int) -> float:
    """Return the F1 of the relation at a place in ``RELATIONS``; 0 where there is none of it."""
    both = ((said == relation) & (labels == relation)).sum()
    return float(2 * both / max(1, (said == relation).sum() + (labels == relation).sum()))


def _show(name: str, probabilities: Rows, labels: NDArray[np.int64]) -> None:
    said, sure = probabilities.argmax(1), probabilities.max(1)
    asserted = (said != 2) & (sure >= STANDARD.assert_at)
    supports = (said == 0) & asserted
    right = (said == labels)[asserted].astype(np.float64)
    error = expected_calibration_error(reliability(sure[asserted], right)) if len(right) else 0.0
    against = supports[labels == 1].mean() if (labels == 1).any() else 0.0
    agreeing = supports[labels == 0].mean() if (labels == 0).any() else 0.0
    print(
        f"{name:18} {len(labels):5} pairs: mean F1 {mean_f1(said, labels):.3f},"
        f" accuracy {(said == labels).mean():.3f}; asserted {asserted.mean():.3f} of them,"
        f" right {right.mean() if len(right) else 0:.3f}, ECE {error:.3f};"
        f" contradicting asserted as supported {against:.3f}, agreeing {agreeing:.3f}"
    )


def write(path: Path, fingerprint: str, fitted: LogisticRegression) -> None:
    """Write what was fitted to all features, for the reader of ``fingerprint``."""
    kept = {
        "fingerprint": fingerprint,
        "features": FEATURES,
        "weights": fitted.coef_.round(4).tolist(),
        "constants": fitted.intercept_.round(4).tolist(),
        "made_by": "python -m benchmarks.training.combination --write",
    }
    path.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
