"""Serve ASGI applications on uvicorn: in a thread beside the program, or within its loop."""

import asyncio
import logging
import math
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from bot.serving.connection_limits import Limits
from bot.serving.deadlines import BoundedProtocol, bounded_protocol

#: Connections that the kernel keeps until they are accepted, and that are accepted at a time: each
#: is a file descriptor before it can be counted.
_BACKLOG: Final = 128
_LIMITS: Final = Limits()
#: What a stop takes beside its patience: uvicorn looks ten times a second whether it is to end.
_MARGIN_SECONDS: Final = 1.0


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
    application: ASGIApp,
    listener: socket.socket,
    patience: int,
    proxies: Sequence[str] = (),
    limits: Limits = _LIMITS,
) -> Iterator[None]:
    """Serve from a thread of its own while the body runs.

    At the end what is in hand is answered, for ``patience`` seconds at most. Who asks is read of
    ``X-Forwarded-For`` where one of ``proxies`` (addresses or networks) passes the request on: the
    last address there that is not itself a proxy's. A proxy's connections are many people's: only
    the bound on all connections holds for them.
    """
    server = _server(application, patience, proxies, limits)
    with listener:
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="serving", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(patience + _MARGIN_SECONDS)


@asynccontextmanager
async def within(
    application: ASGIApp,
    listener: socket.socket,
    patience: int,
    proxies: Sequence[str] = (),
    limits: Limits = _LIMITS,
) -> AsyncIterator[None]:
    """Serve within the running loop while the body runs; all else is as ``beside`` says."""
    server = _server(application, patience, proxies, limits)
    with listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield
        finally:
            server.should_exit = True
            await serving


class _Server(uvicorn.Server):
    """A server that leaves signals to the program it is part of, and no connection behind."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what is in hand, then close what a peer still holds open."""
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            if isinstance(connection, BoundedProtocol):
                connection.transport.abort()
        # They are told so in the loop's next turn.
        await asyncio.sleep(0)


def _server(
    application: ASGIApp, patience: int, proxies: Sequence[str], limits: Limits
) -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            application,
            # Whatever else is installed: the bounds rest on these two.
            loop="asyncio",
            http=bounded_protocol(limits, proxies),
            # Addresses hold tokens of sign-in links, requests what people write: no line of either.
            access_log=False,
            log_config=None,
            # Its warnings tell what strangers send, a line each: they would fill the disk.
            log_level=logging.ERROR,
            server_header=False,
            date_header=True,
            lifespan="off",
            ws="none",
            # Always said: uvicorn would ask the environment, and believe this machine.
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            backlog=_BACKLOG,
            # Longer than ours: this one counts from when an answer was written, read or not.
            timeout_keep_alive=math.ceil(limits.unread + limits.idle),
            timeout_graceful_shutdown=patience,
            h11_max_incomplete_event_size=limits.header_bytes,
        )
    )
