"""Fit the claims' whitening and the weights of the fusion, and say what they are worth.

    python -m benchmarks.training.fusion [--vectors FOLDER]

Two steps. The whitening of the bundled encoder is computed from statements and claims without any
label (``embeddings/whitening.py`` says why). Then both weights of ``embeddings/hybrid.py`` are
fitted by listwise softmax regression (Cao et al. 2007, ListNet's top one) on the *train* tweets of
CheckThat! 2021 Arabic, its pool padded with 13,000 headlines, and of CheckThat! 2022 English, both
searched by the program's own index. Prints MAP@5 by cross-validation on train and on dev, of the
fusion and of each signal alone; writes ``whitening.npz`` and ``fusion.json``. Encoding 35,000 texts
takes minutes: ``--vectors`` keeps them for the next run.
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
from benchmarks.pools import POOLS, Tweet
from embeddings import hybrid
from embeddings import whitening as shipped
from embeddings.hits import Vectors
from embeddings.hybrid import Row, Weights, signals
from knowledge.claims import bare_text
from knowledge.evaluation.metrics import average_precision

SEED: Final = 1
FOLDS: Final = 5
#: Power of the covariance's eigenvalues; .5 would whiten wholly. MAP@5 of the encoder alone on
#: Arabic train is .851 as it is, .911 at 0, .923 at .15 and .2, .920 at .25 and .911 at .35.
DAMPING: Final = 0.2
#: Ridge penalty on the weights, for a loss summed over about 1,500 tweets; any of 1 to 10 does.
PENALTY: Final = 10.0
STEPS: Final = 30
#: What is printed: each signal alone, and both.
VARIANTS: Final = (("focus",), ("grams",), ("focus", "grams"))


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
    kept: Path | None = parser.parse_args().vectors
    encoder = open_bundled(Path("data/models"), kept)
    pools = [encoded(encoder, make()) for make in POOLS.values()]
    matrix = whitening(pools)
    np.savez_compressed(
        shipped.WEIGHTS,
        matrix=matrix.astype(np.float16),
        fingerprint=np.array(encoder.fingerprint),
    )
    shipped.whitening.cache_clear()
    searched = [_search(pool, encoder.fingerprint) for pool in pools]
    train = [asked for pool in searched for asked in pool[0]]
    for names in VARIANTS:
        weights = fit(train, names)
        print(f"{' + '.join(names)}: {np.round(weights, 3).tolist()}")
        for pool, (own, dev) in zip(pools, searched, strict=True):
            print(
                f"    {pool.pool.name}: MAP@5 train {_mean(own, _held_out(train, own, names)):.4f}"
                f" (cross-validated), dev {_mean(dev, [weights] * len(dev)):.4f}"
            )
    learned = Weights(*(round(float(value), 3) for value in fit(train, VARIANTS[-1])))
    hybrid.WEIGHTS.write_text(json.dumps({"weights": asdict(learned)}, indent=1) + "\n", "utf-8")


def whitening(pools: Sequence[Encoded]) -> Row:
    """Return the symmetric map (dimension, dimension) that claims are multiplied by, norm 1.

    It projects away the mean vectors of every pool's statements and train tweets, and damps the
    directions in which statements spread by their eigenvalue to the power ``-2 * DAMPING``.
    """
    means = np.array([rows.mean(0) for pool in pools for rows in (pool.statements, pool.train)])
    basis, _ = np.linalg.qr(means.T.astype(np.float64))
    projection = np.eye(means.shape[1]) - basis @ basis.T
    centred = np.vstack([pool.statements - pool.statements.mean(0) for pool in pools])
    eigenvalues, vectors = np.linalg.eigh(np.cov(centred, rowvar=False))
    damped = (vectors * np.maximum(eigenvalues, 1e-8) ** (-2 * DAMPING)) @ vectors.T
    matrix: Row = projection @ damped @ projection
    return matrix / np.linalg.norm(matrix, 2)


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


def _held_out(train: Sequence[Asked], own: Sequence[Asked], names: Sequence[str]) -> list[Row]:
    """Return for each of ``own`` weights that were fitted on folds of ``train`` without it."""
    fold = np.random.default_rng(SEED).integers(FOLDS, size=len(train))
    place = {id(asked): n for n, asked in enumerate(train)}
    by_fold = [
        fit([asked for n, asked in enumerate(train) if fold[n] != held], names)
        for held in range(FOLDS)
    ]
    return [by_fold[fold[place[id(asked)]]] for asked in own]


def _mean(asked: Sequence[Asked], weights: Sequence[Row]) -> float:
    return float(np.mean([one.precision(w) for one, w in zip(asked, weights, strict=True)]))


def _search(pool: Encoded, fingerprint: str) -> tuple[list[Asked], list[Asked]]:
    statements, live = pool.pool.statements, pool.index(fingerprint)

    def asked(tweet: Tweet, vector: Vectors) -> Asked:
        found = live.candidates(vector, bare_text(tweet.text))
        refs = tuple(statements[n].ref for n in found.ids)
        return Asked(refs, signals(found), tweet.right)

    train = [asked(t, v) for t, v in zip(pool.pool.train, pool.train, strict=True)]
    dev = [asked(t, v) for t, v in zip(pool.pool.dev, pool.dev, strict=True)]
    return train, dev


if __name__ == "__main__":
    main()
