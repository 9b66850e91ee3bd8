"""One statement changed: the old version kept, the audit, the change feed, who is to be told."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge import audit, verdicts
from knowledge.changes import append
from knowledge.corrections import corrected, restored
from knowledge.curation.content import MEANING, change, content, keep_version
from knowledge.inbox.reopening import reopen
from knowledge.models import (
    ChangeKind,
    NotificationKind,
    Statement,
    StatementStatus,
    SubjectKind,
    Verdict,
)
from knowledge.standing import duplicates

#: What a person ruled on, when they said how a statement stands to a claim.
_RULED_ON: Final = frozenset({"text", "rating"})
#: What only moderators see of a statement.
_NEVER_SHOWN: Final = frozenset({"recheck_by"})


def revise(
    session: Session,
    row: Statement,
    values: Mapping[str, Any],
    actor: str,
    action: str,
    reason: str | None,
    undoes: int | None = None,
) -> frozenset[str]:
    """Change a statement in hand and return the fields that are not as before.

    Where it is or was published, indexes look at it again. Nobody is told: see ``announce``.
    """
    before = content(row, values)
    changed = frozenset(name for name, value in values.items() if before[name] != value)
    if not changed:
        return changed
    served = row.status is StatementStatus.PUBLISHED
    keep_version(session, row)
    change(session, row, values)
    audit.note(
        session,
        actor,
        action,
        SubjectKind.STATEMENT,
        row.id,
        before={name: before[name] for name in values if name in changed},
        after={name: values[name] for name in values if name in changed},
        reason=reason,
        undoes=undoes,
    )
    serves = row.status is StatementStatus.PUBLISHED
    if (served or serves) and changed != _NEVER_SHOWN:
        append(session, [row.id], ChangeKind.ADDED if serves else ChangeKind.REMOVED)
    session.flush()
    return changed


def announce(
    session: Session, row: Statement, was: StatementStatus, changed: frozenset[str], actor: str
) -> None:
    """Note who is to be told of a change to a statement that stood at ``was`` before it.

    What a statement answered that is served no more, or says something else now, is for moderators
    to answer again: a verdict on other words must not be given out with these.
    """
    if changed & _RULED_ON:
        _withdraw_verdicts(session, row.id, actor)
    published = StatementStatus.PUBLISHED
    if was is published and row.status is not published:
        corrected(session, [row.id], NotificationKind.RETRACTED)
        reopen(session, [row.id], actor, None)
    elif was is published and changed & MEANING:
        corrected(session, [row.id], NotificationKind.CORRECTED)
    elif was is StatementStatus.RETRACTED and row.status is published:
        restored(session, row.id)


def _withdraw_verdicts(session: Session, statement_id: int, actor: str) -> None:
    same = [statement_id, *(number for number, _ in duplicates(session, [statement_id]))]
    rows = session.execute(
        select(Verdict.claim_id, Verdict.statement_id).where(Verdict.statement_id.in_(same))
    )
    rulings = [verdicts.Ruling(row.claim_id, row.statement_id, None) for row in rows]
    verdicts.rule(session, rulings, actor, "detached", "the statement was edited since")
