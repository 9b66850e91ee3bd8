"""Telegram without a wire: the loopback server's rules, called in place of an HTTP request."""

import json
from http import HTTPStatus
from typing import IO, Any, Final
from urllib.parse import urlsplit

from telegram.request import BaseRequest, RequestData

from tests.e2e.bot_api_server import BotApiServer

#: Nobody connects to it: only the path of an address is looked at.
ADDRESS: Final = "http://telegram.invalid"


class OfflineTelegram(BaseRequest):
    """Carries a bot's calls to a server that was never started; what it notes is all there."""

    def __init__(self, server: BotApiServer) -> None:
        self._server = server

    @property
    def read_timeout(self) -> float | None:
        """Nothing takes time here."""
        return None

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        *timeouts: Any,
        **more_timeouts: Any,
    ) -> tuple[int, bytes]:
        """Answer one call, or hand out a file. Raises UnicodeEncodeError where no wire could."""
        path = urlsplit(url).path
        if method == "GET":
            data = self._server.files.get(path.rpartition("/")[2])
            return (HTTPStatus.NOT_FOUND, b"{}") if data is None else (HTTPStatus.OK, data)
        _, bot, name = path.split("/", 2)
        given: dict[str, str] = {}
        if request_data is not None:
            given = dict(request_data.json_parameters)
            for field, (_, content, *_) in (request_data.multipart_data or {}).items():
                given[field] = _bytes(content).decode("latin-1")
        for value in given.values():
            value.encode()
        status, body = await self._server.respond(bot.removeprefix("bot"), name, given, self)
        return status, json.dumps(body).encode()


def _bytes(content: bytes | IO[bytes]) -> bytes:
    return content if isinstance(content, bytes) else content.read()
