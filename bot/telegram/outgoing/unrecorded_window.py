"""Limit the messages that may be sent but not yet recorded: the most that can be repeated."""

import asyncio
from types import TracebackType

from knowledge.errors import DatabaseFailed


class UnrecordedWindow:
    """A semaphore around sending and recording a message.

    A message that could not be recorded keeps its place until the database answers again: a process
    that is cut off from it sends no more than the window holds, while others take over its work.
    """

    def __init__(self, places: int) -> None:
        self._places, self._kept = asyncio.Semaphore(places), 0

    async def __aenter__(self) -> None:
        await self._places.acquire()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, DatabaseFailed):
            self._kept += 1
        else:
            self._places.release()

    @property
    def is_full(self) -> bool:
        """Whether the next message has to wait."""
        return self._places.locked()

    def reopen(self) -> None:
        """Give back the places that were kept: the database answers."""
        while self._kept:
            self._kept -= 1
            self._places.release()
