"""A Bot API server before several webhooks, and a connection to a database that can be cut."""

import asyncio
import itertools
import json
import os
import selectors
import socket
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from tests.e2e.bot_api_server import BotApiServer

#: Rounds of all replicas before an update is given up.
_ROUNDS = 20
_REQUEST_S = 10.0
_CHUNK = 1 << 16


class BalancedServer(BotApiServer):
    """Delivers each update to the next replica, and to one more where that one does not take it.

    So does a load balancer, and Telegram, which delivers again what was not taken.
    """

    def __init__(self, replicas: Sequence[str]) -> None:
        super().__init__()
        #: Which replica took an update, by its number.
        self.taken_by: dict[int, int] = {}
        #: Seconds that a message takes.
        self.latency = 0.0
        self._replicas = replicas
        self._turn = itertools.cycle(range(len(replicas)))

    async def answer(self, method: str, given: Mapping[str, str], caller: object) -> Any:
        """Do what is asked, as slowly as Telegram does."""
        latency = self.latency if method == "sendMessage" else 0.0
        await asyncio.sleep(latency / 2)
        result = await super().answer(method, given, caller)
        await asyncio.sleep(latency / 2)
        return result

    async def _push(self, url: str, secret: str | None) -> None:
        headers = {"Content-Type": "application/json"}
        if secret is not None:
            headers["X-Telegram-Bot-Api-Secret-Token"] = secret
        while self._updates:
            update = self._updates[0]
            for _ in range(_ROUNDS * len(self._replicas)):
                replica = next(self._turn)
                request = HTTPRequest(
                    self._replicas[replica],
                    method="POST",
                    body=json.dumps(update),
                    headers=headers,
                    request_timeout=_REQUEST_S,
                )
                if await _is_taken(request):
                    break
            else:
                self.note("no replica took an update")
                return
            with self._changed:
                self.taken_by[update["update_id"]] = replica
                self._acknowledge(update["update_id"])


async def _is_taken(request: HTTPRequest) -> bool:
    try:
        response = await AsyncHTTPClient().fetch(request, raise_error=False)
    except OSError:
        # It was killed meanwhile.
        return False
    return response.code == 200


class Wire:
    """A connection to a PostgreSQL server's socket, in a folder of its own, that can be cut."""

    def __init__(self, server: Path) -> None:
        (self._target,) = server.glob(".s.PGSQL.*[0-9]")
        self._made = tempfile.TemporaryDirectory(prefix="wire-")
        self.folder = Path(self._made.name)
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._listener: socket.socket | None = None

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cut()
        self._made.cleanup()

    def mend(self) -> None:
        """Let connections through."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.folder / self._target.name))
        listener.listen(64)
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """End all connections and refuse new ones."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        (self.folder / self._target.name).unlink()
        with self._lock:
            for end in (listener, *self._ends):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            self._ends.clear()

    def _accept(self, listener: socket.socket) -> None:
        with listener:
            while True:
                try:
                    near, _ = listener.accept()
                except OSError:
                    return
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self._target))
                with self._lock:
                    if self._listener is listener:
                        self._ends |= {near, far}
                    else:
                        near.shutdown(socket.SHUT_RDWR)
                threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with near, far, selectors.DefaultSelector() as ready:
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            with suppress(OSError):
                while True:
                    for key, _ in ready.select():
                        data = os.read(key.fd, _CHUNK)
                        if not data:
                            return
                        key.data.sendall(data)
        with self._lock:
            self._ends -= {near, far}


def free_ports(count: int) -> list[int]:
    """Return ports of this machine that nothing listens on."""
    bound = [socket.socket() for _ in range(count)]
    for each in bound:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in bound]
    for each in bound:
        each.close()
    return ports
