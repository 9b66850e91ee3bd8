"""Serving the console: alone until told to stop, or beside the bot in a thread of its own."""

import logging
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from bot.console.errors import ConsoleUnavailable

logger = logging.getLogger(__name__)

#: Requests served at once; more are told to come back.
_AT_ONCE: Final = 64
_IDLE_SECONDS: Final = 10
_BACKLOG: Final = 128


def run(application: ASGIApp, bind: str) -> None:
    """Serve until SIGINT or SIGTERM. Raises ConsoleUnavailable."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with beside(application, bind):
        stop.wait()


@contextmanager
def beside(application: ASGIApp, bind: str) -> Iterator[None]:
    """Serve while the body runs. Raises ConsoleUnavailable."""
    with _listening(bind) as listener:
        server = _server(application)
        # Signals are the bot's: off the main thread the server takes none.
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="console", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(_IDLE_SECONDS)


def _server(application: ASGIApp) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            application,
            # Addresses of sign-in links hold their token: no line a request.
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=True,
            lifespan="off",
            ws="none",
            limit_concurrency=_AT_ONCE,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_IDLE_SECONDS,
            h11_max_incomplete_event_size=64 * 2**10,
        )
    )


@contextmanager
def _listening(bind: str) -> Iterator[socket.socket]:
    host, _, port = bind.rpartition(":")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server(
            (host.strip("[]"), int(port)), family=family, backlog=_BACKLOG
        )
    except (OSError, ValueError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not host:port"
        raise ConsoleUnavailable(
            f"the console cannot listen at {bind} ({reason}); set CONSOLE_BIND to a free"
            " host:port such as 127.0.0.1:8080"
        ) from error
    with listener:
        logger.info("console_started", extra={"bind": bind})
        yield listener
