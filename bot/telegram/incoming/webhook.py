"""Receive updates by webhook: store them, then answer Telegram's request."""

import contextlib
import hmac
import json
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Final, TypeAlias
from urllib.parse import unquote, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot import serving
from bot.observability import telemetry
from bot.observability.refused_requests import RefusalLog
from bot.telegram.errors import WebhookUnavailable
from bot.telegram.incoming.intake import Intake, find_update_id
from bot.telegram.outgoing.send_errors import log_fields
from knowledge.errors import DatabaseFailed

logger = logging.getLogger(__name__)

#: Header in which Telegram repeats the secret given to ``setWebhook`` (Bot API).
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
# Maximum bytes of a body; an update has a few kilobytes.
_BODY_BYTES: Final = 1 << 20
#: The proxy that terminates TLS runs on this machine: its connections are many peers'.
_PROXIES: Final = ("127.0.0.0/8", "::1/128")
#: Seconds that a stop waits for open requests; with the workers' shutdown it takes ten.
_PATIENCE_SECONDS: Final = 2

#: Stores raw updates on disk.
Store: TypeAlias = Callable[[Sequence[object]], Awaitable[None]]


class WebhookEndpoint:
    """The webhook's ASGI application: one update per request.

    Answers 200 if it is stored, 400 if it is not an update, 403 without the secret, 413 if it is
    too large, and 503 (500 for a fault of ours) if it cannot be stored: Telegram then retries. Of
    a request only its refusal's status is logged, once a minute.
    """

    def __init__(self, store: Store, path: str, secret: str) -> None:
        self._store, self._path, self._secret = store, path, secret.encode()
        self._refusals = RefusalLog(telemetry.Listener.WEBHOOK, logger, logging.WARNING)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        status = await self._status(Request(scope, receive))
        if status is not HTTPStatus.OK:
            self._refusals.note(status=status.value)
        allow = {"Allow": "POST"} if status is HTTPStatus.METHOD_NOT_ALLOWED else None
        await Response(status_code=status, headers=allow)(scope, receive, send)

    async def _status(self, request: Request) -> HTTPStatus:
        if request.scope["path"] != self._path:
            return HTTPStatus.NOT_FOUND
        if request.method != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        if not self._is_secret(request.headers.get(SECRET_HEADER, "")):
            return HTTPStatus.FORBIDDEN
        try:
            body = await _read_body(request)
        except ClientDisconnect:
            return HTTPStatus.BAD_REQUEST
        if body is None:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            return HTTPStatus.BAD_REQUEST
        if find_update_id(update) is None:
            return HTTPStatus.BAD_REQUEST
        return await self._stored(update)

    async def _stored(self, update: object) -> HTTPStatus:
        try:
            await self._store([update])
        except Exception as error:  # noqa: BLE001 - a server's own trace would quote the update
            logger.error("update_not_stored", extra=log_fields(error))
            if isinstance(error, DatabaseFailed):
                return HTTPStatus.SERVICE_UNAVAILABLE
            return HTTPStatus.INTERNAL_SERVER_ERROR
        return HTTPStatus.OK

    def _is_secret(self, secret: str) -> bool:
        """Whether ``secret`` is correct, compared in constant time."""
        return hmac.compare_digest(secret.encode(errors="replace"), self._secret)


async def _read_body(request: Request) -> bytes | None:
    """Return the body; None as soon as it is too large."""
    announced = request.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced[:20]) > _BODY_BYTES:
        return None
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _BODY_BYTES:
            return None
    return bytes(body)


@contextlib.asynccontextmanager
async def webhook_server(
    intake: Intake, webhook_url: str, host: str, port: int, secret: str
) -> AsyncIterator[None]:
    """Serve the path of ``webhook_url`` on ``host``:``port`` while the body runs.

    Raises ``WebhookUnavailable`` if it cannot listen there.
    """
    endpoint = WebhookEndpoint(intake.store, unquote(urlsplit(webhook_url).path) or "/", secret)
    try:
        listener = serving.listen(host, port)
    except serving.CannotListen as error:
        raise WebhookUnavailable(f"{host}:{port} cannot be listened on: {error}") from None
    async with serving.serve_in_loop(endpoint, listener, _PATIENCE_SECONDS, _PROXIES):
        yield


def new_secret() -> str:
    """Generate a secret that Telegram accepts (letters, digits, ``_`` and ``-``, at most 256)."""
    return secrets.token_urlsafe(32)
