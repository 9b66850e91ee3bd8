"""Back up the database while it is in use, and restore it.

A backup is an SQLite file, whatever the database is: it can be inspected without a server, and
restored into either kind. It is verified whole (``backup_check``) after writing and before
restoring.
"""

import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from embeddings.disk_sync import sync
from knowledge.domain import ChangeKind, StatementStatus, now
from knowledge.errors import DatabaseUnavailable, NotABackup
from knowledge.models import Base, ChangeLogEntry, Statement
from knowledge.operations.backup_check import copy_into, mark
from knowledge.operations.lease_recovery import end_leases
from knowledge.storage import schema
from knowledge.storage.batches import in_batches
from knowledge.storage.change_log import CHANNEL
from knowledge.storage.database import (
    empty_log,
    open_engine,
    require_whole,
    sqlite_file,
)
from knowledge.storage.database_failures import describe_damage, describe_failure
from knowledge.storage.staging_folder import open_staging_folder

#: Rows copied at once.
_CHUNK: Final = 1_000
#: Seconds of each try to lock PostgreSQL's tables, below its ``deadlock_timeout`` (a second), so
#: that a transaction that holds one and wants another goes first. Many short tries, to hit a gap
#: between busy writers; a last one that outlasts a long transaction. And seconds in all.
_LOCKS_MS: Final = (*[25] * 12, 800)
_LOCK_S: Final = 60.0
#: Suffixes of files beside an SQLite file that is not whole in itself.
_BESIDE: Final = ("-wal", "-journal")


def backup(engine: Engine, target: Path) -> None:
    """Copy the database to ``target``, which appears only when complete, verified and on the disk.

    Only its owner can read it. Raises DatabaseUnavailable if the copy cannot be made.
    """
    if target.exists():
        raise DatabaseUnavailable(f"{target} exists already; name a new file")
    if not target.parent.is_dir():
        raise DatabaseUnavailable(
            f"there is no folder {target.parent}; check its name, or create it"
        )
    require_whole(engine)
    _require_migrated(engine)
    try:
        with open_staging_folder(target.parent) as folder:
            aside = folder / "backup.db"
            if engine.dialect.name == "sqlite":
                _copy_file(engine, aside)
            else:
                with _new(aside) as copy, _at_one_moment(engine) as source:
                    _copy_rows(source, copy)
            mark(aside)
            copy_into(aside, folder / "read-back.db")
            aside.replace(target)
        sync(target.parent)
    except NotABackup as error:
        raise DatabaseUnavailable(
            f"the database differs from its revision, as `tathabbat db check` says: a backup of it"
            f" could not be restored ({error})"
        ) from error
    except (OSError, SQLAlchemyError) as error:
        reason = getattr(error, "orig", error)
        if isinstance(error, SQLAlchemyError) and not isinstance(reason, sqlite3.Error):
            raise describe_failure(error) from error
        raise DatabaseUnavailable(
            f"the backup to {target} failed ({reason}); check the folder and the free space"
        ) from error


def restore(engine: Engine, source: Path, beside: Path | None = None) -> None:
    """Replace everything in the database by the content of the backup ``source``.

    The backup is copied, checked and migrated to this schema in a folder in ``beside``, by default
    that of an SQLite database or of the backup; until then nothing changes. Then one transaction
    replaces everything: killed at any moment, the database is either as before or restored. Every
    statement in it is written to the change log, so that running programs follow; one that no
    longer exists is never shown, even if an index still has it. What was in progress when the
    backup was made is due at once.

    Raises DatabaseUnavailable if the backup or the database cannot be used; nothing was changed.
    """
    database = sqlite_file(engine)
    _require_apart(source, database)
    place = database.parent if database is not None else beside or source.parent
    try:
        place.mkdir(parents=True, exist_ok=True)
        with open_staging_folder(place) as folder:
            given, fresh = folder / "backup.db", folder / "fresh.db"
            _copy_in(source, given)
            copy_into(given, fresh)
            # Its space may be needed.
            given.unlink()
            schema.require_ready(engine)
            with _reading(fresh) as kept, schema.whole_transaction(engine) as target:
                _replace(kept, target)
    except NotABackup as error:
        raise DatabaseUnavailable(
            f"{source} is not a backup that this program can restore: {error}; nothing was"
            " changed: name a file that `tathabbat db backup` wrote"
        ) from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise describe_damage(error) or DatabaseUnavailable(
            "the database could not be restored, and nothing was changed; check that no other"
            " program is using it, and the free space"
        ) from error
    except OSError as error:
        raise DatabaseUnavailable(
            f"{source} could not be copied to {place} and read there ({error.strerror or error}),"
            " and nothing was changed; check the permissions and the free space"
        ) from error
    # Replaced content is overwritten on the disk, unless a reader still uses it.
    empty_log(engine)


def _require_migrated(engine: Engine) -> None:
    found = schema.state(engine)
    schema.require_known(found)
    if found.current is None or not (found.ready or engine.dialect.name == "sqlite"):
        raise DatabaseUnavailable(
            "the database is not at this program's schema; run `tathabbat db upgrade`"
        )


def _require_apart(source: Path, database: Path | None) -> None:
    """Raise DatabaseUnavailable unless a file can be a whole backup."""
    if not source.is_file():
        raise DatabaseUnavailable(f"{source} is not a file; name a backup")
    if database is not None and database.exists() and source.samefile(database):
        raise DatabaseUnavailable(f"{source} is the database itself; name a backup of it")
    for beside in (Path(f"{source.resolve()}{ending}") for ending in _BESIDE):
        if beside.exists() and beside.stat().st_size:
            raise DatabaseUnavailable(
                f"{source} is a database in use, for part of it is in {beside.name}; name a file"
                " that `tathabbat db backup` wrote"
            )


def _copy_in(source: Path, given: Path) -> None:
    """Copy a backup to where nobody else changes it."""
    # It may have become a pipe since it was checked: do not block on it.
    with open(
        source, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)
    ) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise NotABackup("it is not a file")
        with given.open("wb") as copy:
            shutil.copyfileobj(file, copy)


@contextmanager
def _new(file: Path) -> Iterator[Connection]:
    """Open a transaction on a new SQLite database of this program's schema."""
    engine = open_engine(f"sqlite:///{file}")
    try:
        schema.upgrade(engine)
        with engine.begin() as connection:
            yield connection
        # The copy must be whole in its own file, not partly in a journal beside it.
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = DELETE")
    finally:
        engine.dispose()


@contextmanager
def _reading(file: Path) -> Iterator[Connection]:
    engine = open_engine(f"sqlite:///{file}")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _at_one_moment(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="REPEATABLE READ")


def _lock_tables(connection: Connection) -> None:
    """Lock every PostgreSQL table, giving way to transactions that hold some already."""
    names = ", ".join(table.name for table in Base.metadata.sorted_tables)
    until = time.monotonic() + _LOCK_S
    for wait in cycle(_LOCKS_MS):
        try:
            with connection.begin_nested():
                connection.execute(text(f"SET LOCAL lock_timeout = {wait}"))
                connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
            break
        except OperationalError:
            if time.monotonic() > until:
                raise
    connection.execute(text("SET LOCAL lock_timeout = 0"))


def _copy_file(engine: Engine, target: Path) -> None:
    # Rewritten, so that nothing erased comes along.
    with engine.connect() as connection:
        outside = connection.execution_options(isolation_level="AUTOCOMMIT")
        target.touch(0o600)
        outside.exec_driver_sql("VACUUM INTO ?", (str(target),))


def _replace(source: Connection, target: Connection) -> None:
    if target.dialect.name == "postgresql":
        _lock_tables(target)
    last = _last_number(target)
    before = _published(target)
    for table in reversed(Base.metadata.sorted_tables):
        target.execute(delete(table))
    if target.dialect.name == "sqlite":
        _copy_alike(source, target)
    else:
        _copy_rows(source, target)
    with Session(target) as session:
        end_leases(session, None, now())
        session.flush()
    number = max(last, target.scalar(select(func.max(ChangeLogEntry.id))) or 0)
    after = _published(target)
    changes = [
        {"id": number + place, "statement_id": statement, "kind": kind}
        for place, (statement, kind) in enumerate(_changed(target, before, after), 1)
    ]
    for batch in in_batches(changes, _CHUNK):
        target.execute(insert(ChangeLogEntry), batch)
    if target.dialect.name == "postgresql":
        for table in Base.metadata.sorted_tables:
            _continue_numbers(target, table)
        # Delivered with the commit.
        target.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


def _last_number(target: Connection) -> int:
    """Return the highest change number ever assigned: an index may have read it."""
    if target.dialect.name == "postgresql":
        given = text("SELECT nextval(pg_get_serial_sequence('change_log', 'id'))")
    else:
        given = text("SELECT seq FROM sqlite_sequence WHERE name = 'change_log'")
    return max(target.scalar(given) or 0, target.scalar(select(func.max(ChangeLogEntry.id))) or 0)


def _published(connection: Connection) -> set[int]:
    wanted = Statement.status == StatementStatus.PUBLISHED
    return set(connection.scalars(select(Statement.id).where(wanted)))


def _changed(
    target: Connection, before: set[int], after: set[int]
) -> Iterator[tuple[int, ChangeKind]]:
    """Yield each statement that an index may hold, or lack, with its kind of change."""
    known = set(target.scalars(select(Statement.id)))
    for statement in sorted((before | after) & known):
        yield statement, ChangeKind.ADDED if statement in after else ChangeKind.REMOVED


def _copy_rows(source: Connection, target: Connection) -> None:
    for table in Base.metadata.sorted_tables:
        rows = source.execution_options(yield_per=_CHUNK).execute(select(table))
        for part in rows.mappings().partitions(_CHUNK):
            target.execute(insert(table), [dict(row) for row in part])


def _copy_alike(source: Connection, target: Connection) -> None:
    """Copy all rows between SQLite databases as stored, quickly, since others wait."""
    read: Any = source.connection.driver_connection
    write: Any = target.connection.driver_connection
    for table in Base.metadata.sorted_tables:
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        places = ", ".join("?" * len(table.columns))
        # One row per statement: for larger ones SQLite keeps a journal in the temporary folder.
        write.executemany(
            f'INSERT INTO "{table.name}" ({names}) VALUES ({places})',  # noqa: S608 - our own schema
            read.execute(f'SELECT {names} FROM "{table.name}"'),  # noqa: S608 - our own schema
        )


def _continue_numbers(target: Connection, table: Table) -> None:
    """Continue sequences after the ids that were copied.

    Never lower than they were: PostgreSQL does not undo that if the rest is rolled back.
    """
    if "id" in table.c:
        highest = target.scalar(select(func.max(table.c.id))) or 0
        target.execute(
            text(
                "SELECT setval(numbers, greatest(nextval(numbers), :next), false)"
                " FROM pg_get_serial_sequence(:name, 'id') AS numbers WHERE numbers IS NOT NULL"
            ),
            {"name": table.name, "next": highest + 1},
        )
