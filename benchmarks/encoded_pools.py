"""The pools of tweets and statements as vectors, and the program's own index over them."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.pools import Pool, Tweet
from embeddings.encoder import Encoder
from embeddings.hits import Vectors
from embeddings.live import Entry, LiveIndex
from knowledge.claims import bare_text


@dataclass(frozen=True, slots=True)
class Encoded:
    """A pool with the vectors of its statements and of its tweets."""

    pool: Pool
    statements: Vectors
    train: Vectors
    dev: Vectors

    def index(self, fingerprint: str) -> LiveIndex:
        """Return the index over the statements, numbered as they stand in the pool."""
        live = LiveIndex.empty(self.statements.shape[1], fingerprint)
        entries = [Entry(n, s.text, s.title) for n, s in enumerate(self.pool.statements)]
        live.apply(entries, self.statements, [], 1)
        return live


def encoded(encoder: Encoder, pool: Pool, kept: Path | None) -> Encoded:
    """Return ``pool`` with its vectors; those in the folder ``kept`` are not computed again."""

    def claims(tweets: Sequence[Tweet]) -> Vectors:
        return _kept(encoder.encode_claims, [bare_text(tweet.text) for tweet in tweets], kept)

    statements = _kept(encoder.encode_statements, [s.text for s in pool.statements], kept)
    return Encoded(pool, statements, claims(pool.train), claims(pool.dev))


def _kept(
    encode: Callable[[Sequence[str]], Vectors], texts: Sequence[str], folder: Path | None
) -> Vectors:
    if folder is None:
        return encode(texts)
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256("\0".join([encode.__name__, *texts]).encode()).hexdigest()[:16]
    file = folder / f"{name}.npy"
    if not file.exists():
        np.save(file, encode(texts))
    rows: Vectors = np.load(file)
    return rows
