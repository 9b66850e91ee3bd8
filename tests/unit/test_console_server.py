"""The console ends when it is told to, whichever thread the system tells."""

import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.console import server

#: Long after a stop is seen; reached only where it never is.
_PATIENCE_SECONDS = 60.0
#: A thread that did not move on in so many turns waits.
_TURNS = 100


@pytest.fixture
def _handlers() -> Iterator[None]:
    """Put back what handled the signals before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_handlers")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_another_thread_takes_ends_the_wait(number: signal.Signals) -> None:
    main = threading.get_ident()
    stop = server.catch_stop_signals()

    def take() -> None:
        at, seen = None, 0
        while seen < _TURNS:
            frame = sys._current_frames()[main]
            waits = frame.f_code is threading.Condition.wait.__code__
            seen = seen + 1 if waits and frame.f_lasti == at else 0
            at = frame.f_lasti
            # Whoever reads a file lets other threads have their turn.
            Path("/proc/self/stat").read_bytes()
        signal.pthread_kill(threading.get_ident(), number)

    rescue = threading.Timer(_PATIENCE_SECONDS, signal.pthread_kill, (main, number))
    rescue.start()
    threading.Thread(target=take).start()
    server.wait_for(stop)
    assert rescue.is_alive()
    rescue.cancel()
