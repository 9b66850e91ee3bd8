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
from bot.serving.deadlines import BoundedProtocol, make_bounded_protocol

#: The socket's backlog, and how many connections are accepted at a time: each is a file descriptor
#: before it can be counted.
_BACKLOG: Final = 128
_LIMITS: Final = Limits()
#: Seconds of a stop besides ``patience``: uvicorn polls ten times a second whether to exit.
_MARGIN_SECONDS: Final = 1.0


class CannotListen(Exception):
    """The address cannot be listened on; the caller adds the setting's name to the message."""


def parse_address(bind: str) -> tuple[str, int]:
    """Parse "host:port". Raises CannotListen if it is invalid.

    A port alone is invalid: it would listen on all addresses of this machine.
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
    """Return a listening socket. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise CannotListen(reason or type(error).__name__) from error


@contextmanager
def serve_in_thread(
    application: ASGIApp,
    listener: socket.socket,
    patience: int,
    proxies: Sequence[str] = (),
    limits: Limits = _LIMITS,
) -> Iterator[None]:
    """Serve in a thread while the body runs.

    At the end open requests are answered, for ``patience`` seconds at most. If a request comes from
    one of ``proxies`` (addresses or networks), the client's address is the last one in
    ``X-Forwarded-For`` that is not a proxy's. A proxy's connections are many people's, so only the
    limit on all connections applies to them.
    """
    server = _make_server(application, patience, proxies, limits)
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
async def serve_in_loop(
    application: ASGIApp,
    listener: socket.socket,
    patience: int,
    proxies: Sequence[str] = (),
    limits: Limits = _LIMITS,
) -> AsyncIterator[None]:
    """Serve within the running event loop while the body runs; otherwise as ``serve_in_thread``."""
    server = _make_server(application, patience, proxies, limits)
    with listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield
        finally:
            server.should_exit = True
            await serving


class _Server(uvicorn.Server):
    """A server that leaves signals to the program, and closes all connections at the end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer open requests, then close the connections that peers still hold open."""
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            if isinstance(connection, BoundedProtocol):
                connection.transport.abort()
        # Their callbacks run in the loop's next iteration.
        await asyncio.sleep(0)


def _make_server(
    application: ASGIApp, patience: int, proxies: Sequence[str], limits: Limits
) -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            application,
            # Fixed, whatever else is installed: the limits depend on these two.
            loop="asyncio",
            http=make_bounded_protocol(limits, proxies),
            # URLs contain tokens of sign-in links: no access log.
            access_log=False,
            log_config=None,
            # uvicorn warns about each invalid request: strangers could fill the disk.
            log_level=logging.ERROR,
            server_header=False,
            date_header=True,
            lifespan="off",
            ws="none",
            # Set explicitly: by default uvicorn reads the environment and trusts this machine.
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
            backlog=_BACKLOG,
            # Longer than our deadline: uvicorn counts from when an answer was written, read or not.
            timeout_keep_alive=math.ceil(limits.unread + limits.idle),
            timeout_graceful_shutdown=patience,
            h11_max_incomplete_event_size=limits.header_bytes,
        )
    )
