"""A line for slow work: threads of its own, and no more people in it than can be served soon."""

import contextlib
from collections.abc import Iterator

from bot.observability.logs import Threads


class BoundedPool:
    """Threads that others do not wait for, with at most ``room`` pieces of work at hand at once.

    Used from one loop: only the work itself is done in its threads.
    """

    def __init__(self, name: str, threads: int, room: int) -> None:
        self.threads = Threads(threads, thread_name_prefix=name)
        self._free = room

    @contextlib.contextmanager
    def place(self) -> Iterator[bool]:
        """Hold a place for the body; False where none is free."""
        is_free = self._free > 0
        self._free -= is_free
        try:
            yield is_free
        finally:
            self._free += is_free
