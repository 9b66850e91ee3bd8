"""Many read at once, or one writes."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

#: Who reads at once, at most: more than processors gain nothing.
READERS: Final = 16


class ReadWriteLock:
    """Gives turns to readers and writers of what may be read by many or changed by one."""

    def __init__(self) -> None:
        self._places = threading.Semaphore(READERS)
        self._writer = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold a place among the readers. Must not be entered twice by one thread."""
        with self._places:
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Wait for the readers there are, and keep others out."""
        with self._writer, ExitStack() as places:
            for _ in range(READERS):
                places.enter_context(self._places)
            yield
