"""Adding a row unless it is there: of two who add the same at once, both find it there after."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Insert, Select, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from knowledge.models import Base


def insert_new(session: Session, table: type[Base], values: Mapping[str, Any]) -> bool:
    """Add a row unless one with its key is there; tells whether it was added."""
    statement = _insert(session, table).values(**values)
    found = session.execute(_unless_there(statement).returning(*_key(table)))
    return found.first() is not None


def insert_selected(
    session: Session, table: type[Base], columns: list[str], rows: Select[*tuple[Any, ...]]
) -> None:
    """Add the rows that ``rows`` selects, ``columns`` of them, but for those that are there."""
    session.execute(_unless_there(_insert(session, table).from_select(columns, rows)))


def _insert(session: Session, table: type[Base]) -> "sqlite.Insert | postgresql.Insert":
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def _unless_there(statement: "sqlite.Insert | postgresql.Insert") -> Insert:
    return statement.on_conflict_do_nothing()


def _key(table: type[Base]) -> list[Any]:
    made: Table = table.__table__  # type: ignore[assignment]
    return list(made.primary_key.columns)


def insert_all(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Add the rows whose keys are not there yet; returns the (single) keys of those added."""
    if not rows:
        return []
    (key,) = _key(table)
    # Given apart, however many they are, they are one statement that is compiled once.
    statement = _unless_there(_insert(session, table)).returning(key)
    return list(session.scalars(statement, list(rows)).all())
