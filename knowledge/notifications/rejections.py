"""Record and list notifications that a question was rejected, or is open again.

People who wait stay marked as waiting: if the cluster is reopened they are told so, and later the
answer. Whoever asks a rejected claim is told why at once, and waits for nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, delete, func, or_, select
from sqlalchemy.orm import Session, aliased

from knowledge.accounts.people import is_muted
from knowledge.domain import (
    ClusterStatus,
    NotificationKind,
    NotificationStatus,
    Outcome,
    RejectReason,
    now,
)
from knowledge.models import Claim, Cluster, Inquiry, Notification, Person
from knowledge.notifications.due_notification import (
    Notice,
    Readers,
    insert_waiting,
    load_readers,
)
from knowledge.storage.pagination import bound_limit

_KINDS: Final = (NotificationKind.REJECTED, NotificationKind.REOPENED)
_REJECTED: Final = Notification.kind == NotificationKind.REJECTED
_WAITING: Final = Notification.status == NotificationStatus.WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionNotice(Notice):
    """A notification of why a question was rejected; without ``reason``, that it is open again."""

    reason: RejectReason | None


def load_reason(session: Session, inquiry_id: int) -> RejectReason | None:
    """Return why moderators rejected what was asked, None if they did not."""
    return session.scalar(
        select(Cluster.reject_reason)
        .join(Claim, Claim.cluster_id == Cluster.id)
        .join(Inquiry, Inquiry.claim_id == Claim.id)
        .where(Inquiry.id == inquiry_id)
    )


def load_reasons(session: Session, person_key: str) -> dict[int, RejectReason]:
    """Return why a person's unsettled questions were rejected, by inquiry."""
    rows = session.execute(
        select(Inquiry.id, Cluster.reject_reason)
        .join(Claim, Claim.id == Inquiry.claim_id)
        .join(Cluster, Cluster.id == Claim.cluster_id)
        .where(
            Inquiry.person_key == person_key,
            or_(Inquiry.disputed, Inquiry.outcome.in_([Outcome.NO_MATCH, Outcome.RELATED])),
        )
    )
    return {number: why for number, why in rows if why is not None}


def note_rejected(session: Session, cluster_id: int, held: timedelta = timedelta()) -> None:
    """Record that everybody who waits must be told why a cluster is rejected, if it is.

    They are told after the ``held`` delay. If it is rejected no longer, pending notifications are
    dropped and people who were told hear that it is open again. People are told a second time only
    of another reason, of a later inquiry, or after they heard that it was open. Call
    ``demand.lock_queue`` first.
    """
    session.flush()
    why, status = session.execute(
        select(Cluster.reject_reason, Cluster.status).where(Cluster.id == cluster_id)
    ).one()
    asked = _asked(cluster_id)
    gone = _REJECTED & Notification.reject_reason.is_distinct_from(why)
    if why is None and status is not ClusterStatus.ANSWERED:
        _note_reopened(session, cluster_id)
    else:
        gone |= Notification.kind == NotificationKind.REOPENED
    session.execute(
        delete(Notification).where(Notification.inquiry_id.in_(asked), _WAITING, gone),
        execution_options={"synchronize_session": False},
    )
    if why is None:
        return
    told = aliased(Notification)
    heard = select(told.id).where(
        told.inquiry_id.in_(asked),
        told.inquiry_id >= Inquiry.id,
        told.person_key == Inquiry.person_key,
        told.kind == NotificationKind.REJECTED,
        told.reject_reason == why,
        ~_told_since(told, asked, NotificationKind.REOPENED),
    )
    insert_waiting(
        session,
        NotificationKind.REJECTED,
        select(func.max(Inquiry.id), Inquiry.person_key)
        .join(Claim, Claim.id == Inquiry.claim_id)
        .where(Claim.cluster_id == cluster_id, Inquiry.waiting, ~heard.exists())
        .group_by(Inquiry.person_key),
        reject_reason=why,
        due_at=now() + held,
    )


def _note_reopened(session: Session, cluster_id: int) -> None:
    """Record that people told last of a cluster's rejection must hear that it is open again."""
    asked = _asked(cluster_id)
    insert_waiting(
        session,
        NotificationKind.REOPENED,
        select(func.max(Notification.inquiry_id), Notification.person_key)
        .join(Inquiry, Inquiry.id == Notification.inquiry_id)
        .where(*_heard_last(asked))
        .group_by(Notification.person_key),
        due_at=now(),
    )


def count_to_reopen(session: Session, cluster_id: int) -> int:
    """Return how many people would hear that a rejected cluster is open again."""
    told = (
        select(func.count(Notification.person_key.distinct()))
        .join(Inquiry, Inquiry.id == Notification.inquiry_id)
        .where(*_heard_last(_asked(cluster_id)))
    )
    return session.scalar(told) or 0


def _heard_last(asked: Select[int]) -> tuple[ColumnElement[bool], ...]:
    """Whether the last thing that a person who still waits was told is a rejection."""
    return (
        Notification.inquiry_id.in_(asked),
        _REJECTED,
        Notification.status == NotificationStatus.SENT,
        Inquiry.waiting.is_(True),
        ~is_muted(Notification.person_key),
        ~_told_since(Notification, asked),
    )


def _told_since(
    told: type[Notification], asked: Select[int], kind: NotificationKind | None = None
) -> ColumnElement[bool]:
    """Whether the person of a notification was told something after it, or is about to be.

    With a ``kind``, only what was sent counts.
    """
    later = aliased(Notification)
    conditions = [
        later.inquiry_id.in_(asked),
        later.person_key == told.person_key,
        later.id > told.id,
    ]
    if kind is not None:
        conditions += [later.kind == kind, later.status == NotificationStatus.SENT]
    return select(later.id).where(*conditions).exists()


def _asked(cluster_id: int) -> Select[int]:
    inquiry, claim = aliased(Inquiry), aliased(Claim)
    return (
        select(inquiry.id)
        .join(claim, claim.id == inquiry.claim_id)
        .where(claim.cluster_id == cluster_id)
    )


def list_readers(
    session: Session, cluster_ids: Sequence[int]
) -> tuple[Readers[RejectionNotice], ...]:
    """Return who will hear that clusters are rejected or open, by language, most first."""
    return tuple(
        Readers(_closed(note, inquiry, person), people)
        for note, inquiry, person, people in load_readers(session, *_pending(cluster_ids))
    )


def count_pending(session: Session, cluster_ids: Sequence[int]) -> int:
    """Return how many people will hear that clusters are rejected or open again."""
    told = (
        select(func.count(Notification.person_key.distinct()))
        .join(Inquiry, Inquiry.id == Notification.inquiry_id)
        .join(Claim, Claim.id == Inquiry.claim_id)
        .where(*_pending(cluster_ids))
    )
    return session.scalar(told) or 0


def _pending(cluster_ids: Sequence[int]) -> tuple[ColumnElement[bool], ...]:
    return Claim.cluster_id.in_(cluster_ids), Notification.kind.in_(_KINDS), _WAITING


def rejected_where(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the cluster of an inquiry's claim meets a condition on its ``reject_reason``."""
    return (
        select(Claim.id)
        .join(Cluster, Cluster.id == Claim.cluster_id)
        .where(Claim.id == Inquiry.claim_id, condition)
        .exists()
    )


def still_holds() -> ColumnElement[bool]:
    """Whether a notification's rejection or reopening still holds, for a person who waits."""
    stands = or_(
        _REJECTED & rejected_where(Cluster.reject_reason == Notification.reject_reason),
        (Notification.kind == NotificationKind.REOPENED)
        & rejected_where(Cluster.reject_reason.is_(None)),
    )
    return Inquiry.waiting & stands


def list_due(session: Session, by: datetime, limit: int = 50) -> list[RejectionNotice]:
    """Return the notifications of rejections due ``by`` a moment, longest due first."""
    rows = session.execute(
        select(Notification, Inquiry, Person)
        .join(Inquiry, Inquiry.id == Notification.inquiry_id)
        .outerjoin(Person, Person.key == Notification.person_key)
        .where(
            Notification.status == NotificationStatus.WAITING,
            Notification.due_at <= by,
            still_holds(),
        )
        .order_by(Notification.due_at, Notification.id)
        .limit(bound_limit(limit))
    ).all()
    return [_closed(note, inquiry, person) for note, inquiry, person in rows]


def _closed(note: Notification, inquiry: Inquiry, person: Person | None) -> RejectionNotice:
    return RejectionNotice.read(note, inquiry, person, reason=note.reject_reason)
