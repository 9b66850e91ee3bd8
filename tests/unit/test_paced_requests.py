"""Requests wait for their turn by a clock that only the waiting moves."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from telegram.error import RetryAfter

from bot.telegram.outgoing.paced_requests import Pacer
from bot.telegram.outgoing.pacing import Pacing
from bot.telegram.outgoing.rate_limits import Limits


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class Requests:
    def __init__(self) -> None:
        self.clock = Clock()
        self.pacer = Pacer(Pacing(Limits()), self.clock, self.clock.sleep)
        self.made: list[float] = []

    async def make(
        self,
        endpoint: str,
        data: dict[str, Any],
        request: Callable[[], Coroutine[Any, Any, Any]] | None = None,
    ) -> Any:
        async def noted() -> str:
            self.made.append(self.clock.now)
            return "done"

        return await self.pacer.process_request(request or noted, (), {}, endpoint, data, None)


async def test_messages_wait_and_signs_do_not() -> None:
    requests = Requests()
    for _ in range(6):
        assert await requests.make("sendMessage", {"chat_id": 5}) == "done"
    await requests.make("answerCallbackQuery", {"callback_query_id": "1"})
    await requests.make("sendMessage", {"chat_id": 6})
    assert requests.made == [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 2.0, 2.0]


async def test_a_pause_telegram_asks_for_holds_what_comes_next() -> None:
    requests = Requests()

    async def refused() -> None:
        raise RetryAfter(9)

    with pytest.raises(RetryAfter):
        await requests.make("sendMessage", {"chat_id": 5}, refused)
    assert requests.pacer.wait(6) == 9.0
    await requests.make("editMessageText", {"chat_id": 6})
    assert requests.made == [9.0]
