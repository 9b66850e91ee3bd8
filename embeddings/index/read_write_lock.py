"""A read-write lock: many readers at once, or one writer."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

#: The most readers at once: more than processors gain nothing.
READERS: Final = 16


class ReadWriteLock:
    """Lets many threads read at once, or one write."""

    def __init__(self) -> None:
        self._places = threading.Semaphore(READERS)
        self._writer = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold a reader's place. Not reentrant."""
        with self._places:
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Wait for the current readers, and keep others out."""
        with self._writer, ExitStack() as places:
            for _ in range(READERS):
                places.enter_context(self._places)
            yield
