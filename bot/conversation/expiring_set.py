"""Remember in memory what was done a moment ago, so that it is not done again at once."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import timedelta


class ExpiringSet:
    """Remembers keys for ``span``, the latest ``most`` of them. Safe for several threads.

    What it forgets, at a restart too, is done once more: it is for courtesies only.
    """

    def __init__(
        self, span: timedelta, most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._span, self._most, self._clock = span.total_seconds(), most, clock
        self._noted: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = threading.Lock()

    def knows(self, key: Hashable) -> bool:
        """Whether ``key`` was noted within the span."""
        with self._lock:
            at = self._noted.get(key)
        return at is not None and self._clock() - at < self._span

    def note(self, key: Hashable) -> None:
        """Remember ``key`` from now on."""
        with self._lock:
            self._noted.pop(key, None)
            self._noted[key] = self._clock()
            if len(self._noted) > self._most:
                self._noted.popitem(last=False)
