"""How updates arrive: one at a time for each person, and never acknowledged before they are done.

Telegram keeps an update until it is acknowledged (by the next ``getUpdates``, or by the webhook's
200). Both ways in here wait for the answer first, so a crash brings the update back instead of
losing it. One that takes longer than ``PATIENCE_SECONDS`` is acknowledged while it is still being
answered: one stuck claim must not hold up everybody else's.
"""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from telegram import Update
from telegram.ext import BaseUpdateProcessor

from bot.telegram.context import App

#: How long an update is waited for before it is acknowledged unfinished.
PATIENCE_SECONDS = 10.0
#: How long a stop waits for what is being answered.
FAREWELL_SECONDS = 10.0
# Waiting is cheap (the conversation has its own few threads); this only bounds memory.
_AT_ONCE = 256

_T = TypeVar("_T")


class PersonByPerson(BaseUpdateProcessor):
    """Works on many people's updates at once and on each person's in the order they came."""

    def __init__(self) -> None:
        super().__init__(_AT_ONCE)
        # A lock lives for as long as somebody holds or awaits it.
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Await ``coroutine`` when the person's earlier updates are done."""
        person = update.effective_user if isinstance(update, Update) else None
        key = 0 if person is None else person.id
        turn = self._turns.setdefault(key, asyncio.Lock())
        try:
            async with turn:
                await coroutine
        finally:
            # Cancelled in line: a coroutine that never began is closed, not left behind.
            if isinstance(coroutine, Coroutine):
                coroutine.close()

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to release."""


class Counter:
    """Takes updates in and keeps hold of those not answered yet."""

    def __init__(self, application: App) -> None:
        self._application = application
        self._open: set[asyncio.Task[None]] = set()

    async def attend(self, updates: Iterable[Update], patience: float = PATIENCE_SECONDS) -> None:
        """Start on every update and return when all are answered, or after ``patience`` seconds."""
        tasks = [asyncio.create_task(self._process(update)) for update in updates]
        for task in tasks:
            self._open.add(task)
            task.add_done_callback(self._open.discard)
        if tasks:
            await asyncio.wait(tasks, timeout=patience)

    async def close(self, patience: float = FAREWELL_SECONDS) -> None:
        """Let what is open finish within ``patience`` seconds; cancel the rest."""
        if not self._open:
            return
        _, late = await asyncio.wait(set(self._open), timeout=patience)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _process(self, update: Update) -> None:
        application = self._application
        await application.update_processor.process_update(
            update, application.process_update(update)
        )


async def unless_stopped(work: Awaitable[_T], stop: asyncio.Event) -> _T | None:
    """Return what ``work`` returns (or raise what it raises); None when ``stop`` came first."""
    task = asyncio.ensure_future(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        stopping.cancel()
        task.cancel()
        await asyncio.gather(task, stopping, return_exceptions=True)
