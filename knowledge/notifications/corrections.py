"""Record who must be told that a statement they were shown was corrected or withdrawn."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select, true, update
from sqlalchemy.orm import Session

from knowledge.domain import NotificationKind, NotificationStatus
from knowledge.models import Inquiry, Notification, ShownStatement, Statement
from knowledge.notifications.due_notification import OF_STATEMENT, insert_waiting
from knowledge.storage.batches import in_batches
from knowledge.storage.bulk_insert import insert_selected
from knowledge.storage.merges import list_duplicates

#: Inquiries of people; erased ones are nobody's.
_SAW: Final = Inquiry.claim != ""
#: Columns copied to a notification that is passed on.
_PASSED_ON: Final = [
    "inquiry_id", "person_key", "kind", "status", "relation", "sent_at", "due_at", "tries",
]  # fmt: skip


def note_corrected(
    session: Session,
    statement_ids: Sequence[int],
    kind: NotificationKind,
    among: ColumnElement[bool] | None = None,
) -> None:
    """Record a notification for everybody who was shown one of the statements, one per version.

    People who were shown a duplicate that a statement stands for count as shown it. Pending
    notifications about older versions are dropped: only the latest counts. With ``among`` only
    people of those inquiries are told; what others are still to be told stays as it is.
    """
    session.flush()
    told = among if among is not None else true()
    for ids in in_batches(statement_ids):
        if among is None:
            _supersede(session, ids)
        same = Statement.id == ShownStatement.statement_id
        _tell(session, kind, same, ShownStatement.statement_id.in_(ids) & told)
        for duplicate, stands in list_duplicates(session, ids):
            copied = ShownStatement.statement_id == duplicate
            _tell(session, kind, Statement.id == stands, copied & told)


def count_audience(
    session: Session, statement_id: int, among: ColumnElement[bool] | None = None
) -> int:
    """Return how many people ``note_corrected`` would tell if a statement changes."""
    ids = [statement_id, *(number for number, _ in list_duplicates(session, [statement_id]))]
    query = (
        select(func.count(Inquiry.person_key.distinct()))
        .select_from(ShownStatement)
        .join(Inquiry, Inquiry.id == ShownStatement.inquiry_id)
        .where(ShownStatement.statement_id.in_(ids), _SAW)
    )
    return session.scalar(query if among is None else query.where(among)) or 0


def advance_pending(
    session: Session, statement_id: int, version: int, kinds: Sequence[NotificationKind]
) -> None:
    """Move pending notifications about a version of a statement to ``version``.

    Otherwise they would wait for ever, or be taken for a change while somebody is told.
    """
    session.execute(
        update(Notification)
        .where(
            Notification.statement_id == statement_id,
            Notification.status == NotificationStatus.WAITING,
            Notification.version == version - 1,
            Notification.kind.in_(kinds),
        )
        .values(version=version),
        execution_options={"synchronize_session": False},
    )


def note_restored(session: Session, statement_id: int) -> None:
    """Record that people who were told of a retraction must hear that it was undone."""
    session.flush()
    _supersede(session, [statement_id])
    insert_waiting(
        session,
        NotificationKind.CORRECTED,
        select(func.max(Notification.inquiry_id), Notification.person_key)
        .join(Statement, Statement.id == Notification.statement_id)
        .where(
            Notification.statement_id == statement_id,
            Notification.kind == NotificationKind.RETRACTED,
            Notification.status == NotificationStatus.SENT,
        )
        .group_by(Notification.person_key, Statement.id, Statement.version),
        **OF_STATEMENT,
    )


def pass_on(session: Session, statement_id: int, stands: int) -> None:
    """Move people's pending notifications of a duplicate to the statement that stands for it."""
    session.flush()
    waiting = (
        Notification.statement_id == statement_id,
        Notification.status == NotificationStatus.WAITING,
    )
    kept = [getattr(Notification, name) for name in _PASSED_ON]
    insert_selected(
        session,
        Notification,
        [*_PASSED_ON, *OF_STATEMENT],
        select(*kept, *OF_STATEMENT.values())
        .select_from(Notification)
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
    """Record a notification for everybody who was shown what ``shown`` selects."""
    insert_waiting(
        session,
        kind,
        select(func.max(Inquiry.id), Inquiry.person_key)
        .select_from(ShownStatement)
        .join(Inquiry, Inquiry.id == ShownStatement.inquiry_id)
        .join(Statement, told_of)
        .where(shown, _SAW)
        .group_by(Inquiry.person_key, Statement.id, Statement.version),
        **OF_STATEMENT,
    )


def _supersede(session: Session, ids: Sequence[int]) -> None:
    session.execute(
        delete(Notification).where(
            Notification.statement_id.in_(ids),
            Notification.kind.in_((NotificationKind.CORRECTED, NotificationKind.RETRACTED)),
            Notification.status == NotificationStatus.WAITING,
        )
    )
