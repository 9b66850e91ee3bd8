"""Await, sleep and repeat until a stop event is set, and which signals set it."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

_T = TypeVar("_T")


def list_stop_signals() -> list[signal.Signals]:
    """Return the signals that end the program; a hangup is none where it is ignored (nohup)."""
    found = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        found.append(signal.SIGHUP)
    return found


async def unless_stopped(work: Awaitable[_T], stop: asyncio.Event) -> _T | None:
    """Return the result of ``work``; None if ``stop`` was set first."""
    task = asyncio.ensure_future(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        stopping.cancel()
        task.cancel()
        await asyncio.gather(task, stopping, return_exceptions=True)


async def sleep_until_stopped(seconds: float, stop: asyncio.Event) -> None:
    """Sleep for ``seconds``, or until ``stop`` is set."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


@contextlib.asynccontextmanager
async def repeat_during(act: Callable[[], Awaitable[None]], seconds: float) -> AsyncIterator[None]:
    """Run ``act``, which must not raise, every ``seconds`` while the body runs."""

    async def repeat() -> None:
        while True:
            await asyncio.sleep(seconds)
            await act()

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
