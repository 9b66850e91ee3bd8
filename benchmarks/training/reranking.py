"""Fit what the cross-encoder's relevance counts beside the search's own score.

    python -m benchmarks.training.reranking [--write]

CheckThat! *train* tweets, Arabic and English, that the cross-encoder was not trained on, searched
in the complete pools. Prints MAP@5 for each weight and writes the best into
``knowledge/reranking.json``.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import qrels, rows
from benchmarks.swaps.generator import is_held_out
from embeddings.encoder import open_encoder
from embeddings.live import Entry, LiveIndex
from embeddings.pair_reader import OnnxPairReader, Output
from knowledge.claims import bare_text
from knowledge.evaluation.metrics import average_precision
from knowledge.reranking import RERANKED, WEIGHTS

GRID: Final = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0)
SETS: Final = (
    ("checkthat2021-ar", "queries_train.jsonl"),
    ("checkthat2022-en", "queries_train_dev.jsonl"),
)


@dataclass(frozen=True, slots=True)
class Read:
    """The candidates of one tweet: references, the search's scores, relevance logits; all right."""

    refs: tuple[str, ...]
    scores: NDArray[np.float64]
    logits: NDArray[np.float64]
    right: frozenset[str]

    def precision(self, weight: float) -> float:
        """Return AP@5 of the order that ``weight`` gives."""
        order = np.argsort(-(self.scores + weight * self.logits), kind="stable")
        return average_precision([self.refs[n] for n in order], set(self.right), 5)


def main() -> None:
    """Fit, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    reader = OnnxPairReader(given.models)
    read = {name: _read(name, queries, given.models, reader) for name, queries in SETS}
    best, reached = 0.0, -1.0
    for weight in GRID:
        means = {name: _mean(found, weight) for name, found in read.items()}
        both = sum(means.values()) / len(means)
        print(f"weight {weight}: " + ", ".join(f"{n} {m:.4f}" for n, m in means.items()))
        if both > reached:
            best, reached = weight, both
    print(f"best {best}; tweets: " + ", ".join(f"{n} {len(r)}" for n, r in read.items()))
    if given.write:
        kept = {
            "fingerprint": reader.fingerprint,
            "weight": best,
            "made_by": "python -m benchmarks.training.reranking --write",
        }
        WEIGHTS.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def _mean(read: Sequence[Read], weight: float) -> float:
    return sum(each.precision(weight) for each in read) / len(read)


def _read(name: str, queries: str, models: Path, reader: OnnxPairReader) -> list[Read]:
    encoder = open_encoder("bundled:multilingual-e5-small", models)
    right = qrels(name, "qrels_train.tsv")
    tweets = [
        (row["tweet_id"], bare_text(row["tweet_text"]))
        for row in rows(name, queries)
        if row["tweet_id"] in right and is_held_out(row["tweet_text"])
    ]
    pool = list(rows(name, "claims.jsonl"))
    texts = [row["vclaim"] or row["title"] for row in pool]
    live = LiveIndex.empty(encoder.dimension, encoder.fingerprint)
    entries = [
        Entry(n, text, row["title"]) for n, (text, row) in enumerate(zip(texts, pool, strict=True))
    ]
    live.apply(entries, encoder.encode_statements(texts), [], 1)
    found = []
    vectors = encoder.encode_claims([text for _, text in tweets])
    for (ref, tweet), vector in zip(tweets, vectors, strict=True):
        hits = live.search(vector, tweet, RERANKED)
        logits = reader.read([(tweet, texts[hit.id]) for hit in hits])
        found.append(
            Read(
                tuple(pool[hit.id]["vclaim_id"] for hit in hits),
                np.array([hit.score for hit in hits]),
                logits[:, Output.RELEVANT].astype(np.float64),
                frozenset(right[ref]),
            )
        )
    return found


if __name__ == "__main__":
    main()
