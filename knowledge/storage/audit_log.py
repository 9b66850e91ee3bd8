"""The audit log: who did what, when and why, written in the transaction that does it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from knowledge.domain import SubjectKind
from knowledge.models import AuditEntry
from knowledge.storage.pagination import Page, bound_limit, decode_cursor, make_page
from knowledge.text.plain_text import single_line

#: The actor of acts on the command line: no person of a channel.
COMMAND_LINE: Final = "command line"
#: Characters of a reason that are stored.
LONGEST_REASON: Final = 2_000
#: Acts that do not change their subject: nobody working on it has to look again.
REMARKS: Final = ("tagged", "untagged", "noted", "note deleted")
_APPROVER: Final = "approver"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``before`` and ``after`` hold the changed fields as JSON values."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: SubjectKind
    subject_id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str | None
    undoes: int | None
    #: The second person, where ``actor`` proposed it and another one approved it.
    approved_by: str | None = None


@contextmanager
def name_approver(session: Session, approver: str) -> Iterator[None]:
    """Record the approver on every entry written in the body."""
    session.info[_APPROVER] = approver
    try:
        yield
    finally:
        del session.info[_APPROVER]


def record(
    session: Session,
    actor: str,
    action: str,
    subject: SubjectKind,
    subject_id: int | str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
    undoes: int | None = None,
) -> None:
    """Append an entry. ``before`` and ``after`` hold JSON values only."""
    session.add(
        AuditEntry(
            actor=actor,
            approved_by=session.info.get(_APPROVER),
            action=action,
            subject=subject,
            subject_id=str(subject_id),
            before=dict(before) if before is not None else None,
            after=dict(after) if after is not None else None,
            reason=reason_on_one_line(reason),
            undoes=undoes,
        )
    )


def list_entries(
    session: Session,
    subject: SubjectKind | None = None,
    subject_id: int | str | None = None,
    actor: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[Entry]:
    """Return entries, newest first, of one subject, one actor, or all. Raises BadCursor."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(bound_limit(limit) + 1)
    if subject is not None:
        query = query.where(AuditEntry.subject == subject)
    if subject_id is not None:
        query = query.where(AuditEntry.subject_id == str(subject_id))
    if actor is not None:
        query = query.where(AuditEntry.actor == actor)
    if after is not None:
        query = query.where(AuditEntry.id < decode_cursor(after, int)[0])
    rows = session.scalars(query).all()
    return make_page(rows, limit, read, lambda row: (row.id,))


def list_of_statement(session: Session, statement_id: int, limit: int = 50) -> tuple[Entry, ...]:
    """Return acts on a statement, and on claims and clusters with it, newest first."""
    itself = and_(
        AuditEntry.subject == SubjectKind.STATEMENT, AuditEntry.subject_id == str(statement_id)
    )
    with_it = and_(
        AuditEntry.subject.in_((SubjectKind.CLAIM, SubjectKind.CLUSTER)),
        or_(
            AuditEntry.after["statement"].as_integer() == statement_id,
            AuditEntry.before["statement"].as_integer() == statement_id,
        ),
    )
    query = select(AuditEntry).where(or_(itself, with_it)).order_by(AuditEntry.id.desc())
    return tuple(read(row) for row in session.scalars(query.limit(bound_limit(limit))))


def load_latest(session: Session, subject: SubjectKind, subject_id: int | str) -> Entry | None:
    """Return the last act on a subject, remarks aside: for a moderator who came too late."""
    row = session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.subject == subject,
            AuditEntry.subject_id == str(subject_id),
            AuditEntry.action.not_in(REMARKS),
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).one_or_none()
    return read(row) if row is not None else None


def reason_on_one_line(reason: str | None) -> str | None:
    """Return a reason as it is stored: one line, bounded, None if nothing is left."""
    return single_line(reason)[:LONGEST_REASON] or None if reason else None


def load_latest_id(session: Session) -> int:
    """Return the id of the newest entry, 0 if there is none."""
    return session.scalar(select(func.max(AuditEntry.id))) or 0


def load_latest_ids(
    session: Session, subject: SubjectKind, subject_ids: Sequence[int]
) -> dict[int, int]:
    """Return the id of the last entry of each subject, remarks aside.

    Subjects without any are left out.
    """
    rows = session.execute(
        select(AuditEntry.subject_id, func.max(AuditEntry.id))
        .where(AuditEntry.subject == subject)
        .where(AuditEntry.subject_id.in_({str(number) for number in subject_ids}))
        .where(AuditEntry.action.not_in(REMARKS))
        .group_by(AuditEntry.subject_id)
    )
    return {int(row[0]): row[1] for row in rows}


def read(row: AuditEntry) -> Entry:
    """Return the value of an entry's row."""
    return Entry(
        id=row.id,
        at=row.created_at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        subject_id=row.subject_id,
        before=row.before,
        after=row.after,
        reason=reason_on_one_line(row.reason),
        undoes=row.undoes,
        approved_by=row.approved_by,
    )
