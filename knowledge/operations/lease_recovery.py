"""Take over what processes of this host held when they died, instead of waiting for its time.

Whatever is leased names its holder: updates in hand, notifications, scheduled jobs and feeds.
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
    """Have everything that dead processes held be due ``at`` a moment; returns how many they are.

    What a living process holds, here or elsewhere, stays its own. Raises SQLAlchemyError where the
    database fails: then what is left is for the next time.
    """

    def release(holder: str) -> None:
        with sessions.begin() as session:
            end_leases(session, holder, at)

    return process.reap(release)


def end_leases(session: Session, holder: str | None, at: datetime) -> None:
    """End the leases of a dead ``holder``; None: of all, as a restored database names dead ones."""
    for lease in _LEASES:
        lease.end(session, holder, at)
