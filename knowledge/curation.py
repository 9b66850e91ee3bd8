"""What may happen to a statement, each with its audit row and change in the same transaction."""

from collections.abc import Sequence

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from knowledge.errors import NotFound
from knowledge.models import AuditEntry, Change, ChangeKind, Statement, StatementStatus, SubjectKind

#: PostgreSQL's channel that tells of changes.
CHANNEL = "tathabbat_changes"
#: PostgreSQL's lock on the change feed: any number that nothing else of ours locks.
_FEED = 7_468_497
#: Ids bound to one query. SQLite refuses more than 32,766 parameters.
_BATCH = 5_000


def publish(
    session: Session, statement_ids: Sequence[int], actor: str, reason: str | None = None
) -> int:
    """Publish drafts and reviewed statements; returns how many were. Retracted ones stay so."""
    to = StatementStatus.PUBLISHED
    drafts = _move(session, statement_ids, StatementStatus.DRAFT, to, actor, reason)
    reviewed = _move(session, statement_ids, StatementStatus.REVIEWED, to, actor, reason)
    moved = sorted(drafts + reviewed)
    _append(session, moved, ChangeKind.ADDED)
    return len(moved)


def retract(session: Session, statement_ids: Sequence[int], actor: str, reason: str) -> int:
    """Withdraw published statements; returns how many were. They are never served again."""
    moved = _move(
        session,
        statement_ids,
        StatementStatus.PUBLISHED,
        StatementStatus.RETRACTED,
        actor,
        reason,
    )
    _append(session, moved, ChangeKind.REMOVED)
    return len(moved)


def find(session: Session, ref: str) -> list[int]:
    """Return the ids of the statements that ``ref`` names: a statement's, or a report's.

    Raises NotFound if there is none.
    """
    ids = list(session.scalars(select(Statement.id).where(Statement.ref == ref)))
    ids = ids or list(session.scalars(select(Statement.id).where(Statement.report.has(ref=ref))))
    if not ids:
        raise NotFound(f"no statement or report has the reference {ref!r}; see `statements list`")
    return ids


def _append(session: Session, statement_ids: Sequence[int], kind: ChangeKind) -> None:
    """Note changes in the feed, in the order in which transactions commit.

    PostgreSQL gives numbers out before the commit: a reader that has seen the higher one would
    never look for the lower. So whoever appends waits for who appended before to commit. SQLite
    has one writer at a time.
    """
    if statement_ids and session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:feed)"), {"feed": _FEED})
        # Sent with the commit, if there is one.
        session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    session.add_all(Change(statement_id=number, kind=kind) for number in statement_ids)


def _move(
    session: Session,
    ids: Sequence[int],
    before: StatementStatus,
    after: StatementStatus,
    actor: str,
    reason: str | None,
) -> list[int]:
    """Take those of ``ids`` that stand at ``before`` to ``after``; returns which were, by id.

    Asked and done in one statement: what another moderator retracted a moment ago is not
    published over their decision.
    """
    moved: list[int] = []
    for start in range(0, len(ids), _BATCH):
        moved += session.scalars(
            update(Statement)
            .where(Statement.id.in_(ids[start : start + _BATCH]), Statement.status == before)
            .values(status=after)
            .returning(Statement.id)
        )
    session.add_all(
        AuditEntry(
            actor=actor,
            action=after.value,
            subject=SubjectKind.STATEMENT,
            subject_id=str(number),
            before={"status": before.value},
            after={"status": after.value},
            reason=reason,
        )
        for number in sorted(moved)
    )
    return sorted(moved)
