"""Fit whether a found statement is about the claim, and what reading it changes in the order.

    python -m benchmarks.training.reranking [--vectors FOLDER] [--checkthat] [--write]

From the written claims kept for calibration, which no model was trained on, searched for among
their statements and headlines (``pools.to_fit_on``). The weight in the order of the cross-encoder's
logit of relevance; and two regressions of whether a statement is about the claim: by what search
knows alone (``knowledge.checking.relevance.WEIGHTS``, printed only) and once it was read. Related:
claims with their own statement, ANS dev pairs that agree or disagree. Unrelated: the statements
found for claims whose own one is left out, the first three of them where they are read. Prints
MAP@5 by weight and by how many candidates are read, and what passes each threshold of relevance;
``--checkthat`` also prints MAP@5 for dev tweets of CheckThat!, which nothing is fitted on.
``--write`` writes ``knowledge/checking/reranking.json``.
"""

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks.datasets import rows
from benchmarks.encoded_pools import Encoded, encoded
from benchmarks.kept_vectors import open_bundled
from benchmarks.pools import POOLS, Tweet, to_fit_on
from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder, Pair
from embeddings.encoders.encoder import Encoder
from embeddings.index.live import LiveIndex
from embeddings.index.score_normalisation import COHORT, make_normaliser
from embeddings.search_results import Hit, Vectors
from embeddings.text.pair_encoding import Output
from knowledge.checking.relevance import coverage, logistic
from knowledge.checking.reranking import RERANKED, WEIGHTS
from knowledge.claims import bare_text
from knowledge.evaluation.metrics import average_precision

SEED: Final = 13
#: What reading weighs beside search; at most as much.
GRID: Final = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
#: How many candidates are read, for comparison with ``RERANKED``.
DEPTHS: Final = (5, 10)
#: Claims asked for the order and for what is related, and for what is not.
ASKED: Final = 1_000
STRANGERS: Final = 500
#: Statements found for a claim without its own that count as unrelated, once read and before.
NEAREST: Final = 3
UNREAD: Final = 20
THRESHOLDS: Final = (0.05, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)

Row = NDArray[np.float64]
#: Columns of the values: what search knows, what is weighed once a statement was read.
_FOUND: Final = [0, 1]
_READ: Final = [0, 2]


@dataclass(frozen=True, slots=True)
class Read:
    """The candidates of one claim: refs, the search's scores, what was read; and all right refs.

    ``values`` (n, 3) are deviation, coverage and the relevance logit.
    """

    refs: tuple[str, ...]
    scores: Row
    values: Row
    right: frozenset[str]

    def precision(self, weight: float, depth: int) -> float:
        """Return AP@5 when the first ``depth`` are put in the order that ``weight`` gives."""
        anew = self.scores[:depth] + weight * self.values[:depth, 2]
        order = [*np.argsort(-anew, kind="stable"), *range(depth, len(self.refs))]
        return average_precision([self.refs[n] for n in order], self.right, 5)


class Searched:
    """A pool's index, asked and read."""

    def __init__(self, pool: Encoded, encoder: Encoder, reader: OnnxCrossEncoder) -> None:
        self.pool, self._reader = pool, reader
        self._live: LiveIndex = pool.index()
        self._cohort = encoder.encode_statements(COHORT)

    def read(self, tweet: Tweet, vector: Vectors) -> Read:
        """Return the candidates of a claim, as many as the deepest reading needs."""
        claim = bare_text(tweet.text)
        hits = self._live.search(vector, claim, max(DEPTHS))
        refs = tuple(self.pool.pool.statements[hit.id].ref for hit in hits)
        scores = np.array([hit.score for hit in hits])
        return Read(refs, scores, self.values(claim, vector, hits), tweet.right)

    def others(self, tweet: Tweet, vector: Vectors) -> Row:
        """Return the values (``NEAREST``, 3) of the first statements that are not the claim's."""
        claim, statements = bare_text(tweet.text), self.pool.pool.statements
        hits = self._live.search(vector, claim, NEAREST + len(tweet.right))
        found = [hit for hit in hits if statements[hit.id].ref not in tweet.right]
        return self.values(claim, vector, found[:NEAREST])

    def unread(self, tweet: Tweet, vector: Vectors) -> Row:
        """Return deviation and coverage (``UNREAD``, 2) of statements that are not the claim's."""
        claim, statements = bare_text(tweet.text), self.pool.pool.statements
        hits = self._live.search(vector, claim, UNREAD + len(tweet.right))
        found = [hit for hit in hits if statements[hit.id].ref not in tweet.right]
        return np.array([self._found(claim, vector, hit) for hit in found[:UNREAD]])

    def _found(self, claim: str, vector: Vectors, hit: Hit) -> list[float]:
        statement = self.pool.pool.statements[hit.id]
        shared = coverage(claim, f"{statement.title}\n{statement.text}")
        return [make_normaliser(vector, self._cohort)(hit.cosine), shared]

    def values(self, claim: str, vector: Vectors, hits: Sequence[Hit]) -> Row:
        """Return deviation, coverage and the relevance logit of each hit, (n, 3)."""
        statements = [self.pool.pool.statements[hit.id] for hit in hits]
        read = self._reader.read([Pair(claim, each.text, each.context) for each in statements])
        return np.array(
            [
                [*self._found(claim, vector, hit), float(logits[Output.RELEVANT])]
                for hit, logits in zip(hits, read, strict=True)
            ]
        ).reshape(len(hits), 3)


def main() -> None:
    """Fit, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--vectors", type=Path, help="a folder that keeps vectors between runs")
    parser.add_argument("--checkthat", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    encoder = open_bundled(given.models, given.vectors)
    reader = OnnxCrossEncoder(given.models)
    searched = Searched(encoded(encoder, to_fit_on()), encoder, reader)
    order = random.Random(SEED).sample(  # noqa: S311 (a seed, not a secret)
        range(len(searched.pool.pool.train)), ASKED + STRANGERS
    )
    asked = [(searched.pool.pool.train[n], searched.pool.train[n]) for n in order]
    read = [searched.read(*each) for each in asked[:ASKED]]
    dev = {}
    if given.checkthat:
        for make in POOLS.values():
            other = Searched(encoded(encoder, make()), encoder, reader)
            tweets = zip(other.pool.pool.dev, other.pool.dev, strict=True)
            dev[other.pool.pool.name] = [other.read(*each) for each in tweets]
    reached = {weight: _mean(read, weight, RERANKED) for weight in GRID}
    for weight in GRID:
        print(f"weight {weight}: {_figures({'written claims': read} | dev, weight)}")
    best = max(GRID, key=lambda weight: reached[weight])
    related = np.vstack([_right(read), _stances(encoder, reader)])
    unrelated = np.vstack([searched.others(*each) for each in asked[ASKED:]])
    print(f"best {best}; related {len(related)}, unrelated {len(unrelated)}")
    unread = _fit(related[:, _FOUND], np.vstack([searched.unread(*e) for e in asked[ASKED:]]))
    weights = _fit(related[:, _READ], unrelated[:, _READ])
    for name, fitted, columns in (("unread", unread, _FOUND), ("read", weights, _READ)):
        print(f"{name}: {fitted}")
        for at in THRESHOLDS:
            passed = [
                np.mean([logistic(fitted, [*row[columns].tolist(), 1.0]) >= at for row in part])
                for part in (related, unrelated)
            ]
            print(f"  {at}: related pass {passed[0]:.3f}, unrelated pass {passed[1]:.3f}")
    if given.write:
        kept = {
            "fingerprint": reader.fingerprint,
            "order": best,
            "relevance": weights,
            "made_by": "python -m benchmarks.training.reranking --write",
        }
        WEIGHTS.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def _mean(read: Sequence[Read], weight: float, depth: int) -> float:
    return float(np.mean([each.precision(weight, depth) for each in read]))


def _figures(read: dict[str, list[Read]], weight: float) -> str:
    return ", ".join(
        f"{name} " + "/".join(f"{_mean(each, weight, depth):.4f}" for depth in DEPTHS)
        for name, each in read.items()
    )


def _right(read: Sequence[Read]) -> Row:
    return np.array(
        [
            value
            for each in read
            for ref, value in zip(each.refs, each.values, strict=True)
            if ref in each.right
        ]
    )


def _stances(encoder: Encoder, reader: OnnxCrossEncoder) -> Row:
    found = [p for p in rows("ans", "stance_dev.jsonl") if p["stance"] != "other"]
    pairs = [Pair(p["s1"], p["s2"]) for p in found]
    cohort = encoder.encode_statements(COHORT)
    ours = encoder.encode_claims([pair.claim for pair in pairs])
    theirs = encoder.encode_statements([pair.statement for pair in pairs])
    return np.array(
        [
            [
                make_normaliser(a, cohort)(float(a @ b)),
                coverage(pair.claim, pair.statement),
                float(logits[Output.RELEVANT]),
            ]
            for pair, a, b, logits in zip(pairs, ours, theirs, reader.read(pairs), strict=True)
        ]
    )


def _fit(related: Row, unrelated: Row) -> list[float]:
    x = np.vstack([related, unrelated])
    y = np.r_[np.ones(len(related)), np.zeros(len(unrelated))]
    fitted = LogisticRegression(class_weight="balanced", max_iter=1000).fit(x, y)
    return [*fitted.coef_[0].round(4).tolist(), round(float(fitted.intercept_[0]), 4)]


if __name__ == "__main__":
    main()
