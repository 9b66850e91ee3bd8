"""Two moderators at once: who comes second hears what the first did; nothing is overwritten."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from knowledge import audit, curation, roles
from knowledge.errors import Stale
from knowledge.models import SubjectKind


def last_seen(session: Session, subject: SubjectKind, subject_id: int) -> int:
    """Return the number of what was done last to something: what its forms carry."""
    entry = audit.latest(session, subject, subject_id)
    return entry.id if entry else 0


def require_unchanged(session: Session, subject: SubjectKind, subject_id: int, seen: int) -> None:
    """Raise Stale if something was done since ``seen``."""
    entry = audit.latest(session, subject, subject_id)
    if entry is not None and entry.id != seen:
        by = roles.name_of(session, entry.actor)
        raise Stale(f"meanwhile {by} did this: {entry.action}", by, entry.action)


def last_shown(session: Session, statement_ids: Sequence[int]) -> dict[int, int]:
    """Return the number of what was done last to each statement, or to its report, by statement."""
    report_of = curation.reports_of(session, statement_ids)
    statements = audit.latest_ids(session, SubjectKind.STATEMENT, list(report_of))
    reports = audit.latest_ids(session, SubjectKind.REPORT, list(report_of.values()))
    return {
        number: max(statements.get(number, 0), reports.get(report, 0))
        for number, report in report_of.items()
    }


def require_as_shown(session: Session, statement_id: int, seen: int) -> None:
    """Raise Stale if something was done to a statement or its report since ``seen``."""
    report_of = curation.reports_of(session, [statement_id])
    shown = [(SubjectKind.STATEMENT, number) for number in report_of]
    shown += [(SubjectKind.REPORT, number) for number in report_of.values()]
    for subject, number in shown:
        if last_seen(session, subject, number) > seen:
            require_unchanged(session, subject, number, seen)


def require_moved(session: Session, ids: list[int], moved: int) -> None:
    """Raise Stale if only some of the statements could be moved: somebody was there before."""
    if moved == len(ids):
        return
    for number in ids:
        done = curation.last_done(session, SubjectKind.STATEMENT, number)
        if done is not None:
            raise Stale(f"meanwhile {done.by} did this: {done.action}", done.by, done.action)
    raise Stale("somebody was there before", "?", "changed")
