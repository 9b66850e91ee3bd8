"""Batch model runs: texts of like length, and requests that arrive together."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
#: Called with the number of items of a run.
BatchSizeObserver = Callable[[int], None]


def batch_by_length(sizes: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Yield positions in batches of like size, largest first.

    A batch is padded to its largest item, and fits ``budget`` then; a larger item is a batch alone.
    """
    order = sorted(range(len(sizes)), key=lambda position: -sizes[position])
    start = 0
    while start < len(order):
        fit = max(1, budget // max(1, sizes[order[start]]))
        yield order[start : start + fit]
        start += fit


class Batcher(Generic[Item, Result]):
    """Runs ``run`` over the items of all waiting threads at once; a lone thread never waits.

    A thread that finds the model idle runs it, for its own items and all that are queued; one that
    finds it busy waits for the next run. ``run`` returns one result per item, in order; what it
    raises is raised in each thread whose items were in that run. ``observe`` is called with each
    run's size. Thread-safe.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Sequence[Result]],
        largest: int,
        observe: BatchSizeObserver | None = None,
    ) -> None:
        self._run, self._largest, self._observe = run, largest, observe
        self._waiting: list[tuple[Sequence[Item], Future[Sequence[Result]]]] = []
        self._queue, self._model = threading.Lock(), threading.Lock()

    def __call__(self, items: Sequence[Item]) -> Sequence[Result]:
        """Return the results of ``items``."""
        if not items:
            return ()
        mine: Future[Sequence[Result]] = Future()
        with self._queue:
            self._waiting.append((items, mine))
        with self._model:
            # While this thread waited for the model, another may have run its items.
            if not mine.done():
                self._run_waiting(mine)
        return mine.result()

    def _run_waiting(self, mine: "Future[Sequence[Result]]") -> None:
        while not mine.done():
            with self._queue:
                taken: list[tuple[Sequence[Item], Future[Sequence[Result]]]] = []
                size = 0
                while self._waiting and (
                    not taken or size + len(self._waiting[0][0]) <= self._largest
                ):
                    taken.append(self._waiting.pop(0))
                    size += len(taken[-1][0])
            try:
                if self._observe is not None:
                    self._observe(size)
                results = self._run([item for items, _ in taken for item in items])
            # Each waiting thread has it raised.
            except BaseException as error:  # noqa: BLE001
                for _, future in taken:
                    future.set_exception(error)
                continue
            start = 0
            for items, future in taken:
                future.set_result(results[start : start + len(items)])
                start += len(items)
