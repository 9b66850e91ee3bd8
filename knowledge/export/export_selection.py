"""Select the statements that are exported, a batch at a time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from knowledge.corpus.reports import SourcedStatement, to_sourced
from knowledge.domain import ChangeKind, StatementStatus
from knowledge.models import ChangeLogEntry, Report, Statement
from knowledge.storage.database import Sessions

_BATCH: Final = 1_000
_PUBLISHED = (
    select(Statement)
    .options(joinedload(Statement.report).joinedload(Report.source))
    .where(Statement.status == StatementStatus.PUBLISHED)
    .order_by(Statement.id)
    .limit(_BATCH)
)


def load_published(sessions: Sessions) -> Iterator[SourcedStatement]:
    """Yield every published statement, oldest first, in batches."""
    last = 0
    while batch := sessions.read(_load_published_after, last):
        last = batch[-1].id
        yield from batch


def _load_published_after(session: Session, last: int) -> list[SourcedStatement]:
    return [to_sourced(row) for row in session.scalars(_PUBLISHED.where(Statement.id > last))]


def load_newest(session: Session, limit: int) -> list[tuple[SourcedStatement, datetime]]:
    """Return the statements published last, each with the time, newest first."""
    when = (
        select(ChangeLogEntry.statement_id, func.max(ChangeLogEntry.id).label("change_id"))
        .where(ChangeLogEntry.kind == ChangeKind.ADDED)
        .group_by(ChangeLogEntry.statement_id)
        .subquery()
    )
    query = (
        select(Statement, ChangeLogEntry.created_at)
        .options(joinedload(Statement.report).joinedload(Report.source))
        .join(when, when.c.statement_id == Statement.id)
        .join(ChangeLogEntry, ChangeLogEntry.id == when.c.change_id)
        .where(Statement.status == StatementStatus.PUBLISHED)
        .order_by(ChangeLogEntry.id.desc())
        .limit(limit)
    )
    return [(to_sourced(row), at) for row, at in session.execute(query)]
