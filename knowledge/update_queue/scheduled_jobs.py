"""Lease scheduled jobs when they are due: one process does each at a time.

A due job is free: leasing it moves its due time ahead by the time that it may take.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from knowledge.models import ScheduledJob
from knowledge.storage.bulk_insert import insert_new
from knowledge.storage.leases import Lease

_MAX_RESULT = 500

LEASE = Lease(
    ScheduledJob.due_at,
    ScheduledJob.holder,
    ended={"holder": None, "last_result": "given up half-way"},
)


@dataclass(frozen=True, slots=True)
class OverdueJob:
    """A job that was due; ``last_result`` is how it went the last time."""

    name: str
    due_at: datetime
    last_result: str | None


def lease(
    session: Session, name: str, now: datetime, longest: timedelta, holder: str | None = None
) -> datetime | None:
    """Lease a job if it is due; nobody else gets it for ``longest``, unless it is finished.

    Returns until when it is held, to be passed to ``finish``; None if it is not due. A new job is
    due at once.
    """
    insert_new(session, ScheduledJob, {"name": name, "due_at": now})
    return LEASE.take(session, ScheduledJob.name == name, now, now + longest, holder)


def finish(
    session: Session, name: str, held: datetime, due_at: datetime, result: str | None
) -> None:
    """Finish a job that is ``held``: store when it is due next, and how it went.

    If it took longer than its lease nothing is stored: another process may hold it by now.
    """
    session.execute(
        update(ScheduledJob)
        .where(ScheduledJob.name == name, ScheduledJob.due_at == held)
        .values(due_at=due_at, last_result=result[:_MAX_RESULT] if result else None, holder=None)
    )


def list_overdue(session: Session, by: datetime) -> list[OverdueJob]:
    """Return jobs that were due ``by`` a moment and are not done, longest due first."""
    rows = session.scalars(
        select(ScheduledJob).where(ScheduledJob.due_at <= by).order_by(ScheduledJob.due_at)
    )
    return [OverdueJob(row.name, row.due_at, row.last_result) for row in rows]
