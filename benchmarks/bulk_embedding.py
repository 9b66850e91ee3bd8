"""Embed sentences in bulk on Ray: one local worker against two, and this process without Ray.

    python -m benchmarks.bulk_embedding [--texts 6000] [--rounds 2]

Real sentences of newspapers are published in a new database, and their vectors stored in it as
``tathabbat reindex --ray`` does. Printed: sentences a second from the first stored batch to the
last, and the seconds before, in which Ray starts and workers load the model.
"""

import argparse
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.statements import statements
from embeddings.bundled.e5_model import BUNDLED_NAME
from embeddings.encoders.encoder import Encoder, open_encoder
from embeddings.encoders.ray_workers import LOCAL, open_workers
from embeddings.search_results import Vectors
from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import ReportDraft, StatementDraft
from knowledge.index.bulk_embedding import BatchEncoder, OpenEncoder, embed_in_bulk
from knowledge.index.vector_cache import forget
from knowledge.storage.database import Sessions, open_engine
from knowledge.storage.schema import upgrade
from knowledge.text.plain_text import plain_text

WORKERS: Final = (1, 2)


class _Here:
    """Implements ``BatchEncoder`` in this process, on all its processors."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def encode_batches(
        self, batches: Iterable[Sequence[str]]
    ) -> Iterator[tuple[Sequence[str], Vectors]]:
        """Yield each batch with its vectors."""
        for texts in batches:
            yield texts, self._encoder.encode_statements(texts)


def main() -> None:
    """Measure by turns, and print the best round of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--texts", type=int, default=6_000)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    opened = partial(open_encoder, BUNDLED_NAME, given.models.resolve())
    encoder = opened()
    texts = statements(given.texts)
    with tempfile.TemporaryDirectory() as folder:
        sessions = Sessions(open_engine(f"sqlite:///{folder}/tathabbat.db"))
        upgrade(sessions.engine)
        _publish(sessions, texts)
        ways: dict[str, OpenEncoder] = {"this process": partial(_here, encoder)}
        for count in WORKERS:
            workers = partial(open_workers, LOCAL, opened, encoder.fingerprint, most=count)
            ways[f"{count} worker{'s' * (count > 1)}"] = workers
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for _ in range(given.rounds):
            for name, way in ways.items():
                forget(sessions, encoder.fingerprint)
                found[name].append(_measure(sessions, encoder.fingerprint, way))
        sessions.engine.dispose()
    print(f"{len(texts)} sentences, best of {given.rounds} rounds")
    for name, rounds in found.items():
        rate, start = max(rounds)
        every = ", ".join(f"{each:.0f}" for each, _ in rounds)
        print(f"{name}: {rate:.0f} sentences a second ({every}), {start:.1f} s before the first")
    one, two = (max(found[name])[0] for name in list(ways)[1:])
    print(f"two workers are {two / one:.2f} times as fast as one")


def _publish(sessions: Sessions, texts: Sequence[str]) -> None:
    told = tuple(StatementDraft(plain_text(text)) for text in texts)
    with sessions.begin() as session:
        ids = reports.store(session, ReportDraft("benchmark", statements=told)).statement_ids
        curation.publish(session, ids, "benchmark")


def _measure(sessions: Sessions, fingerprint: str, way: OpenEncoder) -> tuple[float, float]:
    """Return sentences a second, and seconds before the first batch was stored."""
    stored: list[tuple[float, int]] = []
    began = time.perf_counter()
    embed_in_bulk(
        sessions, fingerprint, way, lambda done, _: stored.append((time.perf_counter(), done))
    )
    (first, before), (last, all_) = stored[0], stored[-1]
    return (all_ - before) / (last - first), first - began


@contextmanager
def _here(encoder: Encoder) -> Iterator[BatchEncoder]:
    yield _Here(encoder)


if __name__ == "__main__":
    main()
