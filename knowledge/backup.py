"""A consistent copy of the database while it is in use, and the way back.

A backup is an SQLite file, whatever the database is: it can be looked into without a server, and
restored into either kind.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from knowledge import schema
from knowledge.database import open_engine, require_whole
from knowledge.errors import DatabaseUnavailable
from knowledge.models import Base, Change, ChangeKind, Statement, StatementStatus

#: Rows copied at once.
_CHUNK: Final = 1_000


def backup(engine: Engine, target: Path) -> None:
    """Copy the database to ``target``, which appears only complete.

    Raises DatabaseUnavailable if the copy cannot be made.
    """
    if target.exists():
        raise DatabaseUnavailable(f"{target} exists already; name a new file")
    if not target.parent.is_dir():
        raise DatabaseUnavailable(
            f"there is no folder {target.parent}; check the folder's name, or make it"
        )
    require_whole(engine)
    aside = target.with_name(f".{os.getpid()}.part")
    try:
        if engine.dialect.name == "sqlite":
            _copy_file(engine, aside)
        else:
            with _opened(aside) as copy, _at_one_moment(engine) as source:
                _copy_rows(source, copy)
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


def restore(engine: Engine, source: Path) -> None:
    """Put what the backup ``source`` holds in the place of everything in the database.

    One transaction: killed at any moment, the database is as before or as restored. Every
    statement in it is noted in the change feed, so that running programs follow; one that is no
    longer there is never shown, whoever's index still has it.

    Raises DatabaseUnavailable if the backup or the database cannot be used.
    """
    if not source.is_file():
        raise DatabaseUnavailable(f"{source} is not a file; name a backup")
    schema.require_ready(engine)
    with tempfile.TemporaryDirectory(prefix="tathabbat-") as folder:
        copy = Path(folder) / "backup.db"
        try:
            shutil.copyfile(source, copy)
            with _opened(copy) as kept, engine.begin() as target:
                _replace(kept, target)
        except SQLAlchemyError as error:
            raise DatabaseUnavailable(
                "the database could not be restored, nothing was changed;"
                " check that the backup is whole and that no other program holds the database"
            ) from error
        except OSError as error:
            raise DatabaseUnavailable(f"{source} cannot be read ({error.strerror})") from error


@contextmanager
def _opened(file: Path) -> Iterator[Connection]:
    """Give a transaction on an SQLite file, made or brought to this program's schema."""
    engine = open_engine(f"sqlite:///{file}")
    try:
        if file.exists():
            require_whole(engine)
        schema.upgrade(engine)
        with engine.begin() as connection:
            yield connection
        # The copy must be whole in its own file, not partly in a journal beside it.
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = DELETE")
    finally:
        engine.dispose()


@contextmanager
def _at_one_moment(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="REPEATABLE READ")


def _copy_file(engine: Engine, target: Path) -> None:
    with engine.connect() as connection:
        source = connection.connection.driver_connection
        if source is None:
            raise DatabaseUnavailable("the database is closed; try again")
        copy = sqlite3.connect(target)
        try:
            source.backup(copy)
        finally:
            copy.close()


def _replace(source: Connection, target: Connection) -> None:
    if target.dialect.name == "sqlite":
        # Nobody may write between what is read here and what is deleted.
        target.exec_driver_sql("BEGIN IMMEDIATE")
    last = target.scalar(select(func.max(Change.id))) or 0
    before = _published(target)
    for table in reversed(Base.metadata.sorted_tables):
        target.execute(delete(table))
    _copy_rows(source, target)
    number = max(last, target.scalar(select(func.max(Change.id))) or 0)
    after = _published(target)
    changes = [
        {"id": number + place, "statement_id": statement, "kind": kind}
        for place, (statement, kind) in enumerate(_changed(target, before, after), 1)
    ]
    for start in range(0, len(changes), _CHUNK):
        target.execute(insert(Change), changes[start : start + _CHUNK])
    if target.dialect.name == "postgresql":
        for table in Base.metadata.sorted_tables:
            _continue_numbers(target, table)


def _published(connection: Connection) -> set[int]:
    wanted = Statement.status == StatementStatus.PUBLISHED
    return set(connection.scalars(select(Statement.id).where(wanted)))


def _changed(
    target: Connection, before: set[int], after: set[int]
) -> Iterator[tuple[int, ChangeKind]]:
    """Yield each statement that an index may hold, or lack, and what has become of it."""
    known = set(target.scalars(select(Statement.id)))
    for statement in sorted((before | after) & known):
        yield statement, ChangeKind.ADDED if statement in after else ChangeKind.REMOVED


def _copy_rows(source: Connection, target: Connection) -> None:
    for table in Base.metadata.sorted_tables:
        rows = source.execution_options(yield_per=_CHUNK).execute(select(table))
        for part in rows.mappings().partitions(_CHUNK):
            target.execute(insert(table), [dict(row) for row in part])


def _continue_numbers(target: Connection, table: Table) -> None:
    """Let the numbers given out go on after those that were copied."""
    if "id" in table.c:
        highest = target.scalar(select(func.max(table.c.id))) or 0
        target.execute(
            text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :next, false)"),
            {"name": table.name, "next": highest + 1},
        )
