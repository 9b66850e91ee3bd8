"""A Bot API server on a bad day: refusals, broken connections, updates twice and out of order.

What happens when is a function of the seed and of the order of requests.
"""

import asyncio
import json
import random
from collections.abc import Mapping
from typing import Any, Final

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from tests.e2e.bot_api_server import BotApiServer, ConnectionBroken, Told

#: How often out of a thousand requests each thing happens to a message.
_TOO_MANY, _BROKEN, _UNHEARD, _UNANSWERED = 8, 40, 40, 40
_REORDERED_WITHIN: Final = 5
_AGAIN: Final = 0.2
_PAUSE_SECONDS: Final = 0.02


class ChaoticServer(BotApiServer):
    """Keeps Telegram's contract, barely."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._rng = random.Random(seed)  # noqa: S311 - a seed, not a secret
        self._given: list[dict[str, Any]] = []
        #: What went wrong, by name.
        self.mishaps: dict[str, int] = {}

    async def answer(self, method: str, given: Mapping[str, str], caller: object) -> Any:
        """Return the result of one call, or have it fail. Raises Refused or ConnectionBroken."""
        if method not in {"sendMessage", "editMessageText", "getUpdates"}:
            return await super().answer(method, given, caller)
        chance = self._rng.randrange(1000)
        for name, share in (
            ("too many", _TOO_MANY),
            ("broken", _BROKEN),
            ("unheard", _UNHEARD),
            ("unanswered", _UNANSWERED),
        ):
            chance -= share
            if chance < 0:
                return await self._fail(name, method, given, caller)
        return await super().answer(method, given, caller)

    async def _fail(self, name: str, method: str, given: Mapping[str, str], caller: object) -> Any:
        self.mishaps[name] = self.mishaps.get(name, 0) + 1
        if name == "too many":
            raise Told("Too Many Requests: retry after 1", 429, 1)
        if name == "broken":
            raise Told("Internal Server Error", 500)
        if name == "unanswered":
            await super().answer(method, given, caller)
        raise ConnectionBroken

    def _batch(self, limit: int) -> list[dict[str, Any]]:
        batch = super()._batch(limit)
        if not batch:
            return batch
        again = [each for each in self._given[-10:] if self._rng.random() < _AGAIN]
        self._given += batch
        mixed = batch + again
        self._rng.shuffle(mixed)
        return mixed

    async def _push(self, url: str, secret: str | None) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret or ""}
        while self._updates and not self._stop.is_set():
            update = self._rng.choice(self._updates[:_REORDERED_WITHIN])
            if self._given and self._rng.random() < _AGAIN:
                update = self._rng.choice(self._given)
            request = HTTPRequest(url, method="POST", body=json.dumps(update), headers=headers)
            try:
                await AsyncHTTPClient().fetch(request)
                heard = self._rng.randrange(1000) >= _UNANSWERED
            except (HTTPClientError, OSError):
                heard = False
            # Where Telegram does not hear the 200, it brings the update again.
            if not heard:
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            with self._changed:
                self._given.append(update)
                self._updates[:] = [each for each in self._updates if each is not update]
