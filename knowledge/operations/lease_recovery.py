"""Take over what processes of this host held when they died, instead of waiting for its time.

Whatever is leased names its holder: updates in hand, notifications, scheduled jobs and feeds.
"""

from datetime import datetime

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from knowledge.ingestion import feed_polling
from knowledge.models import Feed, Notification, QueuedUpdate, ScheduledJob
from knowledge.operations.process_locks import ProcessLock
from knowledge.outbox import delivery
from knowledge.storage.database import Sessions
from knowledge.update_queue import queued_updates, scheduled_jobs


def recover_leases(sessions: Sessions, process: ProcessLock, at: datetime) -> int:
    """Have everything that dead processes held be due ``at`` a moment; returns how many they are.

    What a living process holds, here or elsewhere, stays its own. Raises SQLAlchemyError where the
    database fails: then what is left is for the next time.
    """

    def release(holder: str) -> None:
        with sessions.begin() as session:
            end_leases(session, holder, at)

    return process.reap(release)


def end_leases(session: Session, holder: str, at: datetime) -> None:
    """End the leases of a process that is dead."""
    queued_updates.end_leases(session, holder, at)
    delivery.end_leases(session, holder, at)
    scheduled_jobs.end_leases(session, holder, at)
    feed_polling.end_leases(session, holder, at)


def end_every_lease(session: Session, at: datetime) -> None:
    """End the leases of whoever holds anything: a restored database names holders long gone."""
    holders = (QueuedUpdate.holder, Notification.holder, ScheduledJob.holder, Feed.holder)
    named = session.scalars(union(*map(select, holders))).all()
    for holder in filter(None, named):
        end_leases(session, holder, at)
