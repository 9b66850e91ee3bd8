"""Translate errors of the database: what is wrong with it, and the way out."""

import os
import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy import exc
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError

from knowledge.errors import DatabaseFailed, DatabaseUnavailable, WriteConflict

#: Errors that are the database's and not the program's.
FAILURES: Final = (exc.DBAPIError, exc.TimeoutError, exc.PendingRollbackError, StaleDataError)

#: SQLite's codes for a damaged file.
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# What PostgreSQL's client says of a connection that fails, which has no code then; others speak
# other languages, and are told by their kind.
_TROUBLES: Final = (
    ("password authentication failed", "the user name or password is refused"),
    ("no password supplied", "a password is missing"),
    ("no pg_hba.conf entry", "the server does not admit this user from here"),
    ("connection refused", "the connection is refused"),
    ("failed to resolve host", "the host is unknown"),
    ("could not translate host name", "the host is unknown"),
    ("no such file or directory", "no server listens at that socket"),
    ("timeout expired", "the server does not answer"),
    ("connection timed out", "the server does not answer"),
    ("network is unreachable", "the network is unreachable"),
    ("no route to host", "the network is unreachable"),
    ("starting up", "the server is starting"),
    ("too many clients", "the server has too many connections"),
    ("remaining connection slots", "the server has too many connections"),
    ("permission denied for database", "this user may not use the database"),
    ('fatal:  database "', "the server has no such database"),
    ('fatal:  role "', "the user name or password is refused"),
)


def damaged(found: str) -> DatabaseUnavailable:
    """Return the error for a damaged SQLite file; ``found`` is SQLite's message."""
    # The first of several lines only names the database.
    return DatabaseUnavailable(
        f"the database file is damaged ({found.strip().splitlines()[-1]}); stop the bot, move the"
        " file away with its -wal and -shm, and restore a backup"
    )


def describe_damage(error: Exception) -> DatabaseUnavailable | None:
    """Return the error for damage to an SQLite file; None if it is another error."""
    cause = getattr(error, "orig", error)
    if getattr(cause, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
        return None
    return damaged(str(cause))


def translate(error: SQLAlchemyError) -> DatabaseFailed:
    """Return the DatabaseFailed for an error in a transaction. Its message holds no values."""
    if isinstance(error, IntegrityError | StaleDataError):
        return WriteConflict(
            "another program stored the same at the same moment; run the command again"
        )
    driver = getattr(error, "orig", None) or error
    # The messages of other kinds may quote a value.
    plain = isinstance(error, OperationalError) and str(driver).strip()
    reason = plain.splitlines()[0] if plain else _name_error(driver)
    if "locked" in reason:
        return DatabaseUnavailable(
            "the database is locked by another program; try again when it has finished"
        )
    return DatabaseUnavailable(
        f"the database failed ({reason}); run `tathabbat doctor` to see what is wrong"
    )


def describe_failure(error: SQLAlchemyError, file: Path | None = None) -> DatabaseUnavailable:
    """Return the error to show for a database that cannot be used.

    ``file`` is that of an SQLite database. Only the kind of the driver's error is named: its
    message may quote the address.
    """
    if found := describe_damage(error):
        return found
    driver = getattr(error, "orig", None) or error
    if isinstance(error, OperationalError) and "locked" in str(driver):
        return DatabaseUnavailable(
            "the database is locked by another program; try again when it has finished"
        )
    if isinstance(driver, sqlite3.Error):
        if file is not None and (why := explain_unwritable(file.parent)):
            return DatabaseUnavailable(f"the database cannot be opened: {why}")
        code = getattr(driver, "sqlite_errorname", None) or type(driver).__name__
        return DatabaseUnavailable(
            "the database cannot be opened; check DATABASE_URL, its folder and its permissions"
            f" ({code})"
        )
    return DatabaseUnavailable(
        f"the database cannot be used ({_trouble(driver)}); check DATABASE_URL and that its server"
        " runs"
    )


def explain_unwritable(folder: Path) -> str | None:
    """Return why a folder cannot be written to, and the way out; None if it can."""
    if is_read_only(folder):
        return (
            f"{folder} is on a read-only file system; mount it for writing (a full or failing disk"
            " may have made it so), or set DATA_DIR to another folder"
        )
    if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
        return f"this user may not write to {folder}; run this as the user who runs the bot"
    return None


def is_read_only(folder: Path) -> bool:
    """Return whether ``folder`` is on a read-only file system."""
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _trouble(driver: BaseException) -> str:
    """Return what a database server's driver reports."""
    said = str(driver).lower()
    for phrase, trouble in _TROUBLES:
        if phrase in said:
            return trouble
    return _name_error(driver)


def _name_error(driver: BaseException) -> str:
    """Return an error's type, and the database's code if it gave one."""
    code = getattr(driver, "sqlite_errorname", None) or getattr(driver, "sqlstate", None)
    return f"{type(driver).__name__}, {code}" if code else type(driver).__name__
