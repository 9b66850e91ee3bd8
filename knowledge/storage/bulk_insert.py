"""Insert rows unless they exist, safely when several processes insert the same."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Insert, Select, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from knowledge.models import Base


def insert_new(session: Session, table: type[Base], values: Mapping[str, Any]) -> bool:
    """Insert a row unless one with its key exists; returns whether it was inserted."""
    return bool(insert_all(session, table, [values]))


def insert_selected(
    session: Session, table: type[Base], columns: list[str], rows: Select[*tuple[Any, ...]]
) -> None:
    """Insert ``columns`` of the rows that ``rows`` selects, except existing ones."""
    inserting = _inserting(table, session.get_bind().dialect.name)
    session.execute(inserting.from_select(columns, rows).on_conflict_do_nothing())


def insert_all(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Insert rows whose keys do not exist yet; returns the keys of those inserted.

    All rows give the same columns. For a key of several columns, the first is returned.
    """
    if not rows:
        return []
    statement = _unless_there(table, session.get_bind().dialect.name)
    return list(session.scalars(statement, [dict(row) for row in rows]).all())


@cache
def _unless_there(table: type[Base], dialect: str) -> "ReturningInsert[*tuple[Any, ...]]":
    # Built once, compiled once for one row and once for several: it runs at every inquiry.
    inserting: Insert = _inserting(table, dialect).on_conflict_do_nothing()
    return inserting.returning(*_made(table).primary_key.columns)


def _inserting(table: type[Base], dialect: str) -> "sqlite.Insert | postgresql.Insert":
    # Into the table, not the mapped class: mapping takes twice as long.
    if dialect == "postgresql":
        return postgresql.insert(_made(table))
    return sqlite.insert(_made(table))


def _made(table: type[Base]) -> Table:
    return cast(Table, table.__table__)
