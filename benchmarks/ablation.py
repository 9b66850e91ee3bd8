"""Measure what each part adds to the ranking.

    python -m benchmarks.ablation [--vectors FOLDER]

MAP@5 on the dev tweets of CheckThat! (Arabic 2021, padded with headlines; English 2022), the
weights fitted on claims of our own. What each signal adds to the judge is told by
``benchmarks.training.combination --ablate``. ``--vectors`` keeps vectors for the next run.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.encoded_pools import Encoded, encoded
from benchmarks.kept_vectors import open_bundled
from benchmarks.pools import POOLS, Tweet
from embeddings.cross_encoder.onnx_cross_encoder import CrossEncoder, OnnxCrossEncoder
from embeddings.encoders.encoder import Encoder
from embeddings.index import fusion
from embeddings.index.fusion import Candidates, Row, signals
from embeddings.search_results import Vectors
from knowledge.checking.relevance import Found
from knowledge.checking.reranking import RERANKED, Reranker
from knowledge.claims import bare_text
from knowledge.evaluation.metrics import average_precision

#: What a ranking sorts by, from what the indexes say of the candidates.
RANKINGS: Final[Mapping[str, Callable[[Candidates], Row]]] = {
    "BM25": lambda found: found.grams,
    "e5": lambda found: found.cosine,
    "fusion": lambda found: signals(found) @ np.array(astuple(fusion.load_shipped_weights())),
}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--vectors", type=Path, help="a folder that keeps vectors between runs")
    given = parser.parse_args()
    encoder = open_bundled(given.models, given.vectors)
    reader = OnnxCrossEncoder(given.models)
    for make in POOLS.values():
        rank(encoded(encoder, make()), encoder, reader)


def rank(pool: Encoded, encoder: Encoder, reader: CrossEncoder) -> None:
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


if __name__ == "__main__":
    main()
