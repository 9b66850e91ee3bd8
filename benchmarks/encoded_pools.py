"""The pools of tweets and statements as vectors, and the program's own index over them."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.pools import Pool, Tweet
from embeddings.encoders.encoder import Encoder
from embeddings.index.live import LiveIndex
from embeddings.index.statement_index import Entry
from embeddings.search_results import Vectors
from knowledge.claims import bare_text


@dataclass(frozen=True, slots=True)
class Encoded:
    """A pool with the vectors of its statements and of its tweets."""

    pool: Pool
    statements: Vectors
    train: Vectors
    dev: Vectors

    def index(self) -> LiveIndex:
        """Return the index over the statements, numbered as they stand in the pool."""
        entries = [Entry(n, s.text, s.title) for n, s in enumerate(self.pool.statements)]
        return LiveIndex.from_entries(entries, self.statements, 1)


def encoded(encoder: Encoder, pool: Pool) -> Encoded:
    """Return ``pool`` with its vectors."""

    def claims(tweets: Sequence[Tweet]) -> Vectors:
        return encoder.encode_claims([bare_text(tweet.text) for tweet in tweets])

    statements = encoder.encode_statements([s.text for s in pool.statements])
    return Encoded(pool, statements, claims(pool.train), claims(pool.dev))
