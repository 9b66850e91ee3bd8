"""Engine and session factory. The Session is the unit of work: nothing is kept without commit."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError
from sqlalchemy.orm import Session, sessionmaker

from knowledge.errors import DatabaseUnavailable

Sessions = sessionmaker[Session]

#: How long a writer waits for another before it gives up: a large file that is ingested may hold
#: the database for seconds.
BUSY_TIMEOUT_S = 15
_AGAIN_S = 0.01


def open_engine(url: str) -> Engine:
    """Return an engine for ``url``; an SQLite file's folder is made.

    What fails says nothing of the values it was given: these are people's words.

    Raises DatabaseUnavailable if the address cannot be understood.
    """
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            if address.database and address.database != ":memory:":
                Path(address.database).parent.mkdir(parents=True, exist_ok=True)
            engine = create_engine(
                address, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True
            )
            event.listen(engine, "connect", _configure_sqlite)
            return engine
        return create_engine(address, pool_pre_ping=True, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        raise DatabaseUnavailable(
            "DATABASE_URL cannot be used: write it like sqlite:///data/tathabbat.db or"
            " postgresql+psycopg://name:password@host/database"
        ) from error
    except OSError as error:
        raise DatabaseUnavailable(
            f"the folder of the database cannot be made ({error.strerror}); check DATA_DIR"
        ) from error


def require_whole(engine: Engine) -> None:
    """Raise DatabaseUnavailable if an SQLite file is damaged."""
    if engine.dialect.name != "sqlite":
        return
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    except DatabaseError as error:
        found = str(error.orig)
    if found != "ok":
        raise DatabaseUnavailable(f"the database file is damaged ({found}); restore a backup")


def open_sessions(engine: Engine) -> Sessions:
    """Return the factory of sessions; ``with sessions.begin() as session`` is one transaction."""
    return sessionmaker(engine, expire_on_commit=False)


def _configure_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    _use_wal(cursor)
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _use_wal(cursor: Any) -> None:
    """Turn to a write-ahead log; SQLite does not wait by itself where several do that at once."""
    until = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_AGAIN_S)
