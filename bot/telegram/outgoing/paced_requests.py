"""Rate-limit the bot's requests to Telegram; all of them pass through here."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.telegram.outgoing.pacing import Pacing
from bot.telegram.outgoing.sending import requested_pause

#: Methods that count against Telegram's limits: messages and their edits.
_PACED: Final = frozenset(
    {
        "sendMessage", "sendPhoto", "sendMediaGroup", "editMessageText", "editMessageReplyMarkup",
        "forwardMessage",
    }
)  # fmt: skip


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
        """Return the seconds until a message to ``chat`` may be sent."""
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
        await self._until(self._pacing.take_chat(chat, self._clock()))
        await self._until(self._pacing.take_all(self._clock()))
        try:
            return await callback(*args, **kwargs)
        except RetryAfter as error:
            self._pacing.hold(chat, requested_pause(error).total_seconds(), self._clock())
            raise

    async def _until(self, seconds: float) -> None:
        if seconds > 0:
            await self._sleep(seconds)


def _chat(data: dict[str, Any]) -> int | None:
    chat = data.get("chat_id")
    return chat if isinstance(chat, int) else None
