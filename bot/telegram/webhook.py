"""Take updates in from Telegram's own requests: a small HTTP server behind the public address."""

import contextlib
import hmac
import json
import logging
import re
import secrets
import socket
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from tornado.httpserver import HTTPServer
from tornado.web import Application as WebApplication
from tornado.web import HTTPError, RequestHandler

from bot.telegram.errors import WebhookUnavailable
from bot.telegram.intake import Intake, number_of

logger = logging.getLogger(__name__)

#: Header in which Telegram repeats the secret given to ``setWebhook`` (Bot API).
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
# An update is a few kilobytes; anything near this is not one.
_BODY_BYTES = 1 << 20


class Door:
    """What every request needs: who may come in, and where updates go."""

    def __init__(self, intake: Intake, secret: str) -> None:
        self.intake = intake
        self._secret = secret.encode()

    def opens_to(self, secret: str) -> bool:
        """Whether ``secret`` is the right one, compared in constant time."""
        return hmac.compare_digest(secret.encode(errors="replace"), self._secret)


class _UpdateHandler(RequestHandler):
    """One update a request: 200 when it is stored, 403 without the secret, 400 if it is none.

    500 where it cannot be stored: Telegram brings it again.
    """

    def initialize(self, door: Door) -> None:
        self._door = door

    async def post(self) -> None:
        if not self._door.opens_to(self.request.headers.get(SECRET_HEADER, "")):
            raise HTTPError(HTTPStatus.FORBIDDEN)
        try:
            update = json.loads(self.request.body)
        except ValueError:
            raise HTTPError(HTTPStatus.BAD_REQUEST) from None
        if number_of(update) is None:
            raise HTTPError(HTTPStatus.BAD_REQUEST)
        await self._door.intake.store([update])

    def log_exception(self, *_: Any) -> None:
        """Tornado would print the whole request; a refusal is not this side's failure."""


@contextlib.asynccontextmanager
async def webhook_server(
    intake: Intake, webhook_url: str, host: str, port: int, secret: str
) -> AsyncIterator[None]:
    """Serve the path of ``webhook_url`` on ``host``:``port``; store what comes.

    Raises ``WebhookUnavailable`` when the address cannot be listened on.
    """
    door = Door(intake, secret)
    path = re.escape(urlsplit(webhook_url).path or "/")
    web = WebApplication([(path, _UpdateHandler, {"door": door})], log_function=_log_request)
    server = HTTPServer(web, max_body_size=_BODY_BYTES)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        reason = f"{host}:{port} cannot be listened on: {error.strerror}"
        raise WebhookUnavailable(reason) from None
    listening.setblocking(False)
    server.add_socket(listening)
    try:
        yield
    finally:
        server.stop()
        await server.close_all_connections()


def new_secret() -> str:
    """Return a secret Telegram accepts (letters, digits, ``_`` and ``-``, at most 256)."""
    return secrets.token_urlsafe(32)


def _log_request(handler: RequestHandler) -> None:
    status = handler.get_status()
    if status != HTTPStatus.OK:
        logger.warning("webhook_refused", extra={"status": status})
