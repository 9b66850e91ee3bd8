"""An inbox for tests that wait for nothing: its clock jumps to whatever everything waits for."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.telegram.incoming.update_store import UpdateStore
from knowledge.domain import now
from knowledge.storage.database import Sessions
from knowledge.update_queue import queued_updates
from knowledge.update_queue.queued_updates import LeasedUpdate, NewUpdate, Stored
from tests.e2e.echo_bot import SECRET

#: Longer than the pauses before something is tried again for the first few times.
_JUMP: Final = timedelta(minutes=1)
#: Seconds until a placeholder is due where none is wanted: more than the clock ever jumps.
NO_PLACEHOLDER: Final = 1e6
#: What is open for longer, while nothing else is done, is stuck.
_PATIENCE_SECONDS: Final = 30.0


class HurriedInbox(UpdateStore):
    """An inbox whose clock jumps ahead where nothing is in hand and nothing is due.

    ``wake`` has the workers look again.
    """

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, SECRET, clock=self._read)
        self.wake: Callable[[], None] = lambda: None
        #: How many updates were open when some were stored last.
        self.waiting = 0
        #: The numbers of what it was given to keep.
        self.given: set[int] = set()
        self._all, self._ahead = sessions, timedelta()
        self._looked = asyncio.Event()
        # Looks that were begun, and the last of them that found nothing at all.
        self._asked, self._nothing = 0, -1

    async def store(self, arriving: Sequence[NewUpdate]) -> Stored:
        """Keep what comes in, and note how much is open."""
        self.given |= {each.id for each in arriving}
        stored = await super().store(arriving)
        self.waiting = stored.waiting
        return stored

    async def take(self, limit: int, in_hand: Collection[int]) -> list[LeasedUpdate]:
        """Take what is due."""
        asked = self._asked
        taken = await super().take(limit, in_hand)
        if not taken and not in_hand:
            self._nothing = asked
        self._looked.set()
        return taken

    async def drained(self) -> int:
        """Wait until nothing is open; returns how many updates are stuck, none if all is well."""
        self.waiting, since, fresh = self._open(), time.monotonic(), self._asked + 1
        while self.waiting and time.monotonic() - since < _PATIENCE_SECONDS:
            self._looked.clear()
            self._asked += 1
            self.wake()
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._looked.wait()
            if self._nothing >= fresh:
                self._ahead += _JUMP
                fresh = self._asked + 1
            left = self._open()
            if left != self.waiting:
                self.waiting, since = left, time.monotonic()
        return self.waiting

    def _read(self) -> datetime:
        return now() + self._ahead

    def _open(self) -> int:
        with self._all() as session:
            return queued_updates.count_waiting(session)
