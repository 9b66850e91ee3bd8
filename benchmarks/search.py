"""Search in vectors alone: what many rows cost, in time, recall and memory, against exact search.

    python -m benchmarks.search [--rows 100000] [--vectors FOLDER]

Rows are sentences of SaudiNewsNet encoded by the program's encoder; past the sentences there are,
rows are sums of two real ones of unlike articles, scaled to length 1, which keeps the common
component and the spread. Queries are whitened headlines, as the program asks. Compared with
``IndexFlatIP`` in 32 bits over the same rows; one thread. ``--vectors`` keeps vectors.
"""

import argparse
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np

from benchmarks.encoding import news_sentences
from benchmarks.kept_vectors import open_bundled
from benchmarks.training.pairs import headlines
from embeddings.dense import DenseIndex
from embeddings.hits import Vectors
from embeddings.whitening import whitening

REAL: Final = 100_000
QUERIES: Final = 200
NEIGHBOURS: Final = 10
_SEED: Final = 1


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--rows", type=int, default=REAL)
    parser.add_argument("--vectors", type=Path, help="a folder that keeps vectors between runs")
    given = parser.parse_args()
    faiss.omp_set_num_threads(1)
    encoder = open_bundled(given.models, given.vectors)
    real = encoder.encode_statements(list(islice(news_sentences(), min(REAL, given.rows))))
    rows = _extended(real, given.rows)
    claims = encoder.encode_claims(headlines(held_out=True)[:QUERIES])
    kept = whitening(encoder.fingerprint)
    queries = claims if kept is None else claims @ kept
    exact = faiss.IndexFlatIP(rows.shape[1])
    exact.add(rows)
    began = time.perf_counter()
    ours = DenseIndex.built(range(len(rows)), rows)
    print(f"{len(rows)} rows, built in {time.perf_counter() - began:.1f} s")
    truth, plain = _asked(lambda q: exact.search(q[None], NEIGHBOURS)[1][0].tolist(), queries)
    found, mine = _asked(lambda q: [hit.id for hit in ours.search(q, NEIGHBOURS)], queries)
    shared = [len(set(a) & set(b)) / NEIGHBOURS for a, b in zip(truth, found, strict=True)]
    print(
        f"recall@{NEIGHBOURS} {np.mean(shared):.4f}; median {mine * 1e3:.2f} ms against"
        f" {plain * 1e3:.2f} ms exact: {plain / mine:.1f} times as fast"
    )
    print(f"bytes a row: {ours.size / len(rows):.0f} against {rows.nbytes / len(rows):.0f}")


def _extended(real: Vectors, count: int) -> Vectors:
    rng = np.random.default_rng(_SEED)
    missing = max(0, count - len(real))
    pairs = rng.integers(len(real), size=(missing, 2))
    share = rng.uniform(0.3, 0.7, size=(missing, 1)).astype(np.float32)
    made = share * real[pairs[:, 0]] + (1 - share) * real[pairs[:, 1]]
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return np.concatenate([real[:count], made])


def _asked(search: Callable[[Any], list[int]], queries: Vectors) -> tuple[list[list[int]], float]:
    found, taken = [], []
    for query in queries:
        began = time.perf_counter()
        found.append(search(query))
        taken.append(time.perf_counter() - began)
    return found, float(np.median(taken))


if __name__ == "__main__":
    main()
