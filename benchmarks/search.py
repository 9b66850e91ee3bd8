"""Search in vectors alone: what many rows cost, in time, recall and memory, against exact search.

    python -m benchmarks.search [--rows 100000] [--vectors FOLDER]

Rows are vectors of real statements, past 100,000 made of two (``benchmarks/statements.py``).
Queries are headlines. Compared with ``IndexFlatIP`` in 32 bits over the same rows. ``--vectors``
keeps vectors.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np

from benchmarks.kept_vectors import open_bundled
from benchmarks.statements import REAL
from benchmarks.statements import rows as statement_rows
from benchmarks.training.pairs import headlines
from embeddings.index import faiss_threads
from embeddings.index.dense import EXACT_UP_TO, DenseIndex
from embeddings.search_results import Vectors

QUERIES: Final = 200
NEIGHBOURS: Final = 10


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--rows", type=int, default=REAL)
    parser.add_argument("--exact-up-to", type=int, default=EXACT_UP_TO)
    parser.add_argument("--vectors", type=Path, help="a folder that keeps vectors between runs")
    given = parser.parse_args()
    encoder = open_bundled(given.models, given.vectors)
    rows = statement_rows(encoder, given.rows)
    claims = encoder.encode_claims(headlines(held_out=True)[:QUERIES])
    exact = faiss.IndexFlatIP(rows.shape[1])
    exact.add(rows)
    began = time.perf_counter()
    ours = DenseIndex.from_vectors(range(len(rows)), rows, given.exact_up_to)
    print(f"{len(rows)} rows, built in {time.perf_counter() - began:.1f} s")
    # A query alone is soonest found by one thread.
    faiss_threads.use_one_thread()
    truth, *plain = _asked(lambda q: exact.search(q[None], NEIGHBOURS)[1][0].tolist(), claims)
    found, *mine = _asked(lambda q: [hit.id for hit in ours.search(q, NEIGHBOURS)], claims)
    shared = [len(set(a) & set(b)) / NEIGHBOURS for a, b in zip(truth, found, strict=True)]
    print(f"recall@{NEIGHBOURS} {np.mean(shared):.4f}")
    for clock, one, other in zip(("wall", "processor"), mine, plain, strict=True):
        print(
            f"median {clock} time {one * 1e3:.2f} ms against {other * 1e3:.2f} ms exact:"
            f" {other / one:.1f} times as fast"
        )
    with tempfile.TemporaryDirectory() as folder:
        ours.save(Path(folder))
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
    print(f"bytes a row: {size / len(rows):.0f} against {rows.nbytes / len(rows):.0f}")


def _asked(
    search: Callable[[Any], list[int]], queries: Vectors
) -> tuple[list[list[int]], float, float]:
    """Return what is found, and the median seconds by the clock and of this thread's processor."""
    found, taken, worked = [], [], []
    for query in queries:
        began, thread_began = time.perf_counter(), time.thread_time()
        found.append(search(query))
        taken.append(time.perf_counter() - began)
        worked.append(time.thread_time() - thread_began)
    return found, float(np.median(taken)), float(np.median(worked))


if __name__ == "__main__":
    main()
