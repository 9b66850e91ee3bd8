"""Which notification is whose to send: one process has it at a time."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from knowledge import notifications
from knowledge.inbox import rejections
from knowledge.inbox.rejections import Closed
from knowledge.models import Notification, NotificationStatus
from knowledge.notifications import Told

#: Others that are looked at where another process takes the first at the same moment.
_LOOKED_AT = 10


def take(
    session: Session, now: datetime, until: datetime, holder: str | None = None
) -> Told | Closed | None:
    """Return a notification that is due and leave it to ``holder`` until ``until``; None if none.

    The transaction must end before it is sent. Whoever sends it says so with
    ``notifications.sent``; where nobody does, because the process died, it is due again then, or
    as ``takeover`` finds it dead.
    """
    # What was found goes before the word that nothing was.
    found: list[Told | Closed] = [
        *notifications.due(session, now, _LOOKED_AT),
        *rejections.due(session, now, _LOOKED_AT),
    ]
    for told in found:
        # Asked and taken in one statement: two processes never have the same one.
        taken = session.scalar(
            update(Notification)
            .where(
                Notification.id == told.id,
                Notification.status == NotificationStatus.WAITING,
                Notification.due_at <= now,
            )
            .values(due_at=until, holder=holder)
            .returning(Notification.id),
            execution_options={"synchronize_session": False},
        )
        if taken is not None:
            return told
    return None


def end_leases(session: Session, holder: str, at: datetime) -> None:
    """Have what a dead ``holder`` was sending be due ``at`` a moment."""
    session.execute(
        update(Notification)
        .where(
            Notification.status == NotificationStatus.WAITING,
            Notification.holder == holder,
            Notification.due_at > at,
        )
        .values(due_at=at, holder=None),
        execution_options={"synchronize_session": False},
    )
