"""Count refused requests and log few of them: anybody may send any number."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from bot.observability import telemetry
from bot.observability.telemetry import Listener

#: Minimum seconds between log lines.
QUIET_SECONDS: Final = 60.0


class RefusalLog:
    """Counts a listener's refusals; a log line says how many there were since the last one."""

    def __init__(
        self,
        listener: Listener,
        logger: logging.Logger,
        level: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listener, self._logger, self._level, self._clock = listener, logger, level, clock
        self._guard = threading.Lock()
        self._since = 0
        self._logged_at: float | None = None

    def note(self, **said: object) -> None:
        """Count a refusal; log it with the fields ``said`` if none was logged just now."""
        telemetry.count_request_refused(self._listener)
        with self._guard:
            self._since += 1
            now = self._clock()
            if self._logged_at is not None and now - self._logged_at < QUIET_SECONDS:
                return
            refused, self._since, self._logged_at = self._since, 0, now
        self._logger.log(
            self._level, f"{self._listener.value}_refused", extra={**said, "refused": refused}
        )
