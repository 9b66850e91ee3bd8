"""Detect edits of what somebody else changed meanwhile, and refuse them, saying what and who."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Concatenate, ParamSpec

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.accounts import roles
from knowledge.claim_queue import demand
from knowledge.domain import SubjectKind
from knowledge.errors import Stale
from knowledge.models import Statement
from knowledge.storage import audit_log

_P = ParamSpec("_P")


@dataclass(frozen=True, slots=True)
class LastAct:
    """The last act on something: by whom, as colleagues know them, and their key."""

    action: str
    by: str
    at: datetime
    actor: str


def load_last_act(session: Session, subject: SubjectKind, subject_id: int) -> LastAct | None:
    """Return the last act on a report or a statement, None if there is none."""
    entry = audit_log.load_latest(session, subject, subject_id)
    if entry is None:
        return None
    return LastAct(entry.action, roles.name_of(session, entry.actor), entry.at, entry.actor)


def make_stale_error(session: Session, subject: SubjectKind, subject_id: int) -> Stale:
    """Return the error that tells the second moderator what the first one did."""
    done = load_last_act(session, subject, subject_id)
    by, action = (done.by, done.action) if done else ("somebody", "changed")
    when = f" at {done.at:%Y-%m-%d %H:%M} UTC" if done else ""
    return Stale(
        f"this {subject.value} was {action} by {by}{when}; look at it again and repeat",
        by,
        action,
        done.actor if done else None,
        (subject.value, str(subject_id)),
    )


def last_seen(session: Session, subject: SubjectKind, subject_id: int) -> int:
    """Return the id of the last audit entry of a subject, which forms and buttons carry."""
    return audit_log.load_latest_ids(session, subject, [subject_id]).get(subject_id, 0)


def last_shown(session: Session, statement_ids: Sequence[int]) -> dict[int, int]:
    """Return the id of the last audit entry of each statement or its report, by statement."""
    report_of = _reports_of(session, statement_ids)
    statements = audit_log.load_latest_ids(session, SubjectKind.STATEMENT, list(report_of))
    reports = audit_log.load_latest_ids(session, SubjectKind.REPORT, list(report_of.values()))
    return {
        number: max(statements.get(number, 0), reports.get(report, 0))
        for number, report in report_of.items()
    }


def require_unchanged(session: Session, subject: SubjectKind, subject_id: int, seen: int) -> None:
    """Raise Stale if a subject changed since ``seen``; lock it until the transaction ends."""
    demand.lock_queue(session)
    if last_seen(session, subject, subject_id) > seen:
        raise make_stale_error(session, subject, subject_id)


def require_as_shown(session: Session, seen: Mapping[int, int]) -> None:
    """Raise Stale if a statement or its report changed since each was shown.

    ``seen`` is what ``last_shown`` returned then. They stay locked until the transaction ends.
    """
    demand.lock_queue(session)
    now = last_shown(session, list(seen))
    changed = next((number for number in now if now[number] > seen[number]), None)
    if changed is None:
        return
    if last_seen(session, SubjectKind.STATEMENT, changed) > seen[changed]:
        raise make_stale_error(session, SubjectKind.STATEMENT, changed)
    raise make_stale_error(session, SubjectKind.REPORT, _reports_of(session, [changed])[changed])


def move_all(
    session: Session,
    shown: Mapping[int, int],
    move: Callable[Concatenate[Session, Sequence[int], _P], int],
    ids: Sequence[int],
    /,
    *args: _P.args,
    **kwargs: _P.kwargs,
) -> int:
    """Do ``move`` to all of some statements, or to none; returns how many they are.

    Raises Stale if another moderator was first, or changed one since it was ``shown``.
    """
    if shown:
        require_as_shown(session, shown)
    moved = move(session, ids, *args, **kwargs)
    require_moved(session, ids, moved)
    return moved


def require_moved(session: Session, ids: Sequence[int], moved: int) -> None:
    """Raise Stale if only some statements could be moved: another moderator was first."""
    if moved == len(ids):
        return
    for number in ids:
        if load_last_act(session, SubjectKind.STATEMENT, number) is not None:
            raise make_stale_error(session, SubjectKind.STATEMENT, number)
    raise Stale("somebody was there before", "?", "changed")


def _reports_of(session: Session, statement_ids: Sequence[int]) -> dict[int, int]:
    """Return each statement's report id; missing statements are left out."""
    rows = session.execute(
        select(Statement.id, Statement.report_id).where(Statement.id.in_(statement_ids))
    )
    return {row.id: row.report_id for row in rows}
