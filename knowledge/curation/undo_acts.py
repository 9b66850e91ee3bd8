"""Undo an act by a new audit entry that names the undone one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from knowledge.accounts import roles
from knowledge.claim_queue import demand
from knowledge.claim_queue.cluster_actions import JOINED, undo_merge, undo_rejection
from knowledge.claim_queue.cluster_listing import resolve_merged_cluster
from knowledge.claim_queue.verdicts import Ruling, Said, from_json, load_verdict, rule, to_json
from knowledge.curation.edits import MOVED, revise_report
from knowledge.curation.revisions import TOLD, revise_and_tell
from knowledge.curation.version_content import (
    REPORT_FIELDS,
    STANDING_FIELDS,
    STATEMENT_FIELDS,
    UNREVIEWED,
    clean,
    read_content,
)
from knowledge.domain import ClusterStatus, Relation, StatementStatus, SubjectKind
from knowledge.errors import CannotUndo, NotFound
from knowledge.models import AuditEntry, Claim, Report, Statement
from knowledge.notifications.withdrawals import cancel_withdrawal, drop_pending, note_withdrawn
from knowledge.storage import audit_log
from knowledge.storage.audit_log import Entry, read
from knowledge.storage.merges import resolve_merged
from knowledge.storage.row_locks import lock_report, lock_statements

_UNDONE: Final = "undone"
_ATTACHED: Final = "attached"
#: Acts that are undone by other means, and by which.
_OTHERWISE: Final[Mapping[str, str]] = {
    "split": "add the whole statement again and retract its parts",
    MOVED: "take back the edit of the report instead",
}
_STATEMENT: Final = frozenset(STATEMENT_FIELDS + STANDING_FIELDS)


#: Acts on a cluster that decide nothing about its answer.
_UNDECIDING: Final = ("assigned", *audit_log.REMARKS)

#: Undoes an act in the name of an actor, for a reason.
_Undoing: TypeAlias = Callable[[str, str | None], None]


def undo(session: Session, entry_id: int, actor: str, reason: str | None) -> None:
    """Undo the act of an audit entry, if nothing was done on top of it since.

    People who were told something that no longer holds are told so. Raises CannotUndo for what
    cannot be undone, or not any more; NotFound.
    """
    row = session.get(AuditEntry, entry_id)
    if row is None:
        raise NotFound(f"the audit log has no entry number {entry_id}; check the number")
    entry = read(row)
    # The queue's lock before statements, as where inquiries are recorded, so that neither
    # deadlocks.
    demand.lock_queue(session)
    _take(session, entry)
    taken_back = select(AuditEntry).where(AuditEntry.undoes == entry.id).limit(1)
    again = session.scalars(taken_back).one_or_none()
    if again is not None:
        raise _overtaken(session, read(again), "this was undone already; reload the audit log")
    _undoing(session, entry)(actor, reason)


def list_undoable(session: Session, entries: Sequence[Entry]) -> frozenset[int]:
    """Return the ids of those entries that can be undone now."""
    numbers = [entry.id for entry in entries]
    taken_back = set(
        session.scalars(select(AuditEntry.undoes).where(AuditEntry.undoes.in_(numbers)))
    )
    return frozenset(
        entry.id for entry in entries if entry.id not in taken_back and _can_undo(session, entry)
    )


def _can_undo(session: Session, entry: Entry) -> bool:
    try:
        _undoing(session, entry)
    except CannotUndo:
        return False
    return True


def _take(session: Session, entry: Entry) -> None:
    """Lock what an entry is about, so that nobody changes it meanwhile."""
    match entry.subject:
        case SubjectKind.STATEMENT:
            lock_statements(session, [int(entry.subject_id)])
        case SubjectKind.REPORT:
            lock_report(session, int(entry.subject_id))
        case SubjectKind.CLAIM | SubjectKind.CLUSTER if "statement" in (entry.after or {}):
            lock_statements(session, [int((entry.after or {})["statement"])])


def _undoing(session: Session, entry: Entry) -> _Undoing:
    """Return the function that undoes an entry. Raises CannotUndo."""
    match entry.subject:
        case SubjectKind.STATEMENT:
            return _undoing_statement(session, entry)
        case SubjectKind.REPORT:
            return _undoing_report(session, entry)
        case SubjectKind.CLAIM:
            return _undoing_verdict(session, entry)
        case SubjectKind.CLUSTER if entry.action == "answered":
            return _undoing_answer(session, entry)
        case SubjectKind.CLUSTER if entry.action == "rejected":
            return _undoing_on_cluster(session, entry, undo_rejection)
        case SubjectKind.CLUSTER if entry.action == JOINED:
            return _undoing_on_cluster(session, entry, undo_merge)
        case SubjectKind.CLUSTER if entry.undoes is not None:
            raise CannotUndo("this cannot be taken back; answer the claim again instead")
        case _:
            raise CannotUndo("this cannot be taken back here; do the opposite instead")


def _undoing_statement(session: Session, entry: Entry) -> _Undoing:
    before, after, told = entry.before, entry.after, None
    if after is not None and TOLD in after:
        told = after[TOLD]
        after = {name: value for name, value in after.items() if name != TOLD}
    if entry.action in _OTHERWISE:
        raise CannotUndo(f"this cannot be taken back; {_OTHERWISE[entry.action]}")
    if before is None and after is not None:
        # An addition is undone like any statement that should not exist.
        before = {"status": StatementStatus.RETRACTED.value}
        after = {"status": after["status"]}
    if before is None or after is None or not before.keys() <= _STATEMENT:
        raise CannotUndo("this cannot be taken back; edit the statement instead")
    row = session.get_one(Statement, int(entry.subject_id))
    _require_last_word(session, entry, after, read_content(row, after))
    values = clean({**before, **_place(session, row, before), **_review(row, before)})
    # People who never heard of the edit see again what they saw; people who asked since saw what is
    # undone.
    since = entry.at if told is False else None
    tell = True if told else None
    return lambda actor, reason: revise_and_tell(
        session, row, values, actor, _UNDONE, reason, tell, entry.id, since
    )


def _review(row: Statement, before: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields that void a review: the restored text is not what was reviewed last.

    Raises CannotUndo if only a review would be restored.
    """
    reviewed = before.get("status", row.status) == StatementStatus.REVIEWED
    if not reviewed or before.keys() == {"recheck_by"}:
        return {}
    if row.status is StatementStatus.DRAFT and before.keys() <= UNREVIEWED.keys():
        raise CannotUndo("a review cannot be restored; review the statement again instead")
    return UNREVIEWED


def _place(session: Session, row: Statement, before: Mapping[str, Any]) -> Mapping[str, int]:
    """Return the span to restore a statement with, if its text has moved in the report; else empty.

    Raises CannotUndo if the report was edited since and no longer holds the text.
    """
    if before.get("status", row.status) == StatementStatus.RETRACTED:
        return {}
    body = row.report.body
    if body is None:
        return {}
    after = {**read_content(row, STATEMENT_FIELDS), **before}
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
    """Return whether a statement had a span that an edit of its report removed."""
    moved = select(AuditEntry.id).where(
        AuditEntry.subject == SubjectKind.STATEMENT,
        AuditEntry.subject_id == str(statement_id),
        AuditEntry.action == MOVED,
    )
    return session.scalar(moved.limit(1)) is not None


def _undoing_report(session: Session, entry: Entry) -> _Undoing:
    before, after = entry.before, entry.after
    if before is None or after is None or not before.keys() <= set(REPORT_FIELDS):
        raise CannotUndo("this cannot be taken back; edit the report instead")
    row, values = session.get_one(Report, int(entry.subject_id)), clean(before)
    _require_last_word(session, entry, after, read_content(row, after))
    return lambda actor, reason: revise_report(
        session, row, values, actor, _UNDONE, reason, entry.id
    )


def _undoing_verdict(session: Session, entry: Entry) -> _Undoing:
    before, after = entry.before, entry.after
    if before is None or after is None or after.keys() - {"note"} != {"statement", "relation"}:
        raise CannotUndo("this cannot be taken back here; do the opposite instead")
    claim_id, statement_id = int(entry.subject_id), int(after["statement"])
    now, earlier = load_verdict(session, claim_id, statement_id), from_json(before)
    # An entry has no note if there was none.
    after, current = {"note": None, **after}, {"note": None, **to_json(statement_id, now)}
    _require_last_word(session, entry, after, current)

    def take_it_back(actor: str, reason: str | None) -> None:
        stands = _settles(earlier)
        if stands is not None:
            cancel_withdrawal(session, [claim_id], statement_id, stands)
        if now is not None:
            note_withdrawn(session, [claim_id], statement_id, stands)
        ruling = _ruling(claim_id, statement_id, earlier)
        rule(session, [ruling], actor, _UNDONE, reason, entry.id)

    return take_it_back


def _undoing_answer(session: Session, entry: Entry) -> _Undoing:
    """Return the function that undoes an answer: the cluster and its inquiries are open again.

    If it replaced an earlier answer, that one is restored.
    """
    before, after = entry.before or {}, entry.after or {}
    cluster_id, statement_id = int(entry.subject_id), int(after["statement"])
    relation = Relation(after["relation"])
    later = _decided_since(session, entry) or _withdrawn(session, statement_id)
    if later is not None:
        raise _overtaken(session, later)
    replaced = before.get("status") == ClusterStatus.ANSWERED

    def take_it_back(actor: str, reason: str | None) -> None:
        row = resolve_merged_cluster(session, cluster_id)
        was = {"status": row.status.value, "statement": statement_id, "relation": relation.value}
        said = _said_with(session, entry, cluster_id, statement_id)
        for stands in set(map(_settles, said.values())):
            claims = [number for number, each in said.items() if _settles(each) is stands]
            note_withdrawn(session, claims, statement_id, stands)
        here = session.scalars(select(Claim.id).where(Claim.cluster_id == cluster_id)).all()
        drop_pending(session, [each for each in here if each not in said], statement_id, entry.at)
        if not replaced:
            row.status = ClusterStatus.OPEN
        rulings = [_ruling(number, statement_id, earlier) for number, earlier in said.items()]
        rule(session, rulings, actor, _UNDONE, reason, entry.id)
        audit_log.record(
            session,
            actor,
            _UNDONE,
            SubjectKind.CLUSTER,
            cluster_id,
            before=was,
            after={"status": resolve_merged_cluster(session, cluster_id).status.value},
            reason=reason,
            undoes=entry.id,
        )

    return take_it_back


def _undoing_on_cluster(
    session: Session, entry: Entry, undo_act: Callable[[Session, Entry, str, str, str | None], None]
) -> _Undoing:
    """Return the function that undoes a rejection or a merge: the cluster's state is restored."""
    later = _decided_since(session, entry)
    if later is not None:
        raise _overtaken(session, later)
    return lambda actor, reason: undo_act(session, entry, actor, _UNDONE, reason)


def _decided_since(session: Session, entry: Entry) -> Entry | None:
    """Return the last decision on a cluster or its claims after an act on it, if any."""
    cluster_id = int(entry.subject_id)
    claims = select(cast(Claim.id, String)).where(Claim.cluster_id == cluster_id)
    merged_here = AuditEntry.after["merged_into"].as_integer() == cluster_id
    decided = or_(
        and_(
            AuditEntry.subject == SubjectKind.CLUSTER,
            AuditEntry.subject_id == entry.subject_id,
            AuditEntry.action.not_in(_UNDECIDING),
        ),
        and_(AuditEntry.subject == SubjectKind.CLUSTER, AuditEntry.action == "merged", merged_here),
        and_(AuditEntry.subject == SubjectKind.CLAIM, AuditEntry.subject_id.in_(claims)),
    )
    row = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.id > entry.id, decided)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).one_or_none()
    return read(row) if row is not None else None


def _withdrawn(session: Session, statement_id: int) -> Entry | None:
    """Return the last act on a statement that is no longer served, None if it is served."""
    stands = resolve_merged(session, [statement_id])[statement_id]
    served = session.get_one(Statement, stands).status is StatementStatus.PUBLISHED
    return None if served else audit_log.load_latest(session, SubjectKind.STATEMENT, stands)


def _said_with(
    session: Session, entry: Entry, cluster_id: int, statement_id: int
) -> dict[int, Said | None]:
    """Return the claims whose verdicts an answer changed, with each verdict before.

    Their entries are between the answer's own entry and the cluster's previous one.
    """
    before = select(func.coalesce(func.max(AuditEntry.id), 0)).where(
        AuditEntry.subject == SubjectKind.CLUSTER,
        AuditEntry.subject_id == entry.subject_id,
        AuditEntry.id < entry.id,
    )
    rows = session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.subject == SubjectKind.CLAIM,
            AuditEntry.subject_id.in_(
                select(cast(Claim.id, String)).where(Claim.cluster_id == cluster_id)
            ),
            AuditEntry.action == _ATTACHED,
            AuditEntry.actor == entry.actor,
            AuditEntry.id < entry.id,
            AuditEntry.id > before.scalar_subquery(),
        )
        .order_by(AuditEntry.id.desc())
    )
    found: dict[int, Said | None] = {}
    for row in rows:
        if (row.after or {}).get("statement") == statement_id:
            found[int(row.subject_id)] = from_json(row.before or {})
    return found


def _settles(said: Said | None) -> Relation | None:
    """Return the relation that answers a claim, None if there is none."""
    return None if said is None or said.relation is Relation.NOT_ENOUGH_INFO else said.relation


def _ruling(claim_id: int, statement_id: int, said: Said | None) -> Ruling:
    if said is None:
        return Ruling(claim_id, statement_id, None)
    return Ruling(claim_id, statement_id, said.relation, said.note)


def _require_last_word(
    session: Session, entry: Entry, after: Mapping[str, Any], current: Mapping[str, Any]
) -> None:
    """Raise CannotUndo unless what the entry changed is still as it left it."""
    if any(current[name] != value for name, value in after.items()):
        done = audit_log.load_latest(session, entry.subject, entry.subject_id)
        if done is None:
            raise CannotUndo("it was changed since; take that back first")
        raise _overtaken(session, done)


def _overtaken(session: Session, done: Entry, message: str | None = None) -> CannotUndo:
    """Return the error that names what was done after an act that cannot be undone any more."""
    by = roles.name_of(session, done.actor)
    where = f"{done.subject.value} {done.subject_id}"
    message = message or (
        f"it was changed since ({where} was last {done.action} by {by}, entry {done.id}); take that"
        " back first, or go on from there"
    )
    subject = (done.subject.value, done.subject_id)
    return CannotUndo(message, by, done.action, subject, done.actor)
