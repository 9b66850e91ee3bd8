"""What to tell who comes too late: what somebody else did meanwhile, and who."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from knowledge import audit, roles
from knowledge.errors import Stale
from knowledge.models import SubjectKind


@dataclass(frozen=True, slots=True)
class Done:
    """What was done last to something: ``by`` is who, as colleagues know them."""

    entry_id: int
    action: str
    by: str
    at: datetime


def last_done(session: Session, subject: SubjectKind, subject_id: int) -> Done | None:
    """Return what was done last to a report or a statement, None where nothing was."""
    entry = audit.latest(session, subject, subject_id)
    if entry is None:
        return None
    return Done(entry.id, entry.action, roles.name_of(session, entry.actor), entry.at)


def stale(session: Session, subject: SubjectKind, subject_id: int) -> Stale:
    """Return the error that tells who came too late what happened meanwhile."""
    done = last_done(session, subject, subject_id)
    by, action = (done.by, done.action) if done else ("somebody", "changed")
    when = f" at {done.at:%Y-%m-%d %H:%M} UTC" if done else ""
    return Stale(
        f"this {subject.value} was {action} by {by}{when}; look at it again and repeat",
        by,
        action,
    )
