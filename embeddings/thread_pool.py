"""Run models and parts of searches in threads, at most one per processor at a time.

Threads that share one small run spin while they wait for each other, whenever something else uses
their processor: if several people ask at once, that costs more than the runs themselves. A single
person's work is divided among idle processors.
"""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Final, TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


def _count_usable() -> int:
    """Return how many processors this process may use: a container may be kept to some."""
    # Not every system can tell.
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


PROCESSORS: Final = _count_usable()


class _Processors:
    """Counts the busy processors."""

    def __init__(self, count: int) -> None:
        self.count = self._free = count
        self._changed = threading.Condition()

    @property
    def free(self) -> int:
        return self._free

    def take(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._free > 0)
            self._free -= 1

    def take_idle(self) -> bool:
        with self._changed:
            if self._free == 0:
                return False
            self._free -= 1
            return True

    def give_back(self) -> None:
        with self._changed:
            self._free += 1
            self._changed.notify()


_processors = _Processors(PROCESSORS)


def count_processors() -> int:
    """Return how many processors this process uses."""
    return _processors.count


def use_processors(count: int) -> None:
    """Use so many processors from now on; no thread is left. Nothing may run meanwhile."""
    global _processors
    _processors = _Processors(count)
    if _helpers.cache_info().currsize:
        _helpers().shutdown()
        _helpers.cache_clear()


def share_of_work(size: int) -> int:
    """Return one processor's share of work of ``size``, by how many are idle now."""
    return -(-size // max(1, _processors.free))


def run_parallel(run: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """Return what ``run`` returns for each of ``parts``, in order.

    The calling thread waits for a processor and runs what no idle one takes. If runs raise, the
    first error in order of ``parts`` is raised once all that began have ended.
    """
    given: dict[int, Future[Result]] = {}
    done: dict[int, Result] = {}
    _processors.take()
    try:
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            if not last and _processors.take_idle():
                given[number] = _helpers().submit(_given_back, run, part)
            else:
                done[number] = run(part)
    except Exception:
        for future in given.values():
            future.result()
        raise
    finally:
        _processors.give_back()
        for future in given.values():
            future.exception()
    done |= {number: future.result() for number, future in given.items()}
    return [done[number] for number in range(len(parts))]


def _given_back(run: Callable[[Part], Result], part: Part) -> Result:
    try:
        return run(part)
    finally:
        _processors.give_back()


@cache
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(PROCESSORS, "run")
