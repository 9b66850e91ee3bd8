"""Serve the console in a thread, and wait for a stop signal."""

import logging
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from starlette.types import ASGIApp

from bot import serving
from bot.console.errors import ConsoleUnavailable
from bot.stopping import list_stop_signals

logger = logging.getLogger(__name__)

#: Seconds between checks for a signal that did not wake the main thread.
_LOOK_SECONDS: Final = 1.0
#: Seconds that a stop waits for open requests.
_PATIENCE_SECONDS: Final = 10


def catch_stop_signals() -> threading.Event:
    """Return an event that SIGINT, SIGTERM and SIGHUP set from now on."""
    stop = threading.Event()
    for number in list_stop_signals():
        signal.signal(number, lambda *_: stop.set())
    return stop


def wait_for(stop: threading.Event) -> None:
    """Wait in the main thread until ``stop`` is set.

    The system may deliver a signal to any thread. Python runs the handler in the main thread,
    which may not wake up for it: hence the polling.
    """
    while not stop.wait(_LOOK_SECONDS):
        pass


@contextmanager
def serve_beside(application: ASGIApp, bind: str, proxies: Sequence[str]) -> Iterator[None]:
    """Serve while the body runs, behind ``proxies`` if any. Raises ConsoleUnavailable."""
    try:
        listener = serving.listen(*serving.parse_address(bind))
    except serving.CannotListen as error:
        raise ConsoleUnavailable(
            f"the console cannot listen at {bind} ({error}); set CONSOLE_BIND to a free"
            " host:port such as 127.0.0.1:8080"
        ) from error
    with serving.serve_in_thread(application, listener, _PATIENCE_SECONDS, proxies):
        logger.info("console_started", extra={"bind": bind})
        yield
