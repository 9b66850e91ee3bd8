"""A model's runs: a thread each, as many at once as there are processors.

Threads that share one small run wait for each other, spinning, whenever something else wants their
processor: where several people ask at once that cost more than the runs themselves. One who asks
alone has what they ask parted among the processors that are idle.
"""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Final, TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")

PROCESSORS: Final = os.cpu_count() or 1

_idle = threading.Semaphore(PROCESSORS)


def side_by_side(run: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """Return what ``run`` returns for each of ``parts``, in order.

    The calling thread waits for a processor and runs what no idle one takes over. What a run raises
    is raised, once all that began have ended.
    """
    given: dict[int, Future[Result]] = {}
    done: dict[int, Result] = {}
    with _idle:
        try:
            for number, part in enumerate(parts):
                last = number == len(parts) - 1
                if not last and _idle.acquire(blocking=False):
                    given[number] = _helpers().submit(_released, run, part)
                else:
                    done[number] = run(part)
        finally:
            for future in given.values():
                future.exception()
    done |= {number: future.result() for number, future in given.items()}
    return [done[number] for number in range(len(parts))]


def _released(run: Callable[[Part], Result], part: Part) -> Result:
    try:
        return run(part)
    finally:
        _idle.release()


@cache
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(PROCESSORS, "run")
