"""Keeps a serving index up with the database, so that no claim waits for what others published.

Every answer asks for the last change anyway (``serving_index.Serving``): this only does the
work ahead, and turns to a new snapshot once one is promoted. PostgreSQL tells of a change as it is
committed; elsewhere, and where that connection is lost, the database is asked.
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

#: Seconds between two looks where nothing tells; half of what a change may take to be served.
EVERY_S: Final = 0.5
#: Seconds that a notification is waited for at once: as long as stopping may take.
_LISTEN_S: Final = 0.5
#: Seconds between two warnings of the same failure, which is tried again every half second.
_WARN_EVERY_S: Final = 60.0

_log = logging.getLogger(__name__)


class Follower:
    """Takes changes into an index from a thread of its own, while it is entered."""

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
        # A new snapshot first: it may be the cure of an index that takes nothing in any more.
        for take_in in (self._index.renew, self._index.current):
            try:
                take_in()
            # Whoever asks a claim is told; here it is tried again.
            except (SQLAlchemyError, KnowledgeError, EmbeddingsError) as error:
                self._warn(type(error).__name__)

    def _warn(self, failure: str) -> None:
        if failure != self._warned_of or time.monotonic() - self._warned_at > _WARN_EVERY_S:
            _log.warning("changes cannot be taken in (%s); trying again", failure)
            self._warned_of, self._warned_at = failure, time.monotonic()

    def _listen(self) -> None:
        """Take changes in whenever the database tells of one, until that connection is lost."""
        try:
            with self._engine.connect() as connection:
                connection = connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql(f"LISTEN {CHANNEL}")
                listening: Any = connection.connection.driver_connection
                # What was committed before listening began is told by nobody.
                self._take_in()
                while not self._ending.is_set():
                    told = list(listening.notifies(timeout=_LISTEN_S, stop_after=1))
                    if told or self._index.outdated():
                        self._take_in()
        # While it listens, the driver's own errors come through.
        except (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error) as error:
            _log.warning("the change log is lost (%s); connecting again", type(error).__name__)
            self._take_in()
