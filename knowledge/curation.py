"""What may happen to a statement, each with its audit row and change in the same transaction."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.errors import NotFound
from knowledge.models import AuditEntry, Change, ChangeKind, Statement, StatementStatus


def publish(
    session: Session, statement_ids: Sequence[int], actor: str, reason: str | None = None
) -> int:
    """Publish drafts and reviewed statements; returns how many were. Retracted ones stay so."""
    waiting = (StatementStatus.DRAFT, StatementStatus.REVIEWED)
    moved = 0
    for row in _rows(session, statement_ids):
        if row.status in waiting:
            _move(session, row, StatementStatus.PUBLISHED, actor, reason)
            session.add(Change(statement_id=row.id, kind=ChangeKind.ADDED))
            moved += 1
    return moved


def retract(session: Session, statement_ids: Sequence[int], actor: str, reason: str) -> int:
    """Withdraw published statements; returns how many were. They are never served again."""
    moved = 0
    for row in _rows(session, statement_ids):
        if row.status is StatementStatus.PUBLISHED:
            _move(session, row, StatementStatus.RETRACTED, actor, reason)
            session.add(Change(statement_id=row.id, kind=ChangeKind.REMOVED))
            moved += 1
    return moved


def find(session: Session, ref: str) -> list[int]:
    """Return the ids of the statements that ``ref`` names: a statement's, or a report's.

    Raises NotFound if there is none.
    """
    ids = list(session.scalars(select(Statement.id).where(Statement.ref == ref)))
    ids = ids or list(session.scalars(select(Statement.id).where(Statement.report.has(ref=ref))))
    if not ids:
        raise NotFound(f"no statement or report has the reference {ref!r}; see `statements list`")
    return ids


def _rows(session: Session, ids: Sequence[int]) -> list[Statement]:
    rows: list[Statement] = []
    for start in range(0, len(ids), 5_000):
        batch = ids[start : start + 5_000]
        rows += session.scalars(
            select(Statement).where(Statement.id.in_(batch)).order_by(Statement.id)
        )
    return rows


def _move(
    session: Session, row: Statement, to: StatementStatus, actor: str, reason: str | None
) -> None:
    session.add(
        AuditEntry(
            actor=actor,
            action=to.value,
            statement_id=row.id,
            before=row.status.value,
            after=to.value,
            reason=reason,
        )
    )
    row.status = to
