"""ASGI applications on sockets of their own: in a thread beside the program, or within its loop."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

#: Requests served at once; more are told to come back. Telegram makes 40 at most.
_AT_ONCE: Final = 64
_IDLE_SECONDS: Final = 10
_BACKLOG: Final = 128
_HEADER_BYTES: Final = 64 * 2**10


class CannotListen(Exception):
    """Nothing can be served there; the message is why, for whoever names the setting."""


def address_of(bind: str) -> tuple[str, int]:
    """Return the host and the port of "host:port". Raises CannotListen where it is none.

    The port alone is none: it would be that of every address this machine has.
    """
    host, _, port = bind.rpartition(":")
    try:
        number = int(port)
    except ValueError:
        number = -1
    if not host or not 0 <= number < 2**16:
        raise CannotListen("not host:port")
    return host.strip("[]"), number


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise CannotListen(reason or type(error).__name__) from error


@contextmanager
def beside(
    application: ASGIApp, listener: socket.socket, patience: int, proxies: Sequence[str] = ()
) -> Iterator[None]:
    """Serve from a thread of its own while the body runs.

    At the end what is in hand is answered, for ``patience`` seconds at most. Who asks is read of
    ``X-Forwarded-For`` where one of ``proxies`` (addresses or networks) passes the request on: the
    last address there that is not itself a proxy's.
    """
    server = _server(application, patience, proxies)
    with listener:
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="serving", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(patience)


@asynccontextmanager
async def within(
    application: ASGIApp, listener: socket.socket, patience: int
) -> AsyncIterator[None]:
    """Serve within the running loop while the body runs; ends as ``beside``."""
    server = _server(application, patience, ())
    with listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield
        finally:
            server.should_exit = True
            await serving


class _Server(uvicorn.Server):
    """A server that leaves signals to the program it is part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield


def _server(application: ASGIApp, patience: int, proxies: Sequence[str]) -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            application,
            # Addresses hold tokens of sign-in links, requests what people write: no line of either.
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=True,
            lifespan="off",
            ws="none",
            # Always said: uvicorn would ask the environment, and believe this machine.
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            limit_concurrency=_AT_ONCE,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=patience,
            h11_max_incomplete_event_size=_HEADER_BYTES,
        )
    )
