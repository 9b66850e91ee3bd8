"""Free the leases of this host's dead processes at once, instead of waiting for them to end.

Every lease names its holder: of updates, notifications, scheduled jobs and feeds.
"""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from knowledge.ingestion import feed_polling
from knowledge.notifications import due_notification
from knowledge.operations.process_locks import ProcessLock
from knowledge.storage.database import Sessions
from knowledge.update_queue import lease_statements, scheduled_jobs

_LEASES: Final = (
    lease_statements.LEASE,
    due_notification.LEASE,
    scheduled_jobs.LEASE,
    feed_polling.LEASE,
)


def recover_leases(sessions: Sessions, process: ProcessLock, at: datetime) -> int:
    """Make what dead processes held due ``at`` a moment; returns how many processes died.

    Living processes, here or elsewhere, keep their leases. Raises SQLAlchemyError if the database
    fails: the rest is left for the next time.
    """

    def release(holder: str) -> None:
        with sessions.begin() as session:
            end_leases(session, holder, at)

    return process.reap(release)


def end_leases(session: Session, holder: str | None, at: datetime) -> None:
    """End the leases of a dead ``holder``; with None all, as those of a restored database."""
    for lease in _LEASES:
        lease.end(session, holder, at)
