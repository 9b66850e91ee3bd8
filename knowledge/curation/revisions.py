"""Change one statement: keep the old version, the audit, the change log, and who must be told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.claim_queue import verdicts
from knowledge.claim_queue.reopening import reopen_answered_with
from knowledge.curation.version_content import (
    SHOWN,
    apply_content,
    changes_meaning,
    keep_version,
    read_content,
)
from knowledge.domain import ChangeKind, NotificationKind, StatementStatus, SubjectKind
from knowledge.models import Inquiry, Statement, Verdict
from knowledge.notifications.corrections import (
    advance_pending,
    count_audience,
    note_corrected,
    note_restored,
)
from knowledge.storage import audit_log
from knowledge.storage.change_log import append
from knowledge.storage.merges import list_duplicates

#: The fields that a verdict was given on.
_RULED_ON: Final = frozenset({"text", "rating"})
#: Fields that only moderators see.
_NEVER_SHOWN: Final = frozenset({"recheck_by"})
#: Audit field: how many people hear of a change; False if nobody was to be told.
TOLD: Final = "told"


def revise(
    session: Session,
    row: Statement,
    values: Mapping[str, Any],
    actor: str,
    action: str,
    reason: str | None,
    undoes: int | None = None,
    tell: bool | None = None,
    people: int = 0,
) -> frozenset[str]:
    """Change a locked statement and return the fields that changed.

    If it is or was published, indexes reload it. Nobody is told: see ``revise_and_tell``, which
    passes ``tell`` for the audit: whether the ``people`` who were shown it are told, None if nobody
    was shown it.
    """
    before = read_content(row, values)
    changed = frozenset(name for name, value in values.items() if before[name] != value)
    if not changed:
        return changed
    served = row.status is StatementStatus.PUBLISHED
    keep_version(session, row)
    apply_content(session, row, values)
    audit_log.record(
        session,
        actor,
        action,
        SubjectKind.STATEMENT,
        row.id,
        before={name: before[name] for name in values if name in changed},
        after={name: values[name] for name in values if name in changed}
        | ({} if tell is None else {TOLD: people if tell else False}),
        reason=reason,
        undoes=undoes,
    )
    serves = row.status is StatementStatus.PUBLISHED
    if (served or serves) and changed != _NEVER_SHOWN:
        append(session, [row.id], ChangeKind.ADDED if serves else ChangeKind.REMOVED)
    session.flush()
    # An answer that is being sent is followed by a correction, if people are told.
    kinds = [NotificationKind.CORRECTED, *([] if tell else [NotificationKind.ANSWERED])]
    advance_pending(session, row.id, row.version, kinds)
    return changed


def revise_and_tell(
    session: Session,
    row: Statement,
    values: Mapping[str, Any],
    actor: str,
    action: str,
    reason: str | None,
    tell: bool | None = None,
    undoes: int | None = None,
    since: datetime | None = None,
) -> None:
    """Change a locked statement, and record who must be told of it.

    ``tell`` is whether people who were shown a statement that stays published are told, by default
    if its meaning changes; with ``since`` only those who were shown it from then on.

    Moderators must answer again what the statement answered if it is no longer served, or says
    something else now: a verdict on other words must not be served with these.
    """
    was, before = row.status, read_content(row, SHOWN)
    published, among = (
        StatementStatus.PUBLISHED,
        None if since is None else Inquiry.asked_at >= since,
    )
    after = {**before, **{name: value for name, value in values.items() if name in SHOWN}}
    if was is published and values.get("status", was) == published and after != before:
        tell = changes_meaning(before, after) if tell is None else tell
    else:
        tell = None
    people = count_audience(session, row.id, among) if tell else 0
    changed = revise(session, row, values, actor, action, reason, undoes, tell, people)
    if changed & _RULED_ON:
        _withdraw_verdicts(session, row.id, actor)
    if was is published and row.status is not published:
        note_corrected(session, [row.id], NotificationKind.RETRACTED)
        reopen_answered_with(session, [row.id], actor, None)
    elif people:
        note_corrected(session, [row.id], NotificationKind.CORRECTED, among)
    elif was is StatementStatus.RETRACTED and row.status is published:
        note_restored(session, row.id)


def _withdraw_verdicts(session: Session, statement_id: int, actor: str) -> None:
    same = [statement_id, *(number for number, _ in list_duplicates(session, [statement_id]))]
    rows = session.execute(
        select(Verdict.claim_id, Verdict.statement_id).where(Verdict.statement_id.in_(same))
    )
    rulings = [verdicts.Ruling(row.claim_id, row.statement_id, None) for row in rows]
    verdicts.rule(session, rulings, actor, "detached", "the statement was edited since")
