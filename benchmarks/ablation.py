"""Measure what each part adds: the ranking part by part, then the judge part by part.

    python -m benchmarks.ablation [--vectors FOLDER]

Ranking: MAP@5 on the dev tweets of CheckThat! (Arabic 2021, padded with headlines; English 2022),
the weights fitted on train tweets. The judge: pairs that the cross-encoder never saw, weighed by
weights fitted on the other folds (``benchmarks/training/combination.py``); what is *asserted* is
what would be told to a person. ``--vectors`` keeps vectors for the next run.
"""

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from benchmarks.encoded_pools import Encoded, encoded
from benchmarks.kept_vectors import open_bundled
from benchmarks.pools import POOLS, Tweet
from benchmarks.remembering import Remembering
from benchmarks.training import combination
from benchmarks.training.combination import FOLDS, Sample, fit, mean_f1, told_alike
from embeddings import hybrid
from embeddings.encoder import Encoder
from embeddings.hits import Vectors
from embeddings.hybrid import Candidates, Row, signals
from embeddings.pair_reader import OnnxPairReader, PairReader
from knowledge.agreement.combined import FEATURES, RELATIONS, CombinedJudge
from knowledge.agreement.judgement import Evidence, Judge, Judgement
from knowledge.agreement.rules import RuleJudge
from knowledge.calibration import STANDARD
from knowledge.claims import bare_text
from knowledge.domain import Relation
from knowledge.evaluation.metrics import average_precision
from knowledge.relevance import Found
from knowledge.reranking import RERANKED, Reranker

#: What a ranking sorts by, from what the indexes say of the candidates.
RANKINGS: Final[Mapping[str, Callable[[Candidates], Row]]] = {
    "BM25": lambda found: found.grams,
    "e5": lambda found: found.cosine,
    "fusion": lambda found: signals(found) @ np.array(astuple(hybrid.learned())),
}
#: The features that each part of the weighing has.
WEIGHED: Final = {
    "cross-encoder's relation": FEATURES[:2],
    "cross-encoder": FEATURES[:4],
    "rules and shared words": FEATURES[4:],
    "all, weighed": FEATURES,
}

SHIPPED: Final = "as shipped: what the rules doubt is not asserted"


def main() -> None:
    """Measure both, and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--vectors", type=Path, help="a folder that keeps vectors between runs")
    given = parser.parse_args()
    encoder = open_bundled(given.models, given.vectors)
    reader = OnnxPairReader(given.models)
    for make in POOLS.values():
        rank(encoded(encoder, make()), encoder, reader)
    judge(combination.gathered(given.models), reader)


def rank(pool: Encoded, encoder: Encoder, reader: PairReader) -> None:
    """Print MAP@5 of every ranking of a pool."""
    live, statements = pool.index(), pool.pool.statements
    found: dict[str, list[float]] = {name: [] for name in (*RANKINGS, "fusion, reranked")}
    reranker = Reranker(reader)

    def measured(tweet: Tweet, vector: Vectors) -> None:
        claim = bare_text(tweet.text)
        candidates = live.candidates(vector, claim)

        def score(name: str, best: Sequence[int]) -> None:
            refs = [statements[candidates.ids[n]].ref for n in best]
            found[name].append(average_precision(refs, tweet.right, 5))

        by_name = {name: value(candidates) for name, value in RANKINGS.items()}
        for name, values in by_name.items():
            score(name, _best(values, candidates))
        values = by_name["fusion"]
        order = _best(values, candidates)
        read = reranker.read(
            claim,
            [Found(statements[candidates.ids[n]].text, float(values[n]), 0.0, 0.0) for n in order],
        )
        anew = sorted(zip(order, read, strict=True), key=lambda each: -each[1].score)
        score("fusion, reranked", [n for n, _ in anew])

    for tweet, vector in zip(pool.pool.dev, pool.dev, strict=True):
        measured(tweet, vector)
    print(f"{pool.pool.name}: {len(pool.pool.dev)} tweets, {len(statements)} statements, MAP@5")
    for name, precisions in found.items():
        print(f"  {name:20} {np.mean(precisions):.3f}")


def _best(values: Row, candidates: Candidates) -> list[int]:
    order: list[int] = np.lexsort((candidates.ids, -values))[:RERANKED].tolist()
    return order


@dataclass(frozen=True, slots=True)
class Said:
    """What a judge said of one pair, and whether a person would be told so."""

    relation: int
    asserted: bool


def judge(samples: Sequence[Sample], reader: PairReader) -> None:
    """Print what every part of the judge makes of the samples."""
    reader, rules = Remembering(reader), RuleJudge()
    pairs = [pair for sample in samples for pair in sample.pairs]
    evidence = [[Evidence(pair.statement, preceding=pair.context)] for pair in pairs]
    ruled = [rules.judge(p.claim, e) for p, e in zip(pairs, evidence, strict=True)]
    x, y = combination.read_all(pairs, reader), combination.labels_of(pairs)
    shares = combination.weights_of(samples)
    said = {"rules alone": [_said(one) for (one,) in ruled]}
    said |= {name: [Said(2, False)] * len(pairs) for name in WEIGHED}
    said[SHIPPED] = [Said(2, False)] * len(pairs)
    for train, test in GroupKFold(FOLDS).split(x, y, told_alike(pairs)):
        for name, columns in WEIGHED.items():
            kept = [FEATURES.index(column) for column in columns]
            part = fit(x[train][:, kept], y[train], shares[train])
            for n, row in zip(test, part.predict_proba(x[test][:, kept]), strict=True):
                said[name][n] = _likely(row)
        with tempfile.TemporaryDirectory() as folder:
            weights = Path(folder) / "weights.json"
            whole = fit(x[train], y[train], shares[train])
            combination.write(weights, reader.fingerprint, whole)
            shipped: Judge = CombinedJudge(rules, reader, weights)
            for n in test:
                (one,) = shipped.judge(pairs[n].claim, evidence[n])
                said[SHIPPED][n] = _said(one)
    start = 0
    for sample in samples:
        end = start + len(sample.pairs)
        print(f"{sample.name}: {len(sample.pairs)} pairs")
        for name, each in said.items():
            _show(name, each[start:end], y[start:end])
        start = end


def _likely(row: Row) -> Said:
    relation = int(row.argmax())
    settled = RELATIONS[relation] is not Relation.NOT_ENOUGH_INFO
    return Said(relation, settled and float(row.max()) >= STANDARD.assert_at)


def _said(judgement: Judgement) -> Said:
    settled = judgement.relation is not Relation.NOT_ENOUGH_INFO and not judgement.doubted
    asserted = settled and STANDARD.asserts(judgement.confidence)
    return Said(RELATIONS.index(judgement.relation), asserted)


def _show(name: str, said: Sequence[Said], truth: NDArray[np.int64]) -> None:
    relations = np.array([each.relation for each in said])
    asserted = np.array([each.asserted for each in said])
    supported = asserted & (relations == 0)

    def share(of: NDArray[np.bool_], among: NDArray[np.bool_]) -> str:
        return f"{of[among].mean():.3f}" if among.any() else "-"

    print(
        f"  {name:40} mean F1 {mean_f1(relations, truth):.3f},"
        f" asserted {asserted.mean():.3f}, right {share(relations == truth, asserted)},"
        f" contradicting asserted as supported {share(supported, truth == 1)},"
        f" agreeing {share(supported, truth == 0)}"
    )


if __name__ == "__main__":
    main()
