"""Embed published statements in bulk, ahead of a reindex: workers compute, this process stores.

Each batch is a transaction of its own, in the order they get done. Whenever a run is killed, it
loses only batches under way, and the next one computes only what is missing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings.progress import Progress
from knowledge.index import vector_cache
from knowledge.index.serving_index import count_published, load_next_entries
from knowledge.storage.database import Sessions

#: Texts of one batch: some seconds of a worker's time.
BATCH: Final = 256
#: Statements read at once.
_PAGE: Final = 1_024


class BatchEncoder(Protocol):
    """Encodes batches of texts, several at a time."""

    def encode_batches(
        self, batches: Iterable[Sequence[str]]
    ) -> Iterator[tuple[Sequence[str], NDArray[np.floating[Any]]]]:
        """Yield each batch with its vectors (texts, dimension), in the order they get done.

        ``batches`` are taken as there is room for them.
        """


#: Opens what encodes batches.
OpenEncoder = Callable[[], AbstractContextManager[BatchEncoder]]


def embed_in_bulk(
    sessions: Sessions,
    fingerprint: str,
    open_encoder: OpenEncoder,
    progress: Progress | None = None,
) -> int:
    """Store the missing vectors of everything published; return how many were computed.

    Nothing is opened if none is missing.
    """
    missing = _MissingTexts(sessions, fingerprint)
    batches = iter(missing)
    first = next(batches, None)
    if first is None:
        return 0
    total, computed = sessions.read(count_published), 0
    with open_encoder() as encoder:
        for texts, vectors in encoder.encode_batches(chain([first], batches)):
            sessions.write(vector_cache.store, fingerprint, texts, vectors)
            computed += len(texts)
            if progress is not None:
                progress(min(missing.known + computed, total), total)
    return computed


class _MissingTexts:
    """Texts of published statements that have no vector, in batches; one page is in memory."""

    def __init__(self, sessions: Sessions, fingerprint: str) -> None:
        self._sessions, self._fingerprint = sessions, fingerprint
        #: Statements read so far that need no encoding of their own.
        self.known = 0

    def __iter__(self) -> Iterator[list[str]]:
        after, found = 0, list[str]()
        while entries := self._sessions.read(load_next_entries, after, _PAGE):
            after = entries[-1].id
            texts = [entry.text for entry in entries]
            missing = self._sessions.read(vector_cache.find_missing, self._fingerprint, texts)
            self.known += len(entries) - len(missing)
            found += missing
            while len(found) >= BATCH:
                yield found[:BATCH]
                del found[:BATCH]
        if found:
            yield found
