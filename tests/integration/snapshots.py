"""Keep what takes long to put into an empty database, and put it into the next ones at once."""

from collections.abc import Callable
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from sqlalchemy import Engine

from knowledge.models import Base
from knowledge.storage.database import Sessions

_T = TypeVar("_T")
_TABLES = tuple(Base.metadata.tables)
_FILLED = " UNION ALL ".join(
    f"SELECT '{each}' WHERE EXISTS (SELECT * FROM {each})"  # noqa: S608
    for each in _TABLES
)
_COUNTED = """
SELECT sequencename, last_value FROM pg_sequences
WHERE schemaname = 'public' AND last_value IS NOT NULL
"""


@dataclass(frozen=True)
class _Snapshot:
    """The rows of each table as the driver gives them, and where each sequence stands."""

    rows: dict[str, Any]
    counted: list[tuple[str, int]]


def filled_once(fill: Callable[[Sessions], _T]) -> Callable[[Sessions], _T]:
    """Have ``fill`` run once for each kind of database; later ones get the rows that it left.

    A database that holds something already is filled as ever. Times within are those of the first.
    """
    kept: dict[str, tuple[_Snapshot, _T]] = {}

    @wraps(fill)
    def filling(sessions: Sessions) -> _T:
        engine, kind = sessions.engine, sessions.engine.dialect.name
        if _filled(engine):
            return fill(sessions)
        if kind in kept:
            snapshot, result = kept[kind]
            (_load_file if kind == "sqlite" else _load_server)(engine, snapshot)
        else:
            result = fill(sessions)
            kept[kind] = (_save_file if kind == "sqlite" else _save_server)(engine), result
        return deepcopy(result)

    return filling


def _filled(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.exec_driver_sql(_FILLED).scalars())


def _save_file(engine: Engine) -> _Snapshot:
    rows = {}
    with engine.connect() as connection:
        for each in _filled(engine):
            found = connection.exec_driver_sql(f"SELECT * FROM {each}")  # noqa: S608
            rows[each] = [tuple(row) for row in found]
    return _Snapshot(rows, [])


def _load_file(engine: Engine, snapshot: _Snapshot) -> None:
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        # Tables refer to each other in circles.
        cursor.execute("PRAGMA foreign_keys = OFF")
        for table, rows in snapshot.rows.items():
            places = ", ".join("?" * len(rows[0]))
            cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608
        connection.commit()
        cursor.execute("PRAGMA foreign_keys = ON")


def _save_server(engine: Engine) -> _Snapshot:
    filled = _filled(engine)
    with closing(engine.raw_connection()) as pooled:
        cursor = _driver(pooled).cursor()
        rows = {}
        for each in filled:
            with cursor.copy(_copy("COPY {} TO STDOUT (FORMAT BINARY)", each)) as copy:
                rows[each] = b"".join(bytes(part) for part in copy)
        return _Snapshot(rows, cursor.execute(_COUNTED).fetchall())


def _load_server(engine: Engine, snapshot: _Snapshot) -> None:
    with closing(engine.raw_connection()) as pooled:
        cursor = _driver(pooled).cursor()
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, rows in snapshot.rows.items():
            with cursor.copy(_copy("COPY {} FROM STDIN (FORMAT BINARY)", table)) as copy:
                copy.write(rows)
        for sequence, last in snapshot.counted:
            cursor.execute("SELECT setval(%s, %s)", (f"public.{sequence}", last))
        pooled.commit()


def _driver(pooled: Any) -> psycopg.Connection:
    connection: psycopg.Connection = pooled.driver_connection
    return connection


def _copy(statement: str, table: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(table))
