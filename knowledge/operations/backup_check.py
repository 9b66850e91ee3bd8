"""Verify that a file is a whole backup of this program, before anything is restored from it.

Backups are marked in the two fields of SQLite's header that belong to programs: ``application_id``
says whose it is, ``user_version`` is a checksum of the content. Databases have neither, so a plain
copy of one, which may lack what is in its write-ahead log, is not taken for a backup.

A file may come from anywhere. Nothing in it is run: it may hold only what this program makes, and
only its rows are copied, into a database of this program's own making.
"""

import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import JSON, Boolean, Column, Engine, Integer, select, type_coerce
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import TypeDecorator

from embeddings.disk_sync import sync
from knowledge.errors import DatabaseUnavailable, NotABackup
from knowledge.models import Base
from knowledge.storage import schema
from knowledge.storage.database import open_engine

#: "Tthb", as SQLite's ``application_id``.
APPLICATION_ID: Final = int.from_bytes(b"Tthb", "big")
_MAGIC: Final = b"SQLite format 3\0"
#: Where the two fields are in an SQLite file: https://www.sqlite.org/fileformat2.html#the_database_header
_CHECKSUM_AT: Final = slice(60, 64)
_APPLICATION_AT: Final = slice(68, 72)
#: Header fields that SQLite changes when this program only opens a file: the journal mode and
#: change counters.
_CHANGED_BY_OPENING: Final = (slice(18, 20), slice(24, 28), slice(92, 100))
_HEADER: Final = 100
_CHUNK: Final = 2**20
_VERSIONS: Final = "alembic_version"
#: SQLite's codes for a full or failing disk.
_NO_ROOM: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})

#: Errors that reading an invalid value raises.
_UNREADABLE: Final = (ValueError, TypeError, LookupError, AttributeError)


@dataclass(frozen=True, slots=True)
class _Shape:
    """The schema of a database: the columns of its tables, and of each index."""

    tables: Mapping[str, frozenset[str]]
    indexes: Mapping[str, tuple[object, ...]]


def mark(file: Path) -> None:
    """Mark a finished, closed SQLite file as a backup, and sync it to the disk."""
    with file.open("r+b") as opened:
        opened.seek(_APPLICATION_AT.start)
        opened.write(APPLICATION_ID.to_bytes(4, "big"))
        opened.flush()
        checksum = _checksum(file)
        opened.seek(_CHECKSUM_AT.start)
        opened.write(checksum)
    sync(file)


def copy_into(file: Path, fresh: Path) -> None:
    """Copy all rows of the backup ``file`` into ``fresh``, a new database at this schema.

    ``file`` must be where nobody else changes it. Raises NotABackup unless it is whole and what
    this program would have made; OSError if there is no space for ``fresh``.
    """
    _require_mark(file)
    try:
        with closing(_open(file)) as given:
            revision = _revision(given)
            engine = open_engine(f"sqlite:///{fresh}")
            try:
                schema.upgrade(engine, revision)
                _require_shape(given, engine)
                _require_whole(given)
                _copy_rows(file, engine, fresh)
                schema.upgrade(engine)
                _require_values(engine)
            finally:
                engine.dispose()
    except (sqlite3.Error, SQLAlchemyError, DatabaseUnavailable, *_UNREADABLE) as error:
        raise _describe_error(error) from error


def _describe_error(error: Exception) -> Exception:
    cause = error.__cause__ or error if isinstance(error, DatabaseUnavailable) else error
    cause = getattr(cause, "orig", cause)
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code in _NO_ROOM:
        return OSError(0, str(cause))
    return NotABackup(f"it is damaged: {str(cause).splitlines()[0]}")


def _require_mark(file: Path) -> None:
    """Raise NotABackup unless a file has the mark, and the checksum matches."""
    with file.open("rb") as opened:
        header = opened.read(_HEADER)
    if not header:
        raise NotABackup("it is empty")
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        raise NotABackup("it is not an SQLite database")
    application, checksum = header[_APPLICATION_AT], header[_CHECKSUM_AT]
    if not any(application) and not any(checksum):
        raise NotABackup(
            "it is not marked as a backup: a copy of a database's file may be incomplete"
        )
    if int.from_bytes(application, "big") != APPLICATION_ID:
        raise NotABackup("it belongs to another program, or is damaged")
    if checksum != _checksum(file):
        raise NotABackup("it is damaged, or was changed since it was made")


def _checksum(file: Path) -> bytes:
    """Return the CRC-32 of a file without its checksum field; never 0, which means none."""
    with file.open("rb") as opened:
        header = bytearray(opened.read(_HEADER))
        for part in (_CHECKSUM_AT, *_CHANGED_BY_OPENING):
            header[part] = bytes(part.stop - part.start)
        found = zlib.crc32(header)
        while chunk := opened.read(_CHUNK):
            found = zlib.crc32(chunk, found)
    return (found or 1).to_bytes(4, "big")


def _address(file: Path) -> str:
    # Immutable: SQLite takes no lock and creates no file beside it.
    return f"file:{quote(str(file))}?mode=ro&immutable=1"


def _open(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(_address(file), uri=True)
    _distrust(connection)
    return connection


def _distrust(connection: sqlite3.Connection) -> None:
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "ignore_check_constraints = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _revision(given: sqlite3.Connection) -> str:
    objects = given.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master").fetchall()
    for kind, name, sql in objects:
        plain = kind == "table" and sql.upper().startswith("CREATE TABLE ")
        if not (plain or kind == "index"):
            raise NotABackup(f"it holds the {kind} {name}, which this program does not make")
    if _VERSIONS not in {name for kind, name, _ in objects if kind == "table"}:
        raise NotABackup("it is not this program's: it has no revision")
    rows = given.execute(f"SELECT version_num FROM {_VERSIONS}").fetchmany(2)  # noqa: S608 - a constant
    if len(rows) != 1:
        raise NotABackup("it has no revision, or several")
    revision: object = rows[0][0]
    if not isinstance(revision, str) or revision not in schema.revisions():
        raise NotABackup(
            f"this version does not know its revision {revision!r:.40}: the version that made it"
            " can restore it"
        )
    return revision


def _require_shape(given: sqlite3.Connection, engine: Engine) -> None:
    """Raise NotABackup unless the tables and indexes are those of ``engine``'s database."""
    with engine.connect() as connection:
        own: Any = connection.connection.driver_connection
        expected = _shape(own)
    found = _shape(given)
    for table in [*expected.tables, *found.tables]:
        if table not in found.tables:
            raise NotABackup(f"its table {table} is missing")
        if table not in expected.tables:
            raise NotABackup(f"it holds the table {table}, which this program does not make")
        if found.tables[table] != expected.tables[table]:
            raise NotABackup(f"its table {table} has other columns than this program makes")
    for index, over in found.indexes.items():
        if expected.indexes.get(index) != over:
            raise NotABackup(f"it holds the index {index}, which this program does not make")


def _shape(connection: sqlite3.Connection) -> _Shape:
    names = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not name.startswith("sqlite_")
    ]
    tables = {name: frozenset(_columns(connection, name)) for name in names}
    indexes: dict[str, tuple[object, ...]] = {}
    for table in names:
        query = 'SELECT name, "unique", partial, origin FROM pragma_index_list(?)'
        for name, *kind in connection.execute(query, (table,)).fetchall():
            if kind[-1] != "c":
                continue  # A key's or a constraint's own.
            columns = connection.execute("SELECT cid, name FROM pragma_index_xinfo(?)", (name,))
            # Columns may be in another order in a table that a migration recreated.
            over = tuple(column if cid >= 0 else cid for cid, column in columns)
            indexes[name] = (table, *kind, *over)
    return _Shape(tables, indexes)


def _columns(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    query = "SELECT name, hidden FROM pragma_table_xinfo(?)"
    for name, hidden in connection.execute(query, (table,)):
        # This program has no generated columns.
        yield f"{name} (computed)" if hidden else name


def _require_whole(given: sqlite3.Connection) -> None:
    (found,) = given.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise NotABackup(f"it is damaged: {found.splitlines()[-1]}")
    broken = given.execute("PRAGMA foreign_key_check").fetchone()
    if broken is not None:
        raise NotABackup(f"it is damaged: a row of {broken[0]} refers to a row that does not exist")


def _copy_rows(file: Path, engine: Engine, fresh: Path) -> None:
    engine.dispose()
    with closing(sqlite3.connect(f"file:{quote(str(fresh))}", uri=True)) as connection:
        _distrust(connection)
        # Everything that comes into our tables is checked.
        connection.execute("PRAGMA ignore_check_constraints = OFF")
        # It is deleted if anything fails.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("ATTACH ? AS given", (_address(file),))
        for table in _shape(connection).tables:
            if table != _VERSIONS:
                names = ", ".join(f'"{name}"' for name in _columns(connection, table))
                connection.execute(
                    f'INSERT INTO main."{table}" ({names}) SELECT {names} FROM given."{table}"'  # noqa: S608 - of our own schema
                )
        connection.commit()


def _require_values(engine: Engine) -> None:
    """Raise NotABackup unless each value is of its column's type."""
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            wanted = [(place, types) for place, c in enumerate(table.c) if (types := _types(c))]
            # Any value would read as true or false.
            columns = [type_coerce(c, Integer) if _is_truth(c) else c for c in table.c]
            rows = connection.execution_options(yield_per=1_000)
            try:
                for row in rows.execute(select(*columns)):
                    for place, types in wanted:
                        if row[place] is not None and type(row[place]) not in types:
                            raise TypeError
            except _UNREADABLE as error:
                raise NotABackup(
                    f"its table {table.name} holds a value that this program does not write"
                ) from error


def _is_truth(column: Column[Any]) -> bool:
    return isinstance(column.type, Boolean)


def _types(column: Column[Any]) -> frozenset[type]:
    """Return the Python types of a column's values; none if any is allowed."""
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    if isinstance(kind, JSON):
        return frozenset()
    if isinstance(kind, Boolean):
        return frozenset({int})
    return frozenset({float, int} if kind.python_type is float else {kind.python_type})
