"""A consistent copy of the database while it is in use."""

import contextlib
import os
import sqlite3
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from knowledge.database import require_whole
from knowledge.errors import DatabaseUnavailable


def backup(engine: Engine, target: Path) -> None:
    """Copy an SQLite database to ``target``, which appears only complete.

    Raises DatabaseUnavailable if it is another kind of database, or the copy cannot be made.
    """
    if engine.dialect.name != "sqlite":
        raise DatabaseUnavailable("this database is not SQLite; back it up with pg_dump")
    if target.exists():
        raise DatabaseUnavailable(f"{target} exists already; name a new file")
    require_whole(engine)
    aside = target.with_name(f".{os.getpid()}.part")
    try:
        with engine.connect() as connection:
            source = connection.connection.driver_connection
            if source is None:
                raise DatabaseUnavailable("the database is closed; try again")
            copy = sqlite3.connect(aside)
            try:
                source.backup(copy)
            finally:
                copy.close()
        aside.replace(target)
    except SQLAlchemyError as error:
        raise DatabaseUnavailable(
            "the database cannot be opened; check DATABASE_URL, its folder and its permissions"
        ) from error
    except (OSError, sqlite3.Error) as error:
        raise DatabaseUnavailable(
            f"the backup to {target} failed ({error}); check the folder and the free space"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
