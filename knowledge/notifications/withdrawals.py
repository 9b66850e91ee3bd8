"""Withdraw answers that people were told, recording who must be told so.

These are people whom an answer reached, and people who asked while a moderator's verdict answered
them at once. ``curation.resolution`` records who is told an answer; ``outbox`` finds what is due.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, case, delete, func, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from knowledge.accounts.people import is_muted
from knowledge.domain import NotificationKind, NotificationStatus, Outcome, Relation, now
from knowledge.models import (
    Claim,
    Cluster,
    Inquiry,
    Notification,
    ShownStatement,
    Statement,
    Verdict,
)
from knowledge.notifications import rejections
from knowledge.notifications.due_notification import LEASE, OF_STATEMENT, insert_waiting
from knowledge.storage.batches import in_batches
from knowledge.storage.bulk_insert import insert_new
from knowledge.storage.merges import resolve_merged

_ANSWERED, _TAKEN_BACK = NotificationKind.ANSWERED, NotificationKind.TAKEN_BACK
_WAITING, _SENT = NotificationStatus.WAITING, NotificationStatus.SENT
_OVER: Final = NotificationStatus.TAKEN_BACK
_SETTLING: Final = (Relation.SUPPORTS, Relation.REFUTES)
_UNSYNCED: Final = {"synchronize_session": False}

_Conditions = tuple[ColumnElement[bool], ...]


def note_withdrawn(
    session: Session, claim_ids: Sequence[int], statement_id: int, stands: Relation | None = None
) -> None:
    """Record that people who were told a statement's answer to claims hear that it is withdrawn.

    Call it before the verdicts change. ``stands`` is the relation that holds from then on, None for
    none: people who were told that one, or nothing yet, hear nothing. Unless another statement
    answers the claims, those who hear it wait for an answer again.
    """
    session.flush()
    same = list({statement_id, resolve_merged(session, [statement_id])[statement_id]})
    for part in in_batches(claim_ids):
        of_claims = (_of_claims(part), Notification.statement_id.in_(same))
        answers: _Conditions = (*of_claims, Notification.kind == _ANSWERED)
        if stands is not None:
            answers = (*answers, Notification.relation.is_distinct_from(stands))
        _drop_untold(session, answers)
        # People told by an earlier answer hear of this withdrawal too.
        heard = (*of_claims, Notification.kind == _TAKEN_BACK, Notification.status != _WAITING)
        # Nor is anybody told of a note with it.
        noted = (*of_claims, Notification.kind == NotificationKind.EXPLAINED)
        for gone in (heard, (*noted, Notification.status == _WAITING)):
            session.execute(delete(Notification).where(*gone), execution_options=_UNSYNCED)
        to_hear = (*of_claims, Notification.kind == _TAKEN_BACK)
        asked = _answered_at_once(part, statement_id, same, stands, to_hear)
        of_theirs = {"statement_id": Notification.statement_id, "version": Notification.version}
        relation = Notification.relation
        insert_waiting(session, _TAKEN_BACK, _select_told(answers), **of_theirs, relation=relation)
        insert_waiting(session, _TAKEN_BACK, asked, **OF_STATEMENT, relation=Verdict.relation)
        session.execute(
            update(Notification).where(*answers, Notification.status == _SENT).values(status=_OVER),
            execution_options=_UNSYNCED,
        )
        if stands is None:
            _open_again(session, part, same, to_hear)
        rejected = (
            select(Cluster.id)
            .join(Claim, Claim.cluster_id == Cluster.id)
            .where(Claim.id.in_(part), Cluster.reject_reason.is_not(None))
            .distinct()
        )
        for cluster_id in session.scalars(rejected).all():
            rejections.note_rejected(session, cluster_id)


def drop_pending(
    session: Session, claim_ids: Sequence[int], statement_id: int, since: datetime
) -> None:
    """Drop notifications, recorded ``since`` a moment, of a statement's answer to claims.

    What was sent before stands; people who waited go on waiting.
    """
    session.flush()
    for part in in_batches(claim_ids):
        _drop_untold(
            session,
            (
                _of_claims(part),
                Notification.statement_id == statement_id,
                Notification.kind == _ANSWERED,
                Notification.created_at >= since,
            ),
        )
        session.execute(
            update(Inquiry)
            .where(Inquiry.claim_id.in_(part), Inquiry.answered_at >= since)
            .values(answered_at=None),
            execution_options=_UNSYNCED,
        )


def cancel_withdrawal(
    session: Session, claim_ids: Sequence[int], statement_id: int, relation: Relation
) -> None:
    """Drop notifications that an answer is withdrawn, as it holds; people no longer wait."""
    session.flush()
    for part in in_batches(claim_ids):
        mine = (
            _of_claims(part),
            Notification.statement_id == statement_id,
            Notification.relation == relation,
        )
        pending = select(Notification.inquiry_id).where(
            *mine, Notification.kind == _TAKEN_BACK, Notification.status == _WAITING
        )
        session.execute(
            update(Inquiry).where(Inquiry.id.in_(pending)).values(waiting=False),
            execution_options=_UNSYNCED,
        )
        _drop_unheard(session, mine)


def cancel_overtaken(session: Session, claims: Select[int]) -> None:
    """Drop notifications of a withdrawal to people who are about to be told another answer."""
    session.flush()
    _drop_unheard(session, (_of_claims(claims),))


def resume(session: Session, claims: Select[int], statement_id: int) -> int:
    """Let answers that are being sent count again; returns how many people are told them.

    They were withdrawn while they were being sent: queued anew, they would arrive twice.
    """
    current = select(Statement.version).where(Statement.id == statement_id).scalar_subquery()
    resumed = session.scalars(
        update(Notification)
        .where(
            _of_claims(claims),
            Notification.kind == _ANSWERED,
            Notification.statement_id == statement_id,
            Notification.version == current,
            Notification.status == _OVER,
            Notification.sent_at.is_(None),
            is_being_sent(),
            ~is_muted(Notification.person_key),
        )
        .values(status=_WAITING)
        .returning(Notification.id),
        execution_options=_UNSYNCED,
    ).all()
    return len(resumed)


def is_being_sent() -> ColumnElement[bool]:
    """Whether a notification is being sent at this moment, and may arrive."""
    return LEASE.is_held(now())


def note_sent_after_all(session: Session, notification_id: int) -> Notification | None:
    """Record that an answer arrived that was withdrawn while it was being sent.

    The person will hear that it is withdrawn. None if the notification was not such an answer.
    """
    note = session.scalars(
        update(Notification)
        .where(
            Notification.id == notification_id,
            Notification.kind == _ANSWERED,
            Notification.status == _OVER,
            Notification.sent_at.is_(None),
        )
        .values(sent_at=now(), tries=Notification.tries + 1)
        .returning(Notification),
        execution_options={"populate_existing": True, "synchronize_session": False},
    ).one_or_none()
    if note is not None:
        kept = ("inquiry_id", "person_key", "statement_id", "version", "relation")
        values = {name: getattr(note, name) for name in kept}
        insert_new(session, Notification, {**values, "kind": _TAKEN_BACK, "status": _WAITING})
    return note


def _drop_untold(session: Session, answers: _Conditions) -> None:
    """Drop unsent answers; people who were told the opposite before were told that."""
    waiting = (*answers, Notification.status == _WAITING)
    first = Notification.sent_at.is_(None)
    relation = Notification.relation
    opposite = case(
        (relation == Relation.SUPPORTS, literal(Relation.REFUTES, relation.type)),
        else_=literal(Relation.SUPPORTS, relation.type),
    )
    for change in (
        # ``note_sent_after_all`` records if it arrives, ``resume`` if it holds again by then.
        update(Notification).where(*waiting, first, is_being_sent()).values(status=_OVER),
        delete(Notification).where(*waiting, first),
        update(Notification).where(*waiting).values(status=_SENT, relation=opposite),
    ):
        session.execute(change, execution_options=_UNSYNCED)


def _select_told(answers: _Conditions) -> Select[int, str]:
    """Select the people whom an answer reached: by the latest one, if by several."""
    later = aliased(Notification)
    overtaken = (
        select(later.id)
        .where(
            later.person_key == Notification.person_key,
            later.kind == _ANSWERED,
            later.statement_id == Notification.statement_id,
            later.status == _SENT,
            later.version > Notification.version,
        )
        .exists()
    )
    return select(Notification.inquiry_id, Notification.person_key).where(
        *answers, Notification.status == _SENT, ~overtaken, ~is_muted(Notification.person_key)
    )


def _answered_at_once(
    claim_ids: Sequence[int],
    statement_id: int,
    same: Sequence[int],
    stands: Relation | None,
    to_hear: _Conditions,
) -> Select[int, str]:
    """Select the people to notify among those whom a verdict answered when they asked."""
    said = or_(
        and_(Verdict.relation == Relation.SUPPORTS, Inquiry.outcome == Outcome.SUPPORTED),
        and_(Verdict.relation == Relation.REFUTES, Inquiry.outcome == Outcome.REFUTED),
    )
    return (
        select(func.max(Inquiry.id), Inquiry.person_key)
        .select_from(Inquiry)
        .join(
            ShownStatement,
            and_(ShownStatement.inquiry_id == Inquiry.id, ShownStatement.position == 0),
        )
        .join(Verdict, Verdict.claim_id == Inquiry.claim_id)
        .join(Statement, Statement.id == Verdict.statement_id)
        .where(
            Inquiry.claim_id.in_(claim_ids),
            Inquiry.claim != "",
            ~is_muted(Inquiry.person_key),
            Inquiry.asked_at >= Verdict.decided_at,
            Inquiry.person_key.not_in(select(Notification.person_key).where(*to_hear)),
            Verdict.statement_id == statement_id,
            Verdict.relation.is_distinct_from(stands),
            ShownStatement.statement_id.in_(same),
            said,
        )
        .group_by(Inquiry.person_key, Statement.id, Statement.version, Verdict.relation)
    )


def _open_again(
    session: Session, claim_ids: Sequence[int], same: Sequence[int], to_hear: _Conditions
) -> None:
    """Mark inquiries as unanswered, unless another statement answers their claim."""
    otherwise = (
        select(Verdict.claim_id)
        .where(
            Verdict.claim_id == Inquiry.claim_id,
            Verdict.statement_id.not_in(same),
            Verdict.relation.in_(_SETTLING),
        )
        .exists()
    )
    unanswered = (Inquiry.claim_id.in_(claim_ids), ~otherwise)
    hears = Inquiry.id.in_(
        select(Notification.inquiry_id).where(*to_hear, Notification.status == _WAITING)
    )
    for change in (
        update(Inquiry)
        .where(*unanswered, Inquiry.answered_at.is_not(None))
        .values(answered_at=None),
        update(Inquiry)
        .where(*unanswered, hears, ~is_muted(Inquiry.person_key))
        .values(waiting=True),
    ):
        session.execute(change, execution_options=_UNSYNCED)


def _drop_unheard(session: Session, these: _Conditions) -> None:
    """Drop unsent notifications of withdrawn answers: what people were told will be corrected."""
    unheard = aliased(Notification)
    dropped = (
        select(unheard.id)
        .where(
            unheard.person_key == Notification.person_key,
            unheard.statement_id == Notification.statement_id,
            unheard.kind == _TAKEN_BACK,
            unheard.status == _WAITING,
        )
        .exists()
    )
    arrived = (Notification.status == _OVER, Notification.sent_at.is_not(None))
    pending = (Notification.kind == _TAKEN_BACK, Notification.status == _WAITING)
    for change in (
        update(Notification)
        .where(*these, Notification.kind == _ANSWERED, *arrived, dropped)
        .values(status=_SENT),
        delete(Notification).where(*these, *pending),
    ):
        session.execute(change, execution_options=_UNSYNCED)


def _of_claims(claims: Sequence[int] | Select[int]) -> ColumnElement[bool]:
    """Whether a notification is about an inquiry of one of the claims."""
    asked = aliased(Inquiry)
    return Notification.inquiry_id.in_(select(asked.id).where(asked.claim_id.in_(claims)))
