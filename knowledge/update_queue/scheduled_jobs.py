"""Lease scheduled jobs when they are due: one process does each at a time.

One that dies holding a job gives it back by the time that it might take, or as ``lease_recovery``
finds it dead.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from knowledge.models import ScheduledJob

_MAX_RESULT = 500


@dataclass(frozen=True, slots=True)
class OverdueJob:
    """A job whose time is over; ``last_result`` is how it went the last time."""

    name: str
    due_at: datetime
    last_result: str | None


def lease(
    session: Session, name: str, now: datetime, longest: timedelta, holder: str | None = None
) -> datetime | None:
    """Take a job if it is due; nobody else gets it for ``longest``, unless it is finished.

    Returns until when it is held, which ``finish`` is to be told; None if it is not due. A new
    job is due at once. The transaction must end before the job is begun.
    """
    if session.scalar(select(ScheduledJob.name).where(ScheduledJob.name == name)) is None:
        try:
            with session.begin_nested():
                session.add(ScheduledJob(name=name, due_at=now))
        except IntegrityError:
            pass  # Another process made it just now.
    return session.scalar(
        update(ScheduledJob)
        .where(ScheduledJob.name == name, ScheduledJob.due_at <= now)
        .values(due_at=now + longest, holder=holder)
        .returning(ScheduledJob.due_at)
    )


def finish(
    session: Session, name: str, held: datetime, due_at: datetime, result: str | None
) -> None:
    """Give a job back that is ``held``: when it is due next, and how it went.

    Who took longer than they might gives nothing back: by now it may be another's.
    """
    session.execute(
        update(ScheduledJob)
        .where(ScheduledJob.name == name, ScheduledJob.due_at == held)
        .values(due_at=due_at, last_result=result[:_MAX_RESULT] if result else None, holder=None)
    )


def end_leases(session: Session, holder: str, at: datetime) -> None:
    """Have the jobs that a dead ``holder`` was about be due ``at`` a moment."""
    session.execute(
        update(ScheduledJob)
        .where(ScheduledJob.holder == holder, ScheduledJob.due_at > at)
        .values(due_at=at, last_result="given up half-way", holder=None),
        execution_options={"synchronize_session": False},
    )


def list_overdue(session: Session, by: datetime) -> list[OverdueJob]:
    """Return the jobs that were due ``by`` a moment and not done since, longest due first."""
    rows = session.scalars(
        select(ScheduledJob).where(ScheduledJob.due_at <= by).order_by(ScheduledJob.due_at)
    )
    return [OverdueJob(row.name, row.due_at, row.last_result) for row in rows]
