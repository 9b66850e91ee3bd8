"""Keep a serving index up to date with the database in the background.

Every answer asks for the last change anyway (``serving_index.Serving``): this does the work ahead
of time, and switches to a new snapshot once one is promoted. PostgreSQL notifies of a change as it
is committed; on other databases, and while that connection is lost, the database is polled.
"""

import logging
import threading
import time
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy.exc import SQLAlchemyError

from embeddings.errors import EmbeddingsError
from knowledge.errors import KnowledgeError
from knowledge.index.serving_index import Serving
from knowledge.storage.change_log import CHANNEL
from knowledge.storage.database import Sessions

#: Seconds between polls without notifications; half of what a change may take to be served.
EVERY_S: Final = 0.5
#: Seconds of one wait for a notification: as long as stopping may take.
_LISTEN_S: Final = 0.5
#: Seconds between warnings of the same failure, which is retried every half second.
_WARN_EVERY_S: Final = 60.0

_log = logging.getLogger(__name__)


class Follower:
    """Applies changes to an index from a thread of its own, while it is entered."""

    def __init__(self, sessions: Sessions, index: Serving, every: float = EVERY_S) -> None:
        self._engine, self._index, self._every = sessions.engine, index, every
        self._ending = threading.Event()
        self._warned_of, self._warned_at = "", 0.0
        self._thread = threading.Thread(target=self._follow, name="change log", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._ending.is_set():
            if self._engine.dialect.name == "postgresql":
                self._listen()
            else:
                self._take_in()
            self._ending.wait(self._every)

    def _take_in(self) -> None:
        # A new snapshot first: it may replace an index that can no longer be changed.
        for take_in in (self._index.renew, self._index.current):
            try:
                take_in()
            # The next claim reports the error; here it is only retried.
            except (SQLAlchemyError, KnowledgeError, EmbeddingsError) as error:
                self._warn(type(error).__name__)

    def _warn(self, failure: str) -> None:
        if failure != self._warned_of or time.monotonic() - self._warned_at > _WARN_EVERY_S:
            _log.warning("changes cannot be taken in (%s); trying again", failure)
            self._warned_of, self._warned_at = failure, time.monotonic()

    def _listen(self) -> None:
        """Apply changes whenever the database notifies of one, until the connection is lost."""
        try:
            with self._engine.connect() as connection:
                connection = connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql(f"LISTEN {CHANNEL}")
                listening: Any = connection.connection.driver_connection
                # Changes committed before listening began are not notified.
                self._take_in()
                while not self._ending.is_set():
                    told = list(listening.notifies(timeout=_LISTEN_S, stop_after=1))
                    if told or self._index.outdated():
                        self._take_in()
        # While it listens, the driver's own errors come through.
        except (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error) as error:
            _log.warning("the change log is lost (%s); connecting again", type(error).__name__)
            self._take_in()
