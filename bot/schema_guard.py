"""Stop a running program once another one has changed the schema of its database."""

import logging
import os
import signal
import threading
from types import TracebackType
from typing import Final, Self

from bot.errors import SchemaChanged
from knowledge.errors import DatabaseUnavailable
from knowledge.storage import schema
from knowledge.storage.database import Sessions

logger = logging.getLogger(__name__)

#: Seconds between looks at the database's revision.
LOOK_S: Final = 5.0


class SchemaGuard:
    """Ends the program as SIGTERM does, if the database is not at its revision any more.

    An older replica beside a newer one would go on writing rows as it knows them. Leaving the body
    raises SchemaChanged then.
    """

    def __init__(self, sessions: Sessions, look_s: float = LOOK_S) -> None:
        self._engine, self._look_s = sessions.engine, look_s
        self._ending, self._found = threading.Event(), ""
        self._thread = threading.Thread(target=self._watch, name="schema", daemon=True)

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
        if self._found and error is None:
            raise SchemaChanged(self._found)

    def _watch(self) -> None:
        while not self._ending.wait(self._look_s):
            try:
                found = schema.state(self._engine)
            except DatabaseUnavailable:
                # Whoever needs it says so.
                continue
            if not found.ready:
                self._found = (
                    f"the database was brought to revision {found.current} while this program ran,"
                    f" which knows {found.head}; it stopped, so that it changes nothing there:"
                    " update Tathabbat, and start it again"
                )
                logger.error("schema_changed", extra={"way_out": self._found})
                os.kill(os.getpid(), signal.SIGTERM)
                return
