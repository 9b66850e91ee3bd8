"""Set and list the days by which statements must be rechecked."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, joinedload

from knowledge.corpus.reports import SourcedStatement, to_sourced
from knowledge.curation.version_content import to_json
from knowledge.domain import StatementStatus, SubjectKind
from knowledge.errors import BadCursor
from knowledge.models import Report, Statement
from knowledge.storage import audit_log
from knowledge.storage.pagination import Page, bound_limit, decode_cursor, make_page
from knowledge.storage.row_locks import lock_statements


@dataclass(frozen=True, slots=True)
class Due:
    """A published statement to recheck by a day."""

    statement: SourcedStatement
    by: date


def set_recheck_day(
    session: Session, statement_id: int, by: date | None, actor: str, reason: str | None = None
) -> None:
    """Set or clear the day by which a statement must be rechecked. Raises NotFound."""
    row = lock_statements(session, [statement_id])[statement_id]
    before, after = to_json(row.recheck_by), to_json(by)
    if before == after:
        return
    row.recheck_by = by
    audit_log.record(
        session,
        actor,
        "recheck set",
        SubjectKind.STATEMENT,
        statement_id,
        before={"recheck_by": before},
        after={"recheck_by": after},
        reason=reason,
    )
    session.flush()


def list_due(session: Session, today: date, after: str | None = None, limit: int = 50) -> Page[Due]:
    """Return published statements to recheck by ``today``, longest due first. Raises BadCursor."""
    query = (
        select(Statement)
        .options(joinedload(Statement.report).joinedload(Report.source))
        .where(Statement.status == StatementStatus.PUBLISHED, Statement.recheck_by <= today)
        .order_by(Statement.recheck_by, Statement.id)
        .limit(bound_limit(limit) + 1)
    )
    if after is not None:
        day, number = decode_cursor(after, str, int)
        query = query.where(tuple_(Statement.recheck_by, Statement.id) > (_day(day), number))
    rows = session.scalars(query).all()
    return make_page(rows, limit, _due, lambda row: (str(row.recheck_by), row.id))


def _due(row: Statement) -> Due:
    return Due(to_sourced(row), row.recheck_by or date.max)


def _day(written: int | float | str) -> date:
    try:
        return date.fromisoformat(str(written))
    except ValueError:
        raise BadCursor("this page does not exist; begin at the first one") from None
