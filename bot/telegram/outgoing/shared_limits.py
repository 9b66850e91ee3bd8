"""Keep rate limits together with the other processes of one database, from the event loop."""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from bot.observability.logs import Threads
from knowledge.errors import DatabaseUnavailable
from knowledge.update_queue.shared_rate_limits import Place, Request, SharedRateLimits, Taken

#: Seconds after which a database that does not answer counts as failed.
PATIENCE_SECONDS: Final = 5.0

_T = TypeVar("_T")


class SharedLimits:
    """Takes turns that count for all processes; those asked for meanwhile share a statement.

    ``clock`` gives seconds since 1970: all processes have the same.
    """

    def __init__(
        self,
        limits: SharedRateLimits,
        clock: Callable[[], float] = time.time,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._limits, self.clock, self._patience = limits, clock, patience
        self._thread = Threads(1, thread_name_prefix="limits")
        self._asked: list[tuple[Sequence[Request], asyncio.Future[Taken]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def take(self, requests: Sequence[Request]) -> Taken:
        """Take turns as far as the limits allow them.

        Raises DatabaseFailed if the database fails or does not answer in time.
        """
        answer: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._asked.append((requests, answer))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        try:
            async with asyncio.timeout(self._patience):
                return await answer
        except TimeoutError:
            raise DatabaseUnavailable(
                "the database does not answer in time; run `tathabbat doctor` to see what is wrong"
            ) from None

    async def hold(self, place: Place, even_at: float) -> None:
        """Let no process take turns at a place before a moment. Raises as ``take`` does."""
        await self._off_loop(partial(self._limits.hold, place, even_at))

    async def close(self) -> None:
        """Give the database connection back, unless the database does not answer."""
        closing = asyncio.ensure_future(self._off_loop(self._limits.close))
        # Not cancelled if it takes longer: the connection is closed whenever the database answers.
        await asyncio.wait((closing,), timeout=self._patience)
        self._thread.shutdown(wait=False)

    async def _ask(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, []
            requests = [request for several, _ in asked for request in several]
            try:
                taken = await self._off_loop(partial(self._limits.take, requests, self.clock()))
            except Exception as error:  # noqa: BLE001 - handed to whoever asked
                for _, answer in asked:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            waits = iter(taken.waits)
            for several, answer in asked:
                own = tuple(next(waits) for _ in several)
                if not answer.done():
                    answer.set_result(Taken(own, taken.even_at))

    async def _off_loop(self, act: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)
