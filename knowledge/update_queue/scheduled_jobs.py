"""Lease scheduled jobs when they are due: one process does each at a time.

One that dies holding an errand gives it back by the time that it might take, or as ``takeover``
finds it dead.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from knowledge.models import Errand

_MAX_NOTE = 500


@dataclass(frozen=True, slots=True)
class Late:
    """An errand whose time is over; ``note`` is how it went the last time."""

    name: str
    due_at: datetime
    note: str | None


def lease(
    session: Session, name: str, now: datetime, longest: timedelta, holder: str | None = None
) -> datetime | None:
    """Take an errand if it is due; nobody else gets it for ``longest``, unless it is finished.

    Returns until when it is held, which ``finish`` is to be told; None if it is not due. A new
    errand is due at once. The transaction must end before the errand is begun.
    """
    if session.scalar(select(Errand.name).where(Errand.name == name)) is None:
        try:
            with session.begin_nested():
                session.add(Errand(name=name, due_at=now))
        except IntegrityError:
            pass  # Another process made it just now.
    return session.scalar(
        update(Errand)
        .where(Errand.name == name, Errand.due_at <= now)
        .values(due_at=now + longest, holder=holder)
        .returning(Errand.due_at)
    )


def finish(session: Session, name: str, held: datetime, due_at: datetime, note: str | None) -> None:
    """Give an errand back that is ``held``: when it is due next, and how it went.

    Who took longer than they might gives nothing back: by now it may be another's.
    """
    session.execute(
        update(Errand)
        .where(Errand.name == name, Errand.due_at == held)
        .values(due_at=due_at, note=note[:_MAX_NOTE] if note else None, holder=None)
    )


def end_leases(session: Session, holder: str, at: datetime) -> None:
    """Have the errands that a dead ``holder`` was about be due ``at`` a moment."""
    session.execute(
        update(Errand)
        .where(Errand.holder == holder, Errand.due_at > at)
        .values(due_at=at, note="given up half-way", holder=None),
        execution_options={"synchronize_session": False},
    )


def list_late(session: Session, by: datetime) -> list[Late]:
    """Return the errands that were due ``by`` a moment and not done since, longest due first."""
    rows = session.scalars(select(Errand).where(Errand.due_at <= by).order_by(Errand.due_at))
    return [Late(row.name, row.due_at, row.note) for row in rows]
