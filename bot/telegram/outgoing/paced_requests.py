"""Rate-limit the bot's requests to Telegram; all of them pass through here."""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.telegram.outgoing.pacing import Pacing
from bot.telegram.outgoing.rate_limits import Limits
from bot.telegram.outgoing.sending import requested_pause
from bot.telegram.outgoing.shared_limits import SharedLimits
from knowledge.errors import DatabaseFailed
from knowledge.update_queue.shared_rate_limits import Request, Turn

logger = logging.getLogger(__name__)

#: Methods that count against Telegram's limits: messages and their edits.
_PACED: Final = frozenset(
    {
        "sendMessage", "sendPhoto", "sendMediaGroup", "editMessageText", "editMessageReplyMarkup",
        "forwardMessage",
    }
)  # fmt: skip
#: A turn that is further away is not waited for: a reply gives up its worker to others.
PATIENCE_SECONDS: Final = 2.0


class Pacer(BaseRateLimiter[None]):
    """Delays messages until the limits allow them, and keeps the pauses that Telegram asks for."""

    def __init__(
        self,
        pacing: Pacing,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._pacing, self._clock, self._sleep = pacing, clock, sleep

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to release."""

    def wait(self, chat: int) -> float:
        """Return the seconds until a message to ``chat`` may be sent, as far as is known here."""
        return self._pacing.wait(chat, self._clock())

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,
    ) -> Any:
        """Make a request as soon as the limits allow it. Raises what the request raises."""
        chat = _chat(data) if endpoint in _PACED else None
        if chat is None:
            return await callback(*args, **kwargs)
        await self._await_turn(chat)
        try:
            return await callback(*args, **kwargs)
        except RetryAfter as error:
            await self._hold(chat, requested_pause(error).total_seconds())
            raise

    async def _await_turn(self, chat: int) -> None:
        await self._until(self._pacing.take_chat(chat, self._clock()))
        await self._until(self._pacing.take_all(self._clock()))

    async def _hold(self, chat: int, seconds: float) -> None:
        self._pacing.hold(chat, seconds, self._clock())

    async def _until(self, seconds: float) -> None:
        if seconds > 0:
            await self._sleep(seconds)


class SharedPacer(Pacer):
    """Keeps to Telegram's limits together with the bot's other processes, and to their pauses.

    While the database fails, it keeps to a part of the limits alone.
    """

    def __init__(
        self,
        limits: Limits,
        name: Callable[[int], str],
        shared: SharedLimits,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(Pacing(limits, name), shared.clock, sleep)
        self._shared, self._failing = shared, False
        self._alone = Pacer(Pacing(limits.alone(), name), shared.clock, sleep)

    async def _await_turn(self, chat: int) -> None:
        """Wait for a turn. Raises ``RetryAfter``, before anything is sent, if that is far away."""
        for turns in self._pacing.steps(chat, self._clock()):
            try:
                wait = await self._take(turns)
            except DatabaseFailed as error:
                self._note(type(error).__name__)
                await self._alone._await_turn(chat)
                return
            self._note(None)
            if wait > PATIENCE_SECONDS:
                raise RetryAfter(math.ceil(wait))
            await self._until(wait)

    async def _take(self, turns: tuple[Turn, ...]) -> float:
        taken = await self._shared.take([Request(turns, PATIENCE_SECONDS)])
        self._pacing.learn({turn.place: taken.even_at[turn.place] for turn in turns}, self._clock())
        (wait,) = taken.waits
        return wait

    async def _hold(self, chat: int, seconds: float) -> None:
        await self._alone._hold(chat, seconds)
        place, even_at = self._pacing.hold(chat, seconds, self._clock())
        try:
            await self._shared.hold(place, even_at)
        except DatabaseFailed as error:
            self._note(type(error).__name__)

    def _note(self, error: str | None) -> None:
        """Log once that the limits are shared no more, and once that they are again."""
        if error is not None and not self._failing:
            logger.warning("limits_not_shared", extra={"error": error})
        elif error is None and self._failing:
            logger.info("limits_shared_again")
        self._failing = error is not None


def _chat(data: dict[str, Any]) -> int | None:
    chat = data.get("chat_id")
    return chat if isinstance(chat, int) else None
