"""Deliver each notification by one process at a time; report who could not be told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from knowledge.domain import NotificationStatus
from knowledge.models import Claim, Inquiry, Notification
from knowledge.notifications import rejections
from knowledge.notifications.due_notification import LEASE
from knowledge.notifications.rejections import RejectionNotice
from knowledge.outbox import pending_notifications
from knowledge.outbox.pending_notifications import DueNotification

#: How many further notifications are tried if another process takes the first one.
_LOOKED_AT = 10


@dataclass(frozen=True, slots=True)
class Failure:
    """How many people were given up with the same ``error``, after how many tries, when last."""

    error: str
    tries: int
    people: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many people were told something, when last, and who could not be."""

    told: int
    last: datetime | None
    failures: tuple[Failure, ...]

    @property
    def unreached(self) -> int:
        """How many people could not be told."""
        return sum(each.people for each in self.failures)


def count_delivered(session: Session, cluster_id: int) -> Delivered:
    """Count the notifications of a cluster's claims that were sent and that failed."""
    about = (
        select(Notification.id)
        # The person is the inquiry's too; naming it here lets the database use their index.
        .join(
            Inquiry,
            (Inquiry.id == Notification.inquiry_id)
            & (Inquiry.person_key == Notification.person_key),
        )
        .join(Claim, Claim.id == Inquiry.claim_id)
        .where(Claim.cluster_id == cluster_id)
    )
    told, last = session.execute(
        select(
            func.count(Notification.person_key.distinct()), func.max(Notification.sent_at)
        ).where(Notification.id.in_(about), Notification.status == NotificationStatus.SENT)
    ).one()
    return Delivered(told, last, _failures(session, Notification.id.in_(about)))


def list_failures(session: Session, since: datetime, until: datetime) -> tuple[Failure, ...]:
    """Return who was given up from ``since`` until ``until``."""
    return _failures(session, (Notification.due_at >= since) & (Notification.due_at < until))


def _failures(session: Session, among: ColumnElement[bool]) -> tuple[Failure, ...]:
    """Count people who could not be told by their last error, each person once."""
    latest = (
        select(func.max(Notification.id))
        .where(among, Notification.status == NotificationStatus.UNREACHABLE)
        .group_by(Notification.person_key)
    )
    error, count = func.coalesce(Notification.error, ""), func.count()
    rows = session.execute(
        select(error, func.max(Notification.tries), count, func.max(Notification.due_at))
        .where(Notification.id.in_(latest))
        .group_by(error)
        .order_by(count.desc(), error)
    )
    return tuple(Failure(*row) for row in rows)


def lease(
    session: Session, now: datetime, until: datetime, holder: str | None = None
) -> DueNotification | RejectionNotice | None:
    """Lease a due notification to ``holder`` until ``until``; None if there is none.

    The sender reports it with ``pending_notifications.mark_sent``; if the process dies, it is due
    again at ``until``.
    """
    # Statements' notifications come before rejections; each query runs only if needed.
    for told in _due(session, now):
        if LEASE.take(session, Notification.id == told.id, now, until, holder):
            return told
    return None


def _due(session: Session, now: datetime) -> Iterator[DueNotification | RejectionNotice]:
    yield from pending_notifications.list_due(session, now, _LOOKED_AT)
    yield from rejections.list_due(session, now, _LOOKED_AT)
