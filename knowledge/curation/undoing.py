"""An act taken back by another entry of the audit, which says what it undoes."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.audit import Entry, read
from knowledge.curation.content import (
    REPORT_FIELDS,
    STANDING_FIELDS,
    STATEMENT_FIELDS,
    UNREVIEWED,
    clean,
    content,
)
from knowledge.curation.edits import MOVED, revise_report
from knowledge.curation.revising import TOLD, revise_and_tell
from knowledge.curation.staleness import last_done
from knowledge.domain import Relation
from knowledge.errors import CannotUndo, NotFound
from knowledge.inbox import demand
from knowledge.models import AuditEntry, Statement, StatementStatus, SubjectKind
from knowledge.taking import take_report, take_statements
from knowledge.verdicts import Ruling, of_claim, rule

_UNDONE: Final = "undone"
#: What is taken back by other means, and which.
_OTHERWISE: Final[Mapping[str, str]] = {
    "split": "add the whole statement again and retract its parts",
    MOVED: "take back the edit of the report instead",
}
_STATEMENT: Final = frozenset(STATEMENT_FIELDS + STANDING_FIELDS)


def undo(session: Session, entry_id: int, actor: str, reason: str | None) -> None:
    """Take back what an entry of the audit did, if nothing has been done over it since.

    Raises CannotUndo for what cannot be taken back or not any more, NotFound.
    """
    row = session.get(AuditEntry, entry_id)
    if row is None:
        raise NotFound(f"the audit has no entry number {entry_id}; look at it again")
    entry = read(row)
    # The inbox before statements, as where an inquiry is kept: neither then waits for the other.
    demand.hold(session)
    match entry.subject:
        case SubjectKind.STATEMENT:
            _undo_statement(session, entry, actor, reason)
        case SubjectKind.REPORT:
            _undo_report(session, entry, actor, reason)
        case SubjectKind.CLAIM:
            _undo_verdict(session, entry, actor, reason)
        case _:
            raise CannotUndo("this cannot be taken back here; do the opposite instead")


def _undo_statement(session: Session, entry: Entry, actor: str, reason: str | None) -> None:
    number = int(entry.subject_id)
    before, after, told = entry.before, entry.after, None
    if after is not None and TOLD in after:
        told = after[TOLD]
        after = {name: value for name, value in after.items() if name != TOLD}
    if entry.action in _OTHERWISE:
        raise CannotUndo(f"this cannot be taken back; {_OTHERWISE[entry.action]}")
    if before is None and after is not None:
        # What was added goes the way of everything that should not be there.
        before = {"status": StatementStatus.RETRACTED.value}
        after = {"status": after["status"]}
    if before is None or after is None or not before.keys() <= _STATEMENT:
        raise CannotUndo("this cannot be taken back; edit the statement instead")
    row = take_statements(session, [number])[number]
    _require_last_word(session, entry, after, content(row, after))
    before = clean({**before, **_place(session, row, before), **_review(row, before)})
    # Who never heard of it sees again what they saw; who asked since saw what is taken back.
    since = entry.at if told is False else None
    tell = True if told else None
    revise_and_tell(session, row, before, actor, _UNDONE, reason, tell, entry.id, since)


def _review(row: Statement, before: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what voids a review: what is taken back is not what was reviewed last.

    Raises CannotUndo where a review would be given back and nothing else.
    """
    reviewed = before.get("status", row.status) == StatementStatus.REVIEWED
    if not reviewed or before.keys() == {"recheck_by"}:
        return {}
    if row.status is StatementStatus.DRAFT and before.keys() <= UNREVIEWED.keys():
        raise CannotUndo("a review is not given back; review the statement again instead")
    return UNREVIEWED


def _place(session: Session, row: Statement, before: Mapping[str, Any]) -> Mapping[str, int]:
    """Return where a statement's words stand in the report now, nothing where that is known.

    Raises CannotUndo where the report was edited since and does not hold them any more.
    """
    body = row.report.body
    if before.get("status", row.status) == StatementStatus.RETRACTED or body is None:
        return {}
    after = {**content(row, STATEMENT_FIELDS), **before}
    text, start, end = after["text"], after["span_start"], after["span_end"]
    if start is None and not _was_moved(session, row.id):
        return {}
    if start is not None and body[start:end] == text:
        return {}
    start = body.find(text)
    if start < 0:
        raise CannotUndo("the report does not hold these words any more; take back its edit first")
    return {"span_start": start, "span_end": start + len(text)}


def _was_moved(session: Session, statement_id: int) -> bool:
    """Tell whether a statement had a place in its report that an edit of the report took."""
    moved = select(AuditEntry.id).where(
        AuditEntry.subject == SubjectKind.STATEMENT,
        AuditEntry.subject_id == str(statement_id),
        AuditEntry.action == MOVED,
    )
    return session.scalar(moved.limit(1)) is not None


def _undo_report(session: Session, entry: Entry, actor: str, reason: str | None) -> None:
    before, after = entry.before, entry.after
    if before is None or after is None or not before.keys() <= set(REPORT_FIELDS):
        raise CannotUndo("this cannot be taken back; edit the report instead")
    row = take_report(session, int(entry.subject_id))
    _require_last_word(session, entry, after, content(row, after))
    revise_report(session, row, clean(before), actor, _UNDONE, reason, entry.id)


def _undo_verdict(session: Session, entry: Entry, actor: str, reason: str | None) -> None:
    before, after = entry.before, entry.after
    if before is None or after is None or after.keys() != {"statement", "relation"}:
        raise CannotUndo("this cannot be taken back here; do the opposite instead")
    claim_id, statement_id = int(entry.subject_id), int(after["statement"])
    # Whoever rules on the statement meanwhile waits for this.
    take_statements(session, [statement_id])
    now = of_claim(session, claim_id, statement_id)
    current = {"statement": statement_id, "relation": now.value if now else None}
    _require_last_word(session, entry, after, current)
    relation = Relation(before["relation"]) if before["relation"] else None
    rule(session, [Ruling(claim_id, statement_id, relation)], actor, _UNDONE, reason, entry.id)


def _require_last_word(
    session: Session, entry: Entry, after: Mapping[str, Any], current: Mapping[str, Any]
) -> None:
    """Raise CannotUndo unless what the entry changed is still as it left it."""
    if session.scalar(select(AuditEntry.id).where(AuditEntry.undoes == entry.id).limit(1)):
        raise CannotUndo("this was taken back already; look at the audit again")
    if any(current[name] != value for name, value in after.items()):
        done = last_done(session, entry.subject, int(entry.subject_id))
        by = f" (last {done.action} by {done.by})" if done else ""
        raise CannotUndo(f"it was changed since{by}; take that back first")
