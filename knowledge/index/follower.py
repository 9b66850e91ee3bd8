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
        self._warned_at: dict[str, float] = {}
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
                self._warn(f"changes cannot be taken in ({type(error).__name__}); trying again")

    def _warn(self, problem: str) -> None:
        """Log a problem, but not again soon: while it lasts it is met twice a second."""
        warned_at, at = self._warned_at.get(problem), time.monotonic()
        if warned_at is None or at - warned_at > _WARN_EVERY_S:
            _log.warning("%s", problem)
            self._warned_at[problem] = at

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
            self._warn(f"the change log is lost ({type(error).__name__}); connecting again")
            self._take_in()
