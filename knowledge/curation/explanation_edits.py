"""Edit the note of an answer, and record who must be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from knowledge.claim_queue import verdicts
from knowledge.claim_queue.cluster_listing import (
    ClusterSummary,
    load_summary,
    lock_cluster,
    resolve_merged_cluster,
)
from knowledge.claim_queue.explanations import Note, note_from
from knowledge.corpus import reports
from knowledge.corpus.reports import SourcedStatement
from knowledge.curation.edit_conflicts import make_stale_error
from knowledge.curation.revisions import TOLD
from knowledge.domain import NotificationKind, NotificationStatus, Outcome, Relation, SubjectKind
from knowledge.errors import BadEdit, EditProblem
from knowledge.models import (
    Claim,
    Inquiry,
    Notification,
    Person,
    ShownStatement,
    Statement,
    Verdict,
)
from knowledge.notifications.due_notification import OF_STATEMENT, insert_waiting
from knowledge.storage import audit_log
from knowledge.storage.row_locks import lock_statements

_EXPLAINED: Final = NotificationKind.EXPLAINED
_UNSYNCED: Final = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement that answers a cluster: its relation to the claims, and the note."""

    relation: Relation
    note: Note


@dataclass(frozen=True, slots=True)
class ExplainedAnswer:
    """An answer of a cluster, with its note."""

    cluster: ClusterSummary
    statement: SourcedStatement
    relation: Relation
    note: Note


def load_explained_answer(
    session: Session, cluster_id: int, statement_id: int, now: datetime
) -> ExplainedAnswer:
    """Return a cluster's answer with its note. Raises as ``load_explained``."""
    cluster = load_summary(session, cluster_id, now)
    kept = load_explained(session, cluster.id, statement_id)
    statement = reports.load_by_id(session, statement_id)
    return ExplainedAnswer(cluster, statement, kept.relation, kept.note)


def load_explained(session: Session, cluster_id: int, statement_id: int) -> Explained:
    """Return a statement's answer to a cluster, with its note. Raises NotFound and BadEdit."""
    row = session.execute(
        select(Verdict.relation, Verdict.explanation)
        .join(Claim, Claim.id == Verdict.claim_id)
        .where(*_answers(resolve_merged_cluster(session, cluster_id).id, statement_id))
        .order_by(Verdict.decided_at.desc(), Verdict.claim_id)
        .limit(1)
    ).one_or_none()
    if row is None:
        raise BadEdit(
            EditProblem.ANSWERS_NO_MORE,
            "this statement does not answer the claim any more; look at it again",
        )
    return Explained(row.relation, note_from(row.explanation))


def explain(
    session: Session,
    cluster_id: int,
    statement_id: int,
    note: Note,
    was: Note,
    actor: str,
    reason: str | None = None,
    tell: bool = False,
) -> int:
    """Replace the note of a cluster's answer; returns how many people are told.

    With ``tell``, people who were given the answer and read a language in which the note changes
    are told. ``was`` is the note that the moderator saw. Raises Stale if it is another one by now,
    and as ``load_explained``.
    """
    cluster_id = lock_cluster(session, cluster_id).id
    lock_statements(session, [statement_id])
    before = load_explained(session, cluster_id, statement_id).note
    if before != was:
        raise make_stale_error(session, SubjectKind.CLUSTER, cluster_id)
    if before == note:
        return 0
    here = _answers(cluster_id, statement_id)
    rows = session.execute(
        select(Verdict.claim_id, Verdict.relation)
        .join(Claim, Claim.id == Verdict.claim_id)
        .where(*here)
        .order_by(Verdict.claim_id)
    ).all()
    rulings = [verdicts.Ruling(row.claim_id, statement_id, row.relation, note) for row in rows]
    verdicts.rule(session, rulings, actor, "explained", reason)
    claims = [row.claim_id for row in rows]
    people = _tell(session, claims, statement_id, note.languages_changed(was)) if tell else 0
    audit_log.record(
        session,
        actor,
        "explained",
        SubjectKind.CLUSTER,
        cluster_id,
        before={"statement": statement_id, "note": was.plain()},
        after={"statement": statement_id, "note": note.plain(), TOLD: people if tell else False},
        reason=reason,
    )
    session.flush()
    return people


def _answers(cluster_id: int, statement_id: int) -> tuple[ColumnElement[bool], ...]:
    settles = Verdict.relation != Relation.NOT_ENOUGH_INFO
    return Claim.cluster_id == cluster_id, Verdict.statement_id == statement_id, settles


def _tell(
    session: Session, claims: Sequence[int], statement_id: int, languages: Sequence[str]
) -> int:
    """Record a notification for everybody who has the answer; returns how many they are."""
    of_claims = select(Inquiry.id).where(Inquiry.claim_id.in_(claims))
    mine = (
        Notification.statement_id == statement_id,
        Notification.kind == _EXPLAINED,
        Notification.inquiry_id.in_(of_claims),
    )
    # Only the latest note is told, to people who heard of an earlier one as well.
    session.execute(delete(Notification).where(*mine), execution_options=_UNSYNCED)
    asked = aliased(Inquiry)
    latest = (
        select(func.max(asked.id))
        .where(asked.claim_id.in_(claims), asked.claim != "")
        .group_by(asked.person_key)
    )
    spoken = func.coalesce(func.nullif(Person.language, ""), Inquiry.language)
    insert_waiting(
        session,
        _EXPLAINED,
        select(Inquiry.id, Inquiry.person_key)
        .select_from(Inquiry)
        .join(Verdict, Verdict.claim_id == Inquiry.claim_id)
        .join(Statement, Statement.id == Verdict.statement_id)
        .outerjoin(Person, Person.key == Inquiry.person_key)
        .where(
            Inquiry.id.in_(latest),
            Statement.id == statement_id,
            func.lower(func.substr(spoken, 1, 2)).in_(languages),
            Person.muted.is_not(True),
            Inquiry.person_key.in_(_have_it(claims, statement_id)),
        ),
        **OF_STATEMENT,
        relation=Verdict.relation,
    )
    return session.scalar(select(func.count()).select_from(Notification).where(*mine)) or 0


def _have_it(claims: Sequence[int], statement_id: int) -> Select[tuple[str]]:
    """Select the people who were told a statement's answer to claims, or asked while it held."""
    asked = aliased(Inquiry)
    told = (
        select(Notification.person_key)
        .join(asked, asked.id == Notification.inquiry_id)
        .where(
            asked.claim_id.in_(claims),
            Notification.statement_id == statement_id,
            Notification.kind == NotificationKind.ANSWERED,
            Notification.status == NotificationStatus.SENT,
        )
    )
    said = or_(
        and_(Verdict.relation == Relation.SUPPORTS, asked.outcome == Outcome.SUPPORTED),
        and_(Verdict.relation == Relation.REFUTES, asked.outcome == Outcome.REFUTED),
    )
    at_once = (
        select(asked.person_key)
        .join(
            ShownStatement,
            and_(ShownStatement.inquiry_id == asked.id, ShownStatement.position == 0),
        )
        .join(Verdict, Verdict.claim_id == asked.claim_id)
        .where(
            asked.claim_id.in_(claims),
            asked.asked_at >= Verdict.decided_at,
            Verdict.statement_id == statement_id,
            ShownStatement.statement_id == statement_id,
            said,
        )
    )
    return select(union(told, at_once).subquery().c.person_key)
