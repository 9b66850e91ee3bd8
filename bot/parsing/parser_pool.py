"""Run a pool of warm parser processes, and handle documents that crash or overload them."""

import asyncio
import logging
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.parsing.errors import ParserUnavailable
from bot.parsing.parser_jobs import ERRORS, KINDS, Call, Kind, Queue
from bot.parsing.parser_process import ProcessFailed, Refusal, Worker
from bot.parsing.parser_worker import ANSWER_TOO_LONG, MAX_DOCUMENT, OUT_OF_MEMORY, Limits
from knowledge.errors import BadEdit

#: Concurrent documents of each queue. Feeds are polled one after the other and uploads can wait; a
#: slow link or picture must not block others.
PLACES: Final[Mapping[Queue, int]] = {
    Queue.FEEDS: 1,
    Queue.MODERATORS: 1,
    Queue.LINKS: 2,
    Queue.PICTURES: 2,
}
#: Idle processes that are kept, about 50 MiB each.
WARM: Final = 1
#: Documents that a process reads before it is replaced, which frees leaked memory.
DOCUMENTS: Final = 200
#: Seconds that a document waits for others of its queue.
WAIT_S: Final = 60.0
#: Maximum seconds for a process to start; an idle machine needs one.
START_S: Final = 30.0

#: Maximum characters of a process's error: a URL and a sentence.
_MOST_SAID: Final = 4_000
_BUSY: Final = "too many documents are read at once; try again later"
_ARGUMENTS: Final = TypeAdapter(tuple[object, ...])
_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class _Task:
    """A document being read: its process, and whether it was cancelled."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.worker: Worker | None = None
        self.is_cancelled = False


class ParserPool:
    """Reads documents in separate processes; a failure of one does not affect the others.

    Each queue has places of its own, first come first served. It can be used from any thread and
    event loop. Processes are started on demand; leaving the context kills them, also while they
    read.
    """

    def __init__(self, limits: Limits | None = None, warm: int = WARM) -> None:
        self._limits = limits or Limits()
        self._warm = warm
        self._free = dict(PLACES)
        self._waiting: dict[Queue, deque[_Task]] = {queue: deque() for queue in PLACES}
        self._idle: list[Worker] = []
        self._tasks: set[_Task] = set()
        self._is_closed = False
        #: Guards all of the above; notified when waiting callers should check again.
        self._changed = threading.Condition()

    def __enter__(self) -> "ParserPool":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill all processes; waiting callers get ParserUnavailable."""
        with self._changed:
            self._is_closed = True
            idle, self._idle = self._idle, []
            for task in self._tasks:
                _kill(task)
            self._changed.notify_all()
        for worker in idle:
            worker.close()

    @property
    def idle(self) -> tuple[int, ...]:
        """The pids of the idle processes."""
        with self._changed:
            return tuple(worker.number for worker in self._idle)

    def read(self, call: Call[_T], seconds: float | None = None) -> _T:
        """Return the result of ``call``. Blocks: call it off the event loop.

        It may take ``seconds`` in all; by default the limits' time, counted from its turn.

        Raises:
        UnreadableFile, UnusableFeed, PictureError: as its reader says, or because reading it
        exceeds the limits of time or memory.
        ParserUnavailable: it is not read now.
        """
        return self._read(call, seconds, _Task(call.queue))

    async def read_async(self, call: Call[_T]) -> _T:
        """Return the result of ``call``; cancelling kills the process. Raises as ``read``."""
        task = _Task(call.queue)
        try:
            return await asyncio.to_thread(self._read, call, None, task)
        except asyncio.CancelledError:
            with self._changed:
                _kill(task)
                self._changed.notify_all()
            raise

    def _read(self, call: Call[_T], seconds: float | None, task: _Task) -> _T:
        kind = KINDS[call.job]
        ends = None if seconds is None else time.monotonic() + seconds
        if len(call.data) > MAX_DOCUMENT:
            raise kind.too_much(f"{call.name} is too large to read; {kind.way_out}")
        try:
            arguments = _ARGUMENTS.dump_json(call.arguments)
            with self._worker(task, seconds) as worker:
                worker.await_ready(START_S if ends is None else ends - time.monotonic())
                left = self._limits.wall_s if ends is None else ends - time.monotonic()
                answer = worker.ask(call.job, arguments, call.data, left)
                found: _T = kind.result.validate_json(answer, strict=True)
        except Refusal as refusal:
            raise _make_reader_error(call, kind, refusal) from None
        except TimeoutError:
            error, why, place = kind.too_much, "takes too long to read", "time"
        except ProcessFailed as broken:
            if task.is_cancelled or self._is_closed:
                raise ParserUnavailable(f"{call.name} was not read to its end; try again") from None
            is_slow = broken.signal == signal.SIGXCPU
            error = kind.too_much if is_slow else kind.refused
            why = "takes too long to read" if is_slow else "cannot be parsed"
            place = f"signal {broken.signal}"
        except (ValidationError, BadEdit):
            error, why, place = kind.refused, "cannot be parsed", "an answer that is none"
        else:
            return found
        _log.warning("document_given_up", extra={"job": call.job.value, "why": place})
        raise error(f"{call.name} {why}; {kind.way_out}")

    @contextmanager
    def _worker(self, task: _Task, seconds: float | None) -> Iterator[Worker]:
        """Provide a process to the body, and kill it if the body raises."""
        self._take_place(task, WAIT_S if seconds is None else seconds)
        worker: Worker | None = None
        try:
            worker = self._start(task)
            try:
                yield worker
            except Refusal as refusal:
                if refusal.kind not in ERRORS:
                    # The failure may have side effects, such as memory that is not freed.
                    worker.kill()
                raise
            except BaseException:
                worker.kill()
                raise
        finally:
            self._give_back(task, worker)

    def _take_place(self, task: _Task, seconds: float) -> None:
        queue = task.queue
        with self._changed:
            waiting = self._waiting[queue]
            waiting.append(task)
            try:
                self._changed.wait_for(
                    lambda: (
                        self._is_closed
                        or task.is_cancelled
                        or (self._free[queue] and waiting[0] is task)
                    ),
                    timeout=seconds,
                )
                is_ended = self._is_closed or task.is_cancelled
                if is_ended or not self._free[queue] or waiting[0] is not task:
                    raise ParserUnavailable(_BUSY)
                self._free[queue] -= 1
                self._tasks.add(task)
            finally:
                waiting.remove(task)
                self._changed.notify_all()

    def _start(self, task: _Task) -> Worker:
        worker = self._take_idle()
        if worker is None:
            # Starting takes a moment: do it outside the lock.
            worker = Worker(self._limits)
        with self._changed:
            task.worker = worker
            if self._is_closed or task.is_cancelled:
                worker.kill()
        return worker

    def _take_idle(self) -> Worker | None:
        """Return an idle process, if there is one; discard those that died."""
        with self._changed:
            while self._idle:
                worker = self._idle.pop()
                if worker.is_alive:
                    return worker
                worker.close()
        return None

    def _give_back(self, task: _Task, worker: Worker | None) -> None:
        with self._changed:
            self._tasks.discard(task)
            task.worker = None
            self._free[task.queue] += 1
            is_kept = (
                worker is not None
                and worker.is_alive
                and worker.asked < DOCUMENTS
                and len(self._idle) < self._warm
                and not self._is_closed
            )
            if is_kept and worker is not None:
                self._idle.append(worker)
            self._changed.notify_all()
        if worker is not None and not is_kept:
            worker.close()


def _kill(task: _Task) -> None:
    task.is_cancelled = True
    if task.worker is not None:
        task.worker.kill()


def _make_reader_error(call: Call[_T], kind: Kind, refusal: Refusal) -> Exception:
    """Return a process's refusal as the error that the reader would raise here."""
    if refusal.kind in ERRORS:
        return ERRORS[refusal.kind](refusal.why[:_MOST_SAID])
    error = kind.too_much
    if refusal.kind == OUT_OF_MEMORY:
        why = "takes too much memory to read"
    elif refusal.kind == ANSWER_TOO_LONG:
        why = "holds more than is taken at once"
    else:
        error, why = kind.refused, "cannot be parsed"
    place = f"{refusal.kind} {refusal.why}".strip()
    _log.warning("document_given_up", extra={"job": call.job.value, "why": place})
    return error(f"{call.name} {why}; {kind.way_out}")
