"""Fit the weights of the fusion of vectors and words, and say what they are worth.

    python -m benchmarks.training.fusion [--vectors FOLDER] [--checkthat]

Both weights of ``embeddings/index/fusion.py`` are fitted by listwise softmax regression (Cao et al.
2007, ListNet's top one) on the written claims kept for calibration, searched for by the program's
own index. Prints MAP@5 by cross-validation, of the fusion and of each signal alone; writes
``fusion.json``. ``--checkthat`` also prints it for dev tweets of CheckThat!, Arabic 2021 and
English 2022, which nothing is fitted on; encoding their 35,000 texts takes minutes: ``--vectors``
keeps them for the next run.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.encoded_pools import Encoded, encoded
from benchmarks.kept_vectors import open_bundled
from benchmarks.pools import POOLS, Tweet, to_fit_on
from embeddings.index import fusion
from embeddings.index.fusion import Row, Weights, signals
from embeddings.search_results import Vectors
from knowledge.claims import bare_text
from knowledge.evaluation.metrics import average_precision

SEED: Final = 1
FOLDS: Final = 5
#: Ridge penalty on the weights, for a loss summed over about 1,500 tweets; any of 1 to 10 does.
PENALTY: Final = 10.0
STEPS: Final = 30
#: What is printed: each signal alone, and both.
VARIANTS: Final = (("cosine",), ("grams",), ("cosine", "grams"))


@dataclass(frozen=True, slots=True)
class Asked:
    """One tweet searched: the candidates' refs and signals (n, 2), and which of them are right."""

    refs: tuple[str, ...]
    signals: Row
    right: frozenset[str]

    @property
    def labels(self) -> NDArray[np.bool_]:
        """Which candidates are right, (n,)."""
        return np.array([ref in self.right for ref in self.refs])

    def precision(self, weights: Row) -> float:
        """Return AP at 5 of the candidates sorted by ``weights`` (2,)."""
        order = np.argsort(-(self.signals @ weights), kind="stable")
        return average_precision([self.refs[n] for n in order[:5]], self.right, 5)


def main() -> None:
    """Fit, print the figures, write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=Path, help="a folder that keeps vectors between runs")
    parser.add_argument("--checkthat", action="store_true")
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    given = parser.parse_args()
    encoder = open_bundled(given.models, given.vectors)
    fitted_on = encoded(encoder, to_fit_on())
    others = [encoded(encoder, make()) for make in POOLS.values()] if given.checkthat else []
    train = _search(fitted_on, fitted_on.pool.train, fitted_on.train)
    dev = {pool.pool.name: _search(pool, pool.pool.dev, pool.dev) for pool in others}
    for names in VARIANTS:
        weights = fit(train, names)
        print(f"{' + '.join(names)}: {np.round(weights, 3).tolist()}")
        print(f"    {fitted_on.pool.name}: MAP@5 {_mean(train, _held_out(train, names)):.4f}")
        for name, tweets in dev.items():
            print(f"    {name} dev: MAP@5 {_mean(tweets, [weights] * len(tweets)):.4f}")
    learned = Weights(*(round(float(value), 3) for value in fit(train, VARIANTS[-1])))
    fusion.WEIGHTS.write_text(json.dumps({"weights": asdict(learned)}, indent=1) + "\n", "utf-8")


def fit(train: Sequence[Asked], names: Sequence[str]) -> Row:
    """Return the weights (2,) by Newton's method; signals that are not named weigh nothing."""
    used = [n for n, field in enumerate(fields(Weights)) if field.name in names]
    lists = [(asked.signals[:, used], asked.labels) for asked in train if asked.labels.any()]
    weights = np.zeros(len(used))
    loss, gradient, hessian = _slope(lists, weights)
    for _ in range(STEPS):
        step = np.linalg.solve(hessian, gradient)
        # Far from the optimum a whole step can overshoot.
        while (nearer := _slope(lists, weights - step))[0] > loss + 1e-9:
            step = step / 2
        weights = weights - step
        loss, gradient, hessian = nearer
    whole = np.zeros(len(fields(Weights)))
    whole[used] = weights
    return whole


def _slope(lists: Sequence[tuple[Row, NDArray[np.bool_]]], weights: Row) -> tuple[float, Row, Row]:
    """Return the penalised loss at ``weights`` (n,), its gradient (n,) and its Hessian (n, n)."""
    loss = PENALTY * float(weights @ weights) / 2
    gradient, hessian = PENALTY * weights, PENALTY * np.eye(len(weights))
    for x, right in lists:
        scores = x @ weights
        top = float(scores.max())
        p = np.exp(scores - top)
        loss += top + float(np.log(p.sum())) - float(scores[right].mean())
        p /= p.sum()
        mean = p @ x
        gradient += mean - x[right].mean(0)
        hessian += (x * p[:, None]).T @ x - np.outer(mean, mean)
    return loss, gradient, hessian


def _held_out(train: Sequence[Asked], names: Sequence[str]) -> list[Row]:
    """Return for each of ``train`` weights that were fitted on the folds without it."""
    fold = np.random.default_rng(SEED).integers(FOLDS, size=len(train))
    by_fold = [
        fit([asked for n, asked in enumerate(train) if fold[n] != held], names)
        for held in range(FOLDS)
    ]
    return [by_fold[n] for n in fold]


def _mean(asked: Sequence[Asked], weights: Sequence[Row]) -> float:
    return float(np.mean([one.precision(w) for one, w in zip(asked, weights, strict=True)]))


def _search(pool: Encoded, tweets: Sequence[Tweet], vectors: Vectors) -> list[Asked]:
    statements, live = pool.pool.statements, pool.index()

    def asked(tweet: Tweet, vector: Vectors) -> Asked:
        found = live.candidates(vector, bare_text(tweet.text))
        refs = tuple(statements[n].ref for n in found.ids)
        return Asked(refs, signals(found), tweet.right)

    return [asked(tweet, vector) for tweet, vector in zip(tweets, vectors, strict=True)]


if __name__ == "__main__":
    main()
