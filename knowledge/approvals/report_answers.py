"""Answer a cluster with a new report, in one transaction."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from knowledge import curation
from knowledge.approvals.acts import Answer
from knowledge.approvals.decisions import Applied, Policy, Waiting, submit
from knowledge.claim_queue import demand
from knowledge.claim_queue.explanations import NO_NOTE, Note
from knowledge.corpus import reports
from knowledge.corpus.reports import SourcedStatement
from knowledge.curation.edit_conflicts import last_seen, last_shown, require_unchanged
from knowledge.curation.manual_reports import file_report
from knowledge.domain import Relation, ReportDraft, StatementDraft, StatementStatus, SubjectKind
from knowledge.outbox import pending_notifications
from knowledge.outbox.pending_notifications import Audience


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """An answer to a cluster with a ``statement`` of a ``report`` that may not be stored yet.

    A report that carries its statements carries this one.
    """

    cluster_id: int
    report: ReportDraft
    statement: StatementDraft
    relation: Relation
    note: Note = NO_NOTE


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """The result of a new answer: the statement as it would be served, and who is told.

    ``known`` is whether the statement is stored already: it then stays as it is. ``seen`` and
    ``shown`` are passed to ``answer_with_report``, so that changes in between are not taken for
    seen.
    """

    statement: SourcedStatement
    audience: Audience
    known: bool
    seen: int
    shown: int


def answer_with_report(
    session: Session,
    new: NewAnswer,
    actor: str,
    policy: Policy,
    *,
    seen: int,
    shown: int | None = None,
) -> Applied | Waiting:
    """Store a report with the statement that settles a cluster, and answer the cluster with it.

    If two people are required, the report is stored with its draft and the answer waits: approving
    it reviews the statement. Neither the cluster since ``seen`` nor an existing statement since
    ``shown`` may have changed. Raises Stale, and as ``file_report``, ``add_statement`` and
    ``submit``.
    """
    require_unchanged(session, SubjectKind.CLUSTER, new.cluster_id, seen)
    statement_id, known = _kept(session, new, actor)
    act = Answer(new.cluster_id, statement_id, new.relation, unreviewed=True, note=new.note)
    known_as = {statement_id: shown} if known and shown is not None else None
    return submit(session, act, actor, None, policy, shown=known_as)


def rehearse_with_report(session: Session, new: NewAnswer, actor: str) -> Rehearsed:
    """Preview a new answer: it is given, read, and rolled back. Raises as it."""
    demand.lock_queue(session)
    seen = last_seen(session, SubjectKind.CLUSTER, new.cluster_id)
    with session.begin_nested() as savepoint:
        statement_id, known = _kept(session, new, actor)
        shown = last_shown(session, [statement_id])[statement_id]
        audience = pending_notifications.foresee(
            session, new.cluster_id, statement_id, new.relation, actor, note=new.note
        )
        statement = reports.load_by_id(session, statement_id)
        savepoint.rollback()
    return Rehearsed(statement, audience, known, seen, shown)


def _kept(session: Session, new: NewAnswer, actor: str) -> tuple[int, bool]:
    """Store a report and the statement; returns the statement's id, and whether it existed."""
    stored = file_report(session, new.report, actor)
    for held in curation.load_report(session, stored.report_id).statements:
        if held.text == new.statement.text and held.status is not StatementStatus.RETRACTED:
            return held.id, stored.duplicate
    return curation.add_statement(session, stored.report_id, new.statement, actor), False
