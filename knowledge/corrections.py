"""Who has to hear that what they were shown is corrected or withdrawn, noted with the act."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, delete, func, literal, or_, select
from sqlalchemy.orm import Session

from knowledge.domain import Outcome
from knowledge.inserting import insert_selected
from knowledge.models import (
    Inquiry,
    Notification,
    NotificationKind,
    NotificationStatus,
    Shown,
    Statement,
)
from knowledge.standing import duplicates

#: Ids bound to one query. SQLite refuses more than 32,766 parameters.
_BATCH: Final = 5_000
_COLUMNS: Final = ["inquiry_id", "person_key", "kind", "statement_id", "version", "status"]


def corrected(session: Session, statement_ids: Sequence[int], kind: NotificationKind) -> None:
    """Note that everybody who was shown one of the statements is to be told, once a version.

    Who was shown a duplicate that the statement stands for was shown the same. What they were to
    be told of an earlier state and were not yet is left out: only the latest counts.
    """
    session.flush()
    for start in range(0, len(statement_ids), _BATCH):
        ids = statement_ids[start : start + _BATCH]
        _supersede(session, ids)
        _tell(session, kind, Statement.id == Shown.statement_id, Shown.statement_id.in_(ids))
        for duplicate, stands in duplicates(session, ids):
            _tell(session, kind, Statement.id == stands, Shown.statement_id == duplicate)


def restored(session: Session, statement_id: int) -> None:
    """Note that who was told of a retraction that is taken back is to hear that it stands again."""
    session.flush()
    _supersede(session, [statement_id])
    insert_selected(
        session,
        Notification,
        _COLUMNS,
        select(
            func.max(Notification.inquiry_id),
            Notification.person_key,
            literal(NotificationKind.CORRECTED, Notification.kind.type),
            Statement.id,
            Statement.version,
            literal(NotificationStatus.WAITING, Notification.status.type),
        )
        .join(Statement, Statement.id == Notification.statement_id)
        .where(
            Notification.statement_id == statement_id,
            Notification.kind == NotificationKind.RETRACTED,
            Notification.status == NotificationStatus.SENT,
        )
        .group_by(Notification.person_key, Statement.id, Statement.version),
    )


def pass_on(session: Session, statement_id: int, stands: int) -> None:
    """Let what people were still to be told of a duplicate be told of what stands for it."""
    session.flush()
    waiting = (
        Notification.statement_id == statement_id,
        Notification.status == NotificationStatus.WAITING,
    )
    insert_selected(
        session,
        Notification,
        [*_COLUMNS, "relation"],
        select(
            Notification.inquiry_id,
            Notification.person_key,
            Notification.kind,
            Statement.id,
            Statement.version,
            Notification.status,
            Notification.relation,
        )
        .join(Statement, Statement.id == stands)
        .where(*waiting),
    )
    session.execute(delete(Notification).where(*waiting))


def _tell(
    session: Session,
    kind: NotificationKind,
    told_of: ColumnElement[bool],
    shown: ColumnElement[bool],
) -> None:
    """Note a notification for everybody who was shown what ``shown`` says."""
    insert_selected(
        session,
        Notification,
        _COLUMNS,
        select(
            func.max(Inquiry.id),
            Inquiry.person_key,
            literal(kind, Notification.kind.type),
            Statement.id,
            Statement.version,
            literal(NotificationStatus.WAITING, Notification.status.type),
        )
        .select_from(Shown)
        .join(Inquiry, Inquiry.id == Shown.inquiry_id)
        .join(Statement, told_of)
        # What is forgotten is nobody's. Who was told that there is nothing was shown nothing yet:
        # what came nearest is kept for moderators.
        .where(
            shown,
            Inquiry.claim != "",
            or_(Inquiry.outcome != Outcome.NO_MATCH, Inquiry.answered_at.is_not(None)),
        )
        .group_by(Inquiry.person_key, Statement.id, Statement.version),
    )


def _supersede(session: Session, ids: Sequence[int]) -> None:
    session.execute(
        delete(Notification).where(
            Notification.statement_id.in_(ids),
            Notification.kind != NotificationKind.ANSWERED,
            Notification.status == NotificationStatus.WAITING,
        )
    )
