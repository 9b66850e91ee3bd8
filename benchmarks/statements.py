"""Real statements in their tens of thousands, and their vectors, for what is measured at size.

SaudiNewsNet's titles, but those that are asked about, and its sentences of at most ``LONGEST``
characters, each once. More rows than that are made: sums of two real ones, scaled to length 1,
which keeps the common component and the spread.
"""

import gzip
import json
from collections.abc import Iterator
from typing import Final

import numpy as np

from benchmarks.datasets import require
from benchmarks.swaps.generator import is_held_out
from embeddings.encoders.encoder import Encoder
from embeddings.search_results import Vectors
from knowledge.corpus.extraction.segmentation import sentences

#: What is longer is mostly several sentences that lack their marks.
LONGEST: Final = 160
SHORTEST: Final = 20
REAL: Final = 100_000
_SEED: Final = 1


def articles() -> Iterator[tuple[str, list[str]]]:
    """Yield the title and the sentences of each of SaudiNewsNet's articles."""
    with gzip.open(require("saudinewsnet", "articles.jsonl.gz"), "rt", encoding="utf-8") as file:
        for line in file:
            article = json.loads(line)
            body = article["content"]
            yield article["title"], [body[span.start : span.end] for span in sentences(body)]


def statements(count: int) -> list[str]:
    """Return ``count`` different texts: up to ``REAL`` real ones, the others halves of two."""
    known = real(min(count, REAL))
    rng = np.random.default_rng(_SEED)
    found = dict.fromkeys(known)
    while len(found) < count:
        one, other = (known[n].split() for n in rng.integers(len(known), size=2))
        found[" ".join(one[: len(one) // 2] + other[len(other) // 2 :])] = None
    return list(found)


def real(count: int) -> list[str]:
    """Return up to ``count`` of the real texts; a smaller count gives the first of them."""
    found: dict[str, None] = {}
    for title, texts in articles():
        if not is_held_out(title):
            texts.append(title)
        found |= dict.fromkeys(each for each in texts if SHORTEST <= len(each) <= LONGEST)
        if len(found) >= count:
            break
    return list(found)[:count]


def unindexed() -> Iterator[str]:
    """Yield texts of the same newspapers that are none of ``statements``: headlines, then others.

    The others are longer, up to twice as long.
    """
    for title, _ in articles():
        if is_held_out(title) and SHORTEST <= len(title) <= LONGEST:
            yield title
    for _, texts in articles():
        yield from (each for each in texts if LONGEST < len(each) <= 2 * LONGEST)


def rows(encoder: Encoder, count: int) -> Vectors:
    """Return vectors (count, dimension): up to ``REAL`` of real statements, the others made."""
    base = encoder.encode_statements(statements(min(count, REAL)))
    rng = np.random.default_rng(_SEED)
    missing = count - len(base)
    pairs = rng.integers(len(base), size=(missing, 2))
    share = rng.uniform(0.3, 0.7, size=(missing, 1)).astype(np.float32)
    made = share * base[pairs[:, 0]] + (1 - share) * base[pairs[:, 1]]
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return np.concatenate([base, made])
