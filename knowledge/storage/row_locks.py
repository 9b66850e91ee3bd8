"""Lock rows until the transaction ends, and read them as they are now.

An UPDATE that changes nothing does it on every database: PostgreSQL locks the rows, SQLite blocks
all other writers.
"""

from collections.abc import Sequence

from sqlalchemy import update
from sqlalchemy.orm import Session

from knowledge.errors import NotFound
from knowledge.models import Report, Statement


def lock_statements(session: Session, ids: Sequence[int]) -> dict[int, Statement]:
    """Return the statements with these ids, locked. Raises NotFound if one is missing."""
    session.flush()
    taking = (
        update(Statement)
        .where(Statement.id.in_(ids))
        .values(version=Statement.version)
        .returning(Statement)
    )
    rows = session.scalars(taking, execution_options=_FRESH).all()
    found = {row.id: row for row in rows}
    for number in ids:
        if number not in found:
            raise NotFound(f"there is no statement number {number}; see `statements list`")
    return found


def lock_report(session: Session, report_id: int) -> Report:
    """Return the report with this id, locked. Raises NotFound if it is missing."""
    session.flush()
    taking = (
        update(Report)
        .where(Report.id == report_id)
        .values(version=Report.version)
        .returning(Report)
    )
    row = session.scalars(taking, execution_options=_FRESH).one_or_none()
    if row is None:
        raise NotFound(f"there is no report number {report_id}; see `statements list`")
    session.refresh(row, ["statements", "source"])
    return row


# What is in hand already shows what others did to it.
_FRESH = {"populate_existing": True, "synchronize_session": False}
