"""The answer that moderators give to a cluster: its claims settled, and who is to be told noted.

Told are those who wait for an answer, and those who were told another one; ``notifications`` finds
what is due.
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
#: What people are told of only after a while, as the audit names it.
HELD: Final = (_ANSWERED, "rejected")
#: How long either is held before people are told: taken back by then, nobody hears of it.
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

    They are told once ``held`` has gone by, with the ``note`` if there is one; without, as
    ``verdicts.Ruling`` says.

    A cluster that was merged is the one it became part of. Claims that may say the opposite of its
    title are put into an open cluster of their own first: what is said of one is not said of its
    denial. Who was told another answer before is told this one as well. The statement is published
    if it was not. Raises NotFound, BadEdit for a retracted statement or a relation that answers
    nothing, TwoPeopleNeeded as ``curation.publish``.
    """
    if relation is Relation.NOT_ENOUGH_INFO:
        raise BadEdit(
            EditProblem.NO_RELATION, "an answer must support or refute the claim; choose one"
        )
    # No claim joins or leaves the cluster meanwhile: who is told has the answer attached. And the
    # statement is taken before the cluster, as where one is withdrawn and the other opened.
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
    """Take back an answer or a rejection that nobody was told of yet, without a second person.

    ``entry_id`` is its entry in the audit, ``within`` how long it was ``held``. Raises
    Stale if something was done to the cluster since, TooLate once people may have been told,
    CannotUndo as ``curation.undo``, NotFound.
    """
    row = lock_cluster(session, cluster_id)
    entry = audit_log.load_latest(session, SubjectKind.CLUSTER, row.id)
    if entry is None or entry.id != entry_id or entry.action not in HELD:
        raise make_stale_error(session, SubjectKind.CLUSTER, row.id)
    _require_time(row.id, entry.at + within)
    curation.undo(session, entry_id, actor, None)
    # Asked once more: no letter was taken meanwhile, and who looks from now on finds none.
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
    """Note an answer for everybody who waits for one or was told another.

    And note that their inquiries have it.
    """
    in_cluster = select(Claim.id).where(Claim.cluster_id == cluster_id)
    mine = Notification.statement_id == statement_id
    answered = Notification.kind == NotificationKind.ANSWERED
    # What waited on other words of it, which nobody stands for any more, is told with these.
    current = select(Statement.version).where(Statement.id == statement_id).scalar_subquery()
    session.execute(
        delete(Notification).where(
            mine, answered, Notification.status == _WAITING, Notification.version != current
        ),
        execution_options={"synchronize_session": False},
    )
    cancel_overtaken(session, in_cluster)
    resumed = resume(session, in_cluster, statement_id)
    # Who heard that it was taken back is told it anew, where they wait.
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
    """Have who was told otherwise since a statement's answer be told it again; returns how many."""
    asked = select(Inquiry.id).where(Inquiry.claim_id.in_(in_cluster))
    current = select(Statement.version).where(Statement.id == statement_id).scalar_subquery()
    mine = (
        Notification.inquiry_id.in_(asked),
        Notification.kind == NotificationKind.ANSWERED,
        Notification.statement_id == statement_id,
        Notification.version == current,
    )
    otherwise = Notification.relation != relation
    # What is under way with the other answer may arrive: this one is told after it.
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
