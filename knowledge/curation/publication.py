"""From draft to reviewed to published to retracted, many at once."""

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

    ``two_people`` is the rule that another person reviewed what this one publishes: raises
    TwoPeopleNeeded, and nothing is published, where that is not so of all of them.
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
    """Withdraw published statements; returns how many were.

    They are not served any more, who was shown them is to be told, and what they answered is for
    moderators to answer again.
    """
    # The inbox before statements, as where an inquiry is kept: neither then waits for the other.
    demand.lock_queue(session)
    moved = _move(session, ids, _PUBLISHED, _RETRACTED, actor, "retracted", reason)
    append(session, moved, ChangeKind.REMOVED)
    note_corrected(session, moved, NotificationKind.RETRACTED)
    reopen_answered_with(session, moved, actor, reason)
    return len(moved)


def discard(session: Session, ids: Sequence[int], actor: str, reason: str) -> int:
    """Put drafts and reviewed statements away, never to be published; returns how many were."""
    moved = _move(session, ids, _DRAFT, _RETRACTED, actor, "discarded", reason)
    moved += _move(session, ids, _REVIEWED, _RETRACTED, actor, "discarded", reason)
    return len(moved)


def list_drafts(session: Session) -> list[int]:
    """Return the ids of the statements that wait to be published, reviewed or not."""
    waiting = Statement.status.in_((_DRAFT, _REVIEWED))
    return list(session.scalars(select(Statement.id).where(waiting).order_by(Statement.id)))


def list_reviewers(session: Session, ids: Sequence[int]) -> dict[str, str]:
    """Return who reviewed statements that are not published yet, each with one's reference."""
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
    """Take those of ``ids`` that stand at ``before`` to ``after``; returns which were, by id.

    Asked and done in one statement: what another moderator retracted a moment ago is not
    published over their decision. ``beside`` are columns, empty until then, set with it.
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
