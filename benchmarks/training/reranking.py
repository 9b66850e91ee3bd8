"""Fit what reading a candidate together with the claim adds to what search knows of it.

    python -m benchmarks.training.reranking [--vectors FOLDER] [--write]

Two things, from claims that the cross-encoder was not trained on. The weight of its relevance in
the order: CheckThat! *train* tweets, held out, in their complete pools (the Arabic one padded with
headlines). And whether a statement is about the claim at all: right claims of those tweets and ANS
dev pairs that agree or disagree, against the statements found for headlines that no statement is
about, and against neighbouring headlines that are other stories. Prints MAP@5 by weight and by how
many candidates are read, on these tweets and on dev, and what passes each threshold of relevance;
writes ``knowledge/reranking.json``. ``--vectors`` keeps vectors for the next run.
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
from benchmarks.pools import POOLS, Tweet
from benchmarks.swaps.generator import is_held_out
from benchmarks.training import pairs as sources
from embeddings.background import COHORT, deviations
from embeddings.encoder import Encoder
from embeddings.hits import Hit, Vectors
from embeddings.live import LiveIndex
from embeddings.pair_reader import OnnxPairReader, Output, Pair
from knowledge.claims import bare_text
from knowledge.domain import ReportKind
from knowledge.evaluation.metrics import average_precision
from knowledge.relevance import coverage, logistic
from knowledge.reranking import RERANKED, WEIGHTS

SEED: Final = 13
GRID: Final = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5)
#: Sums of two MAP@5 that count as the same.
WITHIN: Final = 0.005
#: How many candidates are read, for comparison with ``RERANKED``.
DEPTHS: Final = (5, 10, 20)
#: Headlines that nothing in the pool is about, and the statements found for each that count.
HEADLINES: Final = 500
NEAREST: Final = 3
NEIGHBOURS: Final = 500
THRESHOLDS: Final = (0.05, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)

Row = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Read:
    """The candidates of one tweet: refs, the search's scores, what was read; and all right refs.

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

    def __init__(self, pool: Encoded, encoder: Encoder, reader: OnnxPairReader) -> None:
        self.pool, self._reader = pool, reader
        self._live: LiveIndex = pool.index(encoder.fingerprint)
        self._cohort = encoder.encode_statements(COHORT)

    def read(self, tweet: Tweet, vector: Vectors) -> Read:
        """Return the candidates of a tweet, as many as the deepest reading needs."""
        claim = bare_text(tweet.text)
        hits = self._live.search(vector, claim, max(DEPTHS))
        refs = tuple(self.pool.pool.statements[hit.id].ref for hit in hits)
        scores = np.array([hit.score for hit in hits])
        return Read(refs, scores, self.values(claim, vector, hits), tweet.right)

    def checked(self, claim: str, vector: Vectors) -> Row:
        """Return the values (``NEAREST``, 3) of the first fact-checks found for a claim."""
        statements = self.pool.pool.statements
        hits = self._live.search(vector, claim, 100)
        found = [hit for hit in hits if statements[hit.id].kind is ReportKind.FACT_CHECK]
        return self.values(claim, vector, found[:NEAREST])

    def values(self, claim: str, vector: Vectors, hits: Sequence[Hit]) -> Row:
        """Return deviation, coverage and the relevance logit of each hit, (n, 3)."""
        statements = [self.pool.pool.statements[hit.id] for hit in hits]
        logits = self._reader.read([Pair(claim, each.text) for each in statements])
        return np.array(
            [
                [
                    deviations(hit.cosine, vector, self._cohort),
                    coverage(claim, f"{each.title}\n{each.text}"),
                    float(logit[Output.RELEVANT]),
                ]
                for hit, each, logit in zip(hits, statements, logits, strict=True)
            ]
        ).reshape(len(hits), 3)


def main() -> None:
    """Fit, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--vectors", type=Path, help="a folder that keeps vectors between runs")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    encoder = open_bundled(given.models, given.vectors)
    reader = OnnxPairReader(given.models)
    searched = [Searched(encoded(encoder, make()), encoder, reader) for make in POOLS.values()]
    held = {each.pool.pool.name: _held_out(each) for each in searched}
    dev = {each.pool.pool.name: _dev(each) for each in searched}
    reached: dict[float, float] = {}
    for weight in GRID:
        reached[weight] = sum(_mean(read, weight, RERANKED) for read in held.values())
        print(f"weight {weight}: {_figures(held, weight)} | dev {_figures(dev, weight)}")
    # A few hundred tweets do not tell weights apart that differ by less: the smallest of them.
    best = min(w for w in GRID if reached[w] >= max(reached.values()) - WITHIN)
    print(f"best {best}; held-out tweets: " + ", ".join(f"{n} {len(r)}" for n, r in held.items()))
    related = np.vstack([_right(held), _stances(encoder, reader)])
    unrelated = np.vstack([_strangers(searched[0], encoder), _neighbours(encoder, reader)])
    weights = _fit(related, unrelated)
    print(f"related {len(related)}, unrelated {len(unrelated)}; weights {weights}")
    for at in THRESHOLDS:
        passed = [np.mean([_relevance(weights, x) >= at for x in part]) for part in
                  (related, unrelated)]  # fmt: skip
        print(f"relevance {at}: related pass {passed[0]:.3f}, unrelated pass {passed[1]:.3f}")
    if given.write:
        kept = {
            "fingerprint": reader.fingerprint,
            "order": best,
            "relevance": weights,
            "made_by": "python -m benchmarks.training.reranking --write",
        }
        WEIGHTS.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def _held_out(searched: Searched) -> list[Read]:
    asked = zip(searched.pool.pool.train, searched.pool.train, strict=True)
    return [searched.read(tweet, vector) for tweet, vector in asked if is_held_out(tweet.text)]


def _dev(searched: Searched) -> list[Read]:
    asked = zip(searched.pool.pool.dev, searched.pool.dev, strict=True)
    return [searched.read(tweet, vector) for tweet, vector in asked]


def _mean(read: Sequence[Read], weight: float, depth: int) -> float:
    return float(np.mean([each.precision(weight, depth) for each in read]))


def _figures(read: dict[str, list[Read]], weight: float) -> str:
    return ", ".join(
        f"{name} " + "/".join(f"{_mean(each, weight, depth):.4f}" for depth in DEPTHS)
        for name, each in read.items()
    )


def _right(held: dict[str, list[Read]]) -> Row:
    return np.array(
        [
            value
            for tweets in held.values()
            for read in tweets
            for ref, value in zip(read.refs[: DEPTHS[1]], read.values, strict=False)
            if ref in read.right
        ]
    )


def _stances(encoder: Encoder, reader: OnnxPairReader) -> Row:
    pairs = [p for p in rows("ans", "stance_dev.jsonl") if p["stance"] != "other"]
    return _pairs([Pair(p["s1"], p["s2"]) for p in pairs], encoder, reader)


def _strangers(searched: Searched, encoder: Encoder) -> Row:
    headlines = random.Random(SEED).sample(sources.headlines(held_out=True), HEADLINES)  # noqa: S311
    vectors = encoder.encode_claims(headlines)
    return np.vstack([searched.checked(h, v) for h, v in zip(headlines, vectors, strict=True)])


def _neighbours(encoder: Encoder, reader: OnnxPairReader) -> Row:
    rng = random.Random(SEED)  # noqa: S311
    found = sources.strangers(NEIGHBOURS, encoder, rng, sources.articles(held_out=True))
    return _pairs([Pair(pair.claim, pair.statement) for pair in found], encoder, reader)


def _pairs(pairs: Sequence[Pair], encoder: Encoder, reader: OnnxPairReader) -> Row:
    cohort = encoder.encode_statements(COHORT)
    ours = encoder.encode_claims([claim for claim, _ in pairs])
    theirs = encoder.encode_statements([statement for _, statement in pairs])
    return np.array(
        [
            [
                deviations(float(a @ b), a, cohort),
                coverage(claim, statement),
                float(logit[Output.RELEVANT]),
            ]
            for (claim, statement), a, b, logit in zip(
                pairs, ours, theirs, reader.read(pairs), strict=True
            )
        ]
    )


def _fit(related: Row, unrelated: Row) -> list[float]:
    x = np.vstack([related, unrelated])
    y = np.r_[np.ones(len(related)), np.zeros(len(unrelated))]
    fitted = LogisticRegression(class_weight="balanced", max_iter=1000).fit(x, y)
    return [*fitted.coef_[0].round(4).tolist(), round(float(fitted.intercept_[0]), 4)]


def _relevance(weights: Sequence[float], values: Row) -> float:
    return logistic(weights, [*values.tolist(), 1.0])


if __name__ == "__main__":
    main()
