"""Measure the backlog: how much waits in each queue, and since when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge.domain import ClusterStatus
from knowledge.models import Claim, Cluster
from knowledge.outbox import pending_notifications
from knowledge.update_queue import queued_updates


class QueueName(StrEnum):
    """The queues."""

    UPDATES = "updates"
    """What came in and is not answered yet."""
    NOTIFICATIONS = "notifications"
    """People who are to be told something that is due."""
    CLAIMS = "claims"
    """Claims that have no cluster yet."""
    INBOX = "inbox"
    """Clusters that moderators have not answered."""


@dataclass(frozen=True, slots=True)
class Queue:
    """How many wait, and since when the first does."""

    waiting: int
    oldest: datetime | None


def measure_queues(session: Session, at: datetime) -> dict[QueueName, Queue]:
    """Return every queue as it is at a moment."""
    claims = session.execute(
        select(func.count(), func.min(Claim.created_at)).where(Claim.cluster_id.is_(None))
    ).one()
    inbox = session.execute(
        select(func.count(), func.min(Cluster.last_asked_at)).where(
            Cluster.status == ClusterStatus.OPEN, Cluster.merged_into.is_(None)
        )
    ).one()
    updates = queued_updates.count_states(session)
    return {
        QueueName.UPDATES: Queue(updates.waiting, updates.oldest),
        QueueName.NOTIFICATIONS: Queue(*pending_notifications.count_waiting(session, at)),
        QueueName.CLAIMS: Queue(*claims),
        QueueName.INBOX: Queue(*inbox),
    }
