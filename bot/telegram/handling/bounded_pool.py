"""Run slow work in a thread pool of its own with a bounded queue."""

import contextlib
from collections.abc import Iterator

from bot.observability.logs import Threads


class BoundedPool:
    """A thread pool for slow work, with at most ``room`` jobs running or queued.

    Use it from one event loop; only the jobs themselves run in its threads.
    """

    def __init__(self, name: str, threads: int, room: int) -> None:
        self.threads = Threads(threads, thread_name_prefix=name)
        self._free = room

    @contextlib.contextmanager
    def place(self) -> Iterator[bool]:
        """Hold a place while the body runs; yields False if none is free."""
        is_free = self._free > 0
        self._free -= is_free
        try:
            yield is_free
        finally:
            self._free += is_free
