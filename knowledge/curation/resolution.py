"""Answer a cluster: settle its claims, and record who must be told.

These are people who wait for an answer, and people who were told another one; ``outbox`` finds what
is due.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, case, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from knowledge import curation
from knowledge.accounts.people import is_muted
from knowledge.claim_queue import verdicts
from knowledge.claim_queue.cluster_actions import take_opposites_out
from knowledge.claim_queue.cluster_listing import lock_cluster
from knowledge.claim_queue.explanations import Note
from knowledge.curation.edit_conflicts import make_stale_error
from knowledge.domain import (
    ClusterStatus,
    NotificationKind,
    NotificationStatus,
    Outcome,
    Relation,
    SubjectKind,
    now,
)
from knowledge.errors import BadEdit, EditProblem, TooLate
from knowledge.models import Claim, Cluster, Inquiry, Notification, Statement
from knowledge.notifications import rejections
from knowledge.notifications.due_notification import OF_STATEMENT, insert_waiting
from knowledge.notifications.withdrawals import cancel_overtaken, is_being_sent, resume
from knowledge.storage import audit_log
from knowledge.storage.row_locks import lock_statements

_WAITING: Final = NotificationStatus.WAITING
_ANSWERED: Final = "answered"
#: Audit actions that people are told of after a delay.
HELD: Final = (_ANSWERED, "rejected")
#: The delay before people are told: if it is undone within it, nobody hears of it.
UNDO_FOR: Final = timedelta(minutes=1)


def answer_cluster(
    session: Session,
    cluster_id: int,
    statement_id: int,
    relation: Relation,
    actor: str,
    reason: str | None = None,
    two_people: bool = False,
    held: timedelta = timedelta(),
    note: Note | None = None,
) -> int:
    """Answer all of a cluster's claims with a statement; returns how many people will be told.

    They are told after the ``held`` delay, with the ``note`` if there is one; without, as
    ``verdicts.Ruling`` says. A merged cluster stands for the one it became part of. Claims that may
    say the opposite of its title are first split off into an open cluster: a verdict on one does
    not apply to its denial. People who were told another answer before are told this one as well.
    The statement is published if it was not.

    Raises NotFound, BadEdit for a retracted statement or a relation that answers nothing,
    TwoPeopleNeeded as ``curation.publish``.
    """
    if relation is Relation.NOT_ENOUGH_INFO:
        raise BadEdit(
            EditProblem.NO_RELATION, "an answer must support or refute the claim; choose one"
        )
    # No claim joins or leaves the cluster meanwhile: whoever is told has the answer attached. The
    # statement is locked before the cluster, as where one is withdrawn and the other reopened.
    cluster_id = lock_cluster(session, cluster_id).id
    lock_statements(session, [statement_id])
    take_opposites_out(session, cluster_id, actor)
    claim_ids = session.scalars(select(Claim.id).where(Claim.cluster_id == cluster_id)).all()
    curation.publish(session, [statement_id], actor, reason, two_people)
    verdicts.attach(session, claim_ids, statement_id, relation, actor, reason, note)
    here = select(Cluster.status).where(Cluster.id == cluster_id)
    before = session.scalars(here.with_for_update()).one()
    session.execute(
        update(Cluster)
        .where(Cluster.id == cluster_id)
        .values(status=ClusterStatus.ANSWERED, snoozed_until=None, reject_reason=None)
    )
    audit_log.record(
        session,
        actor,
        _ANSWERED,
        SubjectKind.CLUSTER,
        cluster_id,
        before={"status": before.value},
        after={
            "status": ClusterStatus.ANSWERED.value,
            "statement": statement_id,
            "relation": relation.value,
        },
        reason=reason,
    )
    session.flush()
    rejections.note_rejected(session, cluster_id)
    return _answer(session, cluster_id, statement_id, relation, now() + held)


def undo_held(
    session: Session, cluster_id: int, entry_id: int, actor: str, within: timedelta
) -> None:
    """Undo an answer or a rejection that nobody was told of yet, without a second person.

    ``entry_id`` is its audit entry, ``within`` how long it was ``held``. Raises Stale if the
    cluster changed since, TooLate once people may have been told, CannotUndo as ``curation.undo``,
    NotFound.
    """
    row = lock_cluster(session, cluster_id)
    entry = audit_log.load_latest(session, SubjectKind.CLUSTER, row.id)
    if entry is None or entry.id != entry_id or entry.action not in HELD:
        raise make_stale_error(session, SubjectKind.CLUSTER, row.id)
    _require_time(row.id, entry.at + within)
    curation.undo(session, entry_id, actor, None)
    # Checked again: no notification was taken meanwhile, and from now on none can be.
    _require_time(row.id, entry.at + within)


def _require_time(cluster_id: int, until: datetime) -> None:
    if now() >= until:
        raise TooLate(
            "people are already being told; undo it in the audit log",
            subject=(SubjectKind.CLUSTER.value, str(cluster_id)),
        )


def _answer(
    session: Session, cluster_id: int, statement_id: int, relation: Relation, due_at: datetime
) -> int:
    """Record an answer for everybody who waits for one or was told another.

    And mark their inquiries as answered.
    """
    in_cluster = select(Claim.id).where(Claim.cluster_id == cluster_id)
    mine = Notification.statement_id == statement_id
    answered = Notification.kind == NotificationKind.ANSWERED
    # A notification of earlier words, whose verdict is gone, now tells these.
    current = select(Statement.version).where(Statement.id == statement_id).scalar_subquery()
    session.execute(
        delete(Notification).where(
            mine, answered, Notification.status == _WAITING, Notification.version != current
        ),
        execution_options={"synchronize_session": False},
    )
    cancel_overtaken(session, in_cluster)
    resumed = resume(session, in_cluster, statement_id)
    # People who heard that it was withdrawn are told it again, if they wait.
    asking = select(Inquiry.person_key).where(Inquiry.claim_id.in_(in_cluster))
    session.execute(
        delete(Notification).where(
            mine,
            answered,
            Notification.status == NotificationStatus.TAKEN_BACK,
            Notification.person_key.in_(asking),
        ),
        execution_options={"synchronize_session": False},
    )
    turned = _turn(session, in_cluster, statement_id, relation, due_at)
    count = select(func.count()).select_from(Notification).where(mine, answered)
    before = session.scalar(count) or 0
    insert_waiting(
        session,
        NotificationKind.ANSWERED,
        select(func.max(Inquiry.id), Inquiry.person_key)
        .select_from(Inquiry)
        .join(Statement, Statement.id == statement_id)
        .where(
            Inquiry.claim_id.in_(in_cluster),
            or_(Inquiry.waiting, _heard_otherwise(in_cluster, statement_id, relation)),
        )
        .group_by(Inquiry.person_key, Statement.id, Statement.version),
        **OF_STATEMENT,
        relation=relation,
        due_at=due_at,
    )
    unsettled = Inquiry.outcome.in_([Outcome.NO_MATCH, Outcome.RELATED])
    session.execute(
        update(Inquiry)
        .where(
            Inquiry.claim_id.in_(in_cluster),
            Inquiry.answered_at.is_(None),
            or_(unsettled, Inquiry.disputed, Inquiry.waiting),
        )
        .values(answered_at=now()),
        execution_options={"synchronize_session": False},
    )
    return (session.scalar(count) or 0) - before + turned + resumed


def _turn(
    session: Session,
    in_cluster: Select[int],
    statement_id: int,
    relation: Relation,
    due_at: datetime,
) -> int:
    """Queue a statement's answer again for people told otherwise since; returns how many."""
    asked = select(Inquiry.id).where(Inquiry.claim_id.in_(in_cluster))
    current = select(Statement.version).where(Statement.id == statement_id).scalar_subquery()
    mine = (
        Notification.inquiry_id.in_(asked),
        Notification.kind == NotificationKind.ANSWERED,
        Notification.statement_id == statement_id,
        Notification.version == current,
    )
    otherwise = Notification.relation != relation
    # The other answer may still arrive if it is being sent: this one is told after it.
    leased = and_(is_being_sent(), Notification.due_at >= due_at)
    session.execute(
        update(Notification)
        .where(*mine, otherwise, Notification.status == _WAITING)
        .values(
            relation=relation,
            due_at=case((leased, Notification.due_at), else_=due_at),
            holder=case((leased, Notification.holder), else_=None),
        ),
        execution_options={"synchronize_session": False},
    )
    later, theirs = aliased(Notification), aliased(Inquiry)
    told_since = (
        select(later.id)
        .join(theirs, theirs.id == later.inquiry_id)
        .where(
            theirs.claim_id.in_(in_cluster),
            later.person_key == Notification.person_key,
            later.kind.in_((NotificationKind.ANSWERED, NotificationKind.TAKEN_BACK)),
            later.sent_at > Notification.sent_at,
        )
        .exists()
    )
    turned = session.scalars(
        update(Notification)
        .where(
            *mine,
            or_(otherwise, told_since),
            Notification.status == NotificationStatus.SENT,
            ~is_muted(Notification.person_key),
        )
        .values(relation=relation, status=_WAITING, due_at=due_at, holder=None, tries=0, error=None)
        .returning(Notification.id),
        execution_options={"synchronize_session": False},
    ).all()
    return len(turned)


def _heard_otherwise(
    in_cluster: Select[int], statement_id: int, relation: Relation
) -> ColumnElement[bool]:
    """Whether the person of an inquiry was told another answer to its cluster."""
    told, asked = aliased(Notification), aliased(Inquiry)
    return (
        select(told.id)
        .join(asked, asked.id == told.inquiry_id)
        .where(
            asked.claim_id.in_(in_cluster),
            told.person_key == Inquiry.person_key,
            told.kind == NotificationKind.ANSWERED,
            told.status == NotificationStatus.SENT,
            or_(told.statement_id != statement_id, told.relation != relation),
            ~is_muted(told.person_key),
        )
        .exists()
    )
