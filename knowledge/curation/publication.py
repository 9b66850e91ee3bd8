"""Review, publish, retract and discard statements, many at once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from knowledge.claim_queue import demand
from knowledge.claim_queue.reopening import reopen_answered_with
from knowledge.curation.version_content import to_json
from knowledge.domain import ChangeKind, NotificationKind, StatementStatus, SubjectKind
from knowledge.errors import TwoPeopleNeeded
from knowledge.models import Statement
from knowledge.notifications.corrections import note_corrected
from knowledge.storage import audit_log
from knowledge.storage.batches import in_batches
from knowledge.storage.change_log import append

_DRAFT, _REVIEWED = StatementStatus.DRAFT, StatementStatus.REVIEWED
_PUBLISHED, _RETRACTED = StatementStatus.PUBLISHED, StatementStatus.RETRACTED


def review(session: Session, ids: Sequence[int], actor: str, reason: str | None = None) -> int:
    """Mark drafts as reviewed by ``actor``; returns how many were."""
    reviewer = {"reviewed_by": actor}
    return len(_move(session, ids, _DRAFT, _REVIEWED, actor, "reviewed", reason, reviewer))


def publish(
    session: Session,
    ids: Sequence[int],
    actor: str,
    reason: str | None = None,
    two_people: bool = False,
) -> int:
    """Publish drafts and reviewed statements; returns how many were. Retracted ones stay so.

    With ``two_people``, another person must have reviewed each of them: otherwise it raises
    TwoPeopleNeeded and publishes nothing.
    """
    by_another = Statement.reviewed_by != actor
    if two_people:
        _require_reviewed(session, ids, by_another)
        moved = _move(
            session, ids, _REVIEWED, _PUBLISHED, actor, "published", reason, {}, by_another
        )
    else:
        moved = _move(session, ids, _DRAFT, _PUBLISHED, actor, "published", reason)
        moved += _move(session, ids, _REVIEWED, _PUBLISHED, actor, "published", reason)
    append(session, sorted(moved), ChangeKind.ADDED)
    return len(moved)


def retract(session: Session, ids: Sequence[int], actor: str, reason: str) -> int:
    """Retract published statements; returns how many were.

    They are no longer served, people who were shown them are told, and moderators have to answer
    again what they answered.
    """
    # The queue's lock before statements, as where inquiries are recorded, so that neither
    # deadlocks.
    demand.lock_queue(session)
    moved = _move(session, ids, _PUBLISHED, _RETRACTED, actor, "retracted", reason)
    append(session, moved, ChangeKind.REMOVED)
    note_corrected(session, moved, NotificationKind.RETRACTED)
    reopen_answered_with(session, moved, actor, reason)
    return len(moved)


def discard(session: Session, ids: Sequence[int], actor: str, reason: str) -> int:
    """Discard drafts and reviewed statements for good; returns how many were."""
    moved = _move(session, ids, _DRAFT, _RETRACTED, actor, "discarded", reason)
    moved += _move(session, ids, _REVIEWED, _RETRACTED, actor, "discarded", reason)
    return len(moved)


def list_drafts(session: Session) -> list[int]:
    """Return the ids of statements that wait to be published, reviewed or not."""
    waiting = Statement.status.in_((_DRAFT, _REVIEWED))
    return list(session.scalars(select(Statement.id).where(waiting).order_by(Statement.id)))


def list_reviewers(session: Session, ids: Sequence[int]) -> dict[str, str]:
    """Return the reviewers of unpublished statements, each with one statement's reference."""
    found: dict[str, str] = {}
    for batch in in_batches(ids):
        rows = session.execute(
            select(Statement.reviewed_by, Statement.ref).where(
                Statement.id.in_(batch),
                Statement.status == _REVIEWED,
                Statement.reviewed_by.is_not(None),
            )
        )
        found |= {row.reviewed_by: row.ref for row in rows}
    return found


def _require_reviewed(
    session: Session, ids: Sequence[int], by_another: ColumnElement[bool]
) -> None:
    for batch in in_batches(ids):
        lacking = session.scalar(
            select(Statement.ref)
            .where(
                Statement.id.in_(batch),
                or_(
                    Statement.status == _DRAFT,
                    (Statement.status == _REVIEWED)
                    & or_(Statement.reviewed_by.is_(None), ~by_another),
                ),
            )
            .limit(1)
        )
        if lacking is not None:
            raise TwoPeopleNeeded(
                f"{lacking} has to be reviewed by another person before you publish it;"
                " ask a colleague to review it"
            )


def _move(
    session: Session,
    ids: Sequence[int],
    before: StatementStatus,
    after: StatementStatus,
    actor: str,
    action: str,
    reason: str | None,
    beside: dict[str, Any] | None = None,
    *conditions: ColumnElement[bool],
) -> list[int]:
    """Change the status of the ``ids`` that are ``before`` to ``after``; returns which, sorted.

    The check and the change are one statement: what another moderator has just retracted is not
    published. ``beside`` are columns, empty until then, that are set too.
    """
    moved: list[int] = []
    beside = beside or {}
    for batch in in_batches(ids):
        moved += session.scalars(
            update(Statement)
            .where(
                Statement.id.in_(batch),
                Statement.status == before,
                *conditions,
            )
            .values(status=after, **beside)
            .returning(Statement.id)
        )
    for number in sorted(moved):
        audit_log.record(
            session,
            actor,
            action,
            SubjectKind.STATEMENT,
            number,
            before={"status": before.value, **dict.fromkeys(beside)},
            after={"status": after.value, **{name: to_json(v) for name, v in beside.items()}},
            reason=reason,
        )
    return sorted(moved)
