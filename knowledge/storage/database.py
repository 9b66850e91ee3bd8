"""Open the database, and run use cases on it, each in a transaction of its own."""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeAlias, TypeVar

from sqlalchemy import URL, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from knowledge.errors import DatabaseUnavailable
from knowledge.storage.database_failures import FAILURES, damaged, describe_failure, translate

_P = ParamSpec("_P")
_T = TypeVar("_T")
#: What ``Sessions.write`` and ``Sessions.read`` run: a function of a session and of what it needs.
UseCase: TypeAlias = Callable[Concatenate[Session, _P], _T]

#: Seconds that a writer waits for another: ingesting a large file may lock the database for
#: seconds.
BUSY_TIMEOUT_S = 15
_AGAIN_S = 0.01
#: Tries to empty the log, and milliseconds of each: writers wait meanwhile.
_EMPTYING_TRIES: Final = 4
_EMPTYING_MS: Final = 200
#: Drivers that take libpq's options, and how long a connection may be silent, in seconds and, the
#: last one, milliseconds.
_LIBPQ: Final = ("postgresql", "postgresql+psycopg", "postgresql+psycopg2")
_SILENCE: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
#: Permissions: the database holds what people asked.
_OWNERS_FILE, _OWNERS_FOLDER, _OTHERS = 0o600, 0o700, 0o077
#: Files are created one at a time: closing a second handle of one drops SQLite's locks on the
#: first.
_making = threading.Lock()


class Sessions:
    """Transactions on one database.

    ``sessions.write(act, …)`` runs a use case: ``act(session, …)`` in a transaction that is
    committed if it returns and rolled back if it raises. ``sessions.read(query, …)`` runs what only
    reads. Within this package, ``with sessions.begin() as session`` is one transaction for several
    acts. All raise DatabaseFailed if the database fails.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._open = sessionmaker(engine, expire_on_commit=False)

    def write(self, act: UseCase[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what ``act`` returns, after its commit."""
        with self.begin() as session:
            return act(session, *args, **kwargs)

    def read(self, query: UseCase[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what ``query`` returns; its changes are not committed."""
        with self() as session:
            return query(session, *args, **kwargs)

    def require_answer(self) -> None:
        """Raise DatabaseFailed unless the database answers."""
        self.read(lambda session: session.execute(text("SELECT 1")))

    @contextlib.contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a session whose changes are committed if the body ends without an error."""
        with self._translated(), self._open.begin() as session:
            yield session

    @contextlib.contextmanager
    def __call__(self) -> Iterator[Session]:
        """Open a session for reading."""
        with self._translated(), self._open() as session:
            yield session

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            raise translate(error) from error


def open_engine(url: str, *, make: bool = True) -> Engine:
    """Return an engine for ``url``; the folder of an SQLite file is created.

    New files are readable by their owner only, whatever the umask. No error and no log holds
    values.

    Raises DatabaseUnavailable if the address is invalid, and if an SQLite file is missing and is
    not to be made.
    """
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            engine = create_engine(
                address, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True
            )
            file = sqlite_file(engine)
            if file is not None:
                if not make and not file.exists():
                    raise DatabaseUnavailable(
                        f"{file.parent} holds no database ({file.name} is not there); check"
                        " DATA_DIR, or make one with `tathabbat db upgrade`"
                    )
                file.parent.mkdir(_OWNERS_FOLDER, parents=True, exist_ok=True)
                event.listen(engine, "do_connect", lambda *_: _keep_to_owner(file))
            event.listen(engine, "connect", _configure_sqlite)
            return engine
        return create_engine(
            address,
            connect_args=_noticing_silence(address),
            pool_pre_ping=True,
            hide_parameters=True,
        )
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise DatabaseUnavailable(
            "DATABASE_URL cannot be used: write it like sqlite:///data/tathabbat.db or"
            " postgresql+psycopg://name:password@host/database"
        ) from error
    except OSError as error:
        raise DatabaseUnavailable(
            f"the folder of the database cannot be made ({error.strerror}); check DATA_DIR"
        ) from error


def _noticing_silence(address: URL) -> dict[str, int]:
    """Return what has a connection end when its server goes silent, except what is in the address.

    By itself the system waits for a quarter of an hour.
    """
    if address.drivername not in _LIBPQ:
        return {}
    return {name: value for name, value in _SILENCE.items() if name not in address.query}


def sqlite_file(engine: Engine) -> Path | None:
    """Return the file of an SQLite database; None for one in memory or another kind."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name.startswith((":memory:", "file:")):
        return None
    return Path(name)


def empty_log(engine: Engine) -> bool:
    """Write SQLite's write-ahead log into the database and truncate it.

    Returns False if a reader still uses an older state: the log, with what was erased since then,
    is still on the disk. The wait is short, because writers wait as well.
    """
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {_EMPTYING_MS}")
        try:
            for _ in range(_EMPTYING_TRIES):
                with contextlib.suppress(OperationalError):
                    if not connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar():
                        return True
            return False
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1_000}")


def rewrite(engine: Engine) -> bool:
    """Rewrite an SQLite file (VACUUM), so that nothing erased is left in it.

    ``secure_delete`` overwrites a row in place; if SQLite moved it before, to make room in a page,
    a copy stays. Returns whether the log is empty as well, like ``empty_log``.
    """
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")
    return empty_log(engine)


def require_whole(engine: Engine) -> None:
    """Raise DatabaseUnavailable if an SQLite file is damaged or unreadable."""
    if engine.dialect.name != "sqlite":
        return
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    except DatabaseError as error:
        raise describe_failure(error, sqlite_file(engine)) from error
    if found != "ok":
        raise damaged(str(found))


def _keep_to_owner(file: Path) -> None:
    """Make an SQLite file readable by its owner only, also if it exists already.

    SQLite creates its companions (-wal, -shm) with the same permissions.
    """
    # It is there, or cannot be made: then SQLite says so.
    with _making, contextlib.suppress(OSError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, _OWNERS_FILE))
    for path in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        # Where it is another's, only that one may.
        with contextlib.suppress(OSError):
            if path.stat().st_mode & _OTHERS:
                path.chmod(_OWNERS_FILE)


def _configure_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    _use_wal(cursor)
    cursor.execute("PRAGMA foreign_keys = ON")
    # Deleted content is overwritten, not only marked as free.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _use_wal(cursor: Any) -> None:
    """Switch to a write-ahead log, retrying: SQLite does not wait if several switch at once."""
    until = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_AGAIN_S)
