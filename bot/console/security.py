"""Secure requests: response headers, body size, slow requests, attempts per address."""

import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from anyio import CapacityLimiter
from cachetools import LRUCache
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.console.errors import TooBusy, TooLarge, TooManyTries

#: Bytes of a body: a long pasted report in which every letter is percent-encoded.
MAX_BODY: Final = 8 * 2**20
#: Concurrent requests that read documents: of all moderators, and of one. Documents are read one
#: after the other, up to 20 seconds each: with more, people would wait too long.
SLOW, SLOW_OF_ONE = 8, 2
#: Bytes read and discarded of an oversized body, so that the browser shows the answer.
_DRAINED: Final = 64 * 2**20

_CSP: Final = "; ".join(
    (
        "default-src 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": _CSP,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # A sign-in link must not leak in the Referer header.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex",
}
_HSTS: Final = "max-age=31536000"


class Headers:
    """Adds security headers to every response."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = _HEADERS | ({"Strict-Transport-Security": _HSTS} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, with_headers)


class BodyLimit:
    """Limits the size of bodies: reading more raises ``TooLarge``."""

    def __init__(self, app: ASGIApp, most: int = MAX_BODY) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting the body's bytes."""
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                await _drain(receive, message, taken)
                raise TooLarge(f"more than {self._most} bytes were sent")
            return message

        await self._app(scope, counted, send)


async def _drain(receive: Receive, message: Message, taken: int) -> None:
    """Read on and discard: a browser that cannot finish sending shows no answer."""
    while message.get("more_body") and taken <= _DRAINED:
        message = await receive()
        taken += len(message.get("body", b""))


class SlowRequests:
    """Limits concurrent slow requests and gives them threads of their own.

    In the shared threads they would keep everybody waiting. Use it from one event loop.
    """

    def __init__(self, most: int = SLOW, of_one: int = SLOW_OF_ONE) -> None:
        self.threads = CapacityLimiter(most)
        self._most, self._of_one = most, of_one
        self._in_hand: Counter[str] = Counter()

    @contextmanager
    def place(self, person: str) -> Iterator[None]:
        """Hold a place for a person while the body runs. Raises TooBusy if none is free."""
        if self._in_hand.total() >= self._most or self._in_hand[person] >= self._of_one:
            raise TooBusy(f"{self._in_hand.total()} reports are read")
        self._in_hand[person] += 1
        try:
            yield
        finally:
            self._in_hand[person] -= 1
            if not self._in_hand[person]:
                del self._in_hand[person]


class TryLimit:
    """Limits the attempts of one address within a period."""

    def __init__(self, tries: int, seconds: float, addresses: int = 10_000) -> None:
        self._tries, self._seconds = tries, seconds
        self._seen: LRUCache[str, deque[float]] = LRUCache(addresses)

    def count(self, address: str) -> None:
        """Count an attempt. Raises TooManyTries if there were too many."""
        moment = time.monotonic()
        seen = self._seen.setdefault(address, deque(maxlen=self._tries))
        if len(seen) == self._tries and moment - seen[0] < self._seconds:
            raise TooManyTries(f"{self._tries} tries within {self._seconds:.0f} seconds")
        seen.append(moment)
