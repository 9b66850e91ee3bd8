"""From a claim to what is found for it among many statements, against what people would use else.

    python -m benchmarks.serving [--rows 100000] [--vectors FOLDER]

Three ways over the same statements and the same weights: this program's encoder and index; stock
sentence-transformers with FAISS's ``IndexFlatIP``; and txtai with its default settings, if it is
installed (``pip install txtai``). Each answers held-out headlines, one at a time by turns, then 32
askers at once. ``--memory`` prints what one of them takes in a process of its own.

txtai is given the vectors of the statements, since it would compute them for an hour; it encodes
claims itself.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np
from sentence_transformers import SentenceTransformer

from benchmarks.kept_vectors import open_bundled
from benchmarks.resident import resident
from benchmarks.statements import REAL, rows, statements
from benchmarks.training.pairs import headlines
from embeddings.bundled.e5_model import BUNDLED_NAME, PROMPTS, ensure_unpacked
from embeddings.encoders.encoder import open_encoder
from embeddings.index.live import LiveIndex
from embeddings.index.statement_index import Entry
from embeddings.search_results import Vectors

CLAIMS: Final = 200
ASKERS: Final = 32
WARM_UP: Final = 20
FOUND: Final = 10

Search = Callable[[str], Sequence[int]]


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--rows", type=int, default=REAL)
    parser.add_argument("--vectors", type=Path, help="a folder that keeps vectors between runs")
    parser.add_argument("--memory", choices=WAYS, help="print what this one takes, nothing else")
    given = parser.parse_args()
    texts = statements(given.rows)
    vectors = rows(open_bundled(given.models, given.vectors), len(texts))
    claims = headlines(held_out=True)[: CLAIMS + WARM_UP]
    if given.memory:
        _search_a_little(WAYS[given.memory](given.models, texts, vectors), claims)
        print(f"{given.memory}: {resident(os.getpid()) / 2**20:.0f} MB")
        return
    ways = {}
    for name, made in WAYS.items():
        try:
            ways[name] = made(given.models, texts, vectors)
        except ImportError as error:
            print(f"left out: {name} ({error})")
    print(f"{len(texts)} statements, {CLAIMS} claims")
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for n, claim in enumerate(claims):
        for name, search in ways.items():
            began = time.perf_counter()
            search(claim)
            if n >= WARM_UP:
                taken[name].append((time.perf_counter() - began) * 1e3)
    for name, values in taken.items():
        p99 = statistics.quantiles(values, n=100, method="inclusive")[-1]
        print(f"{name}: median {statistics.median(values):.1f} ms, p99 {p99:.1f} ms")
    best = min(statistics.median(values) for name, values in taken.items() if name != OURS)
    print(f"{statistics.median(taken[OURS]) / best:.2f} of the faster of the others")
    rates = {name: max(_rate(search, claims) for _ in range(3)) for name, search in ways.items()}
    for name, rate in rates.items():
        print(f"{name}: {rate:.0f} claims a second, {ASKERS} askers")
    fastest = max(rate for name, rate in rates.items() if name != OURS)
    print(f"{rates[OURS] / fastest:.2f} times the faster of the others")


def _ours(models: Path, texts: list[str], vectors: Vectors) -> Search:
    encoder = open_encoder(BUNDLED_NAME, models)
    entries = [Entry(n, text) for n, text in enumerate(texts)]
    live = LiveIndex.from_entries(entries, vectors, 1)

    def search(claim: str) -> Sequence[int]:
        return [hit.id for hit in live.search(encoder.encode_claims([claim])[0], claim, FOUND)]

    return search


def _stock(models: Path, texts: list[str], vectors: Vectors) -> Search:
    model = SentenceTransformer(str(ensure_unpacked(models)), local_files_only=True)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)

    def search(claim: str) -> Sequence[int]:
        vector: Any = model.encode(
            [PROMPTS["query"] + claim], normalize_embeddings=True, show_progress_bar=False
        )
        found: list[int] = index.search(vector, FOUND)[1][0].tolist()
        return found

    return search


def _txtai(models: Path, texts: list[str], vectors: Vectors) -> Search:
    from txtai import Embeddings

    instructions = {"query": PROMPTS["query"], "data": PROMPTS["passage"]}
    embeddings = Embeddings(path=str(ensure_unpacked(models)), instructions=instructions)
    encoder = embeddings.model
    encoder.encode = lambda data, category=None: np.stack(data)
    embeddings.index((n, vector, None) for n, vector in enumerate(vectors))
    del encoder.encode

    def search(claim: str) -> Sequence[int]:
        return [number for number, _ in embeddings.search(claim, FOUND)]

    return search


OURS: Final = "this program"
WAYS: Final = {OURS: _ours, "sentence-transformers, exact": _stock, "txtai": _txtai}


def _search_a_little(search: Search, claims: Sequence[str]) -> None:
    for claim in claims[:WARM_UP]:
        search(claim)


def _rate(search: Search, claims: Sequence[str]) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(ASKERS) as askers:
        list(askers.map(search, claims))
    return len(claims) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
