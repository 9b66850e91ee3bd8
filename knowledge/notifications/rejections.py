"""Why moderators leave claims unanswered, and who is to hear it: each once, while it is so.

Whoever waits goes on waiting in the data: if the cluster is opened and answered after all, they are
told that as well. Who asks while it is rejected is told why at once, and waits for nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from knowledge.domain import NotificationKind, NotificationStatus, Outcome, RejectReason
from knowledge.models import Claim, Cluster, Inquiry, Notification, Person
from knowledge.notifications.due_notification import Notice
from knowledge.storage.bulk_insert import insert_selected
from knowledge.storage.pagination import bound_limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Notice):
    """A notification of why what a person asked is not answered."""

    reason: RejectReason


def load_reason(session: Session, inquiry_id: int) -> RejectReason | None:
    """Return why moderators rejected what was asked, None where they did not."""
    return session.scalar(
        select(Cluster.reject_reason)
        .join(Claim, Claim.cluster_id == Cluster.id)
        .join(Inquiry, Inquiry.claim_id == Claim.id)
        .where(Inquiry.id == inquiry_id)
    )


def load_reasons(session: Session, person_key: str) -> dict[int, RejectReason]:
    """Return why moderators rejected what a person asked, by inquiry, where nothing settled it."""
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


def note_rejected(session: Session, cluster_id: int) -> None:
    """Note that everybody who waits is to be told why a cluster is rejected, if it is.

    What was not sent of it is dropped once it is so no more. Who was told is told again only of
    another reason, or of what they asked since. ``demand.hold`` first.
    """
    session.flush()
    why = session.scalar(select(Cluster.reject_reason).where(Cluster.id == cluster_id))
    inquiry, claim, told = aliased(Inquiry), aliased(Claim), aliased(Notification)
    asked = (
        select(inquiry.id)
        .join(claim, claim.id == inquiry.claim_id)
        .where(claim.cluster_id == cluster_id)
    )
    session.execute(
        delete(Notification).where(
            Notification.inquiry_id.in_(asked),
            Notification.kind == NotificationKind.REJECTED,
            Notification.status == NotificationStatus.WAITING,
            Notification.reject_reason.is_distinct_from(why),
        ),
        execution_options={"synchronize_session": False},
    )
    if why is None:
        return
    heard = select(told.id).where(
        told.inquiry_id.in_(asked),
        told.inquiry_id >= Inquiry.id,
        told.person_key == Inquiry.person_key,
        told.kind == NotificationKind.REJECTED,
        told.reject_reason == why,
    )
    insert_selected(
        session,
        Notification,
        ["inquiry_id", "person_key", "kind", "status", "reject_reason"],
        select(
            func.max(Inquiry.id),
            Inquiry.person_key,
            literal(NotificationKind.REJECTED, Notification.kind.type),
            literal(NotificationStatus.WAITING, Notification.status.type),
            literal(why, Notification.reject_reason.type),
        )
        .join(Claim, Claim.id == Inquiry.claim_id)
        .where(Claim.cluster_id == cluster_id, Inquiry.waiting, ~heard.exists())
        .group_by(Inquiry.person_key),
    )


def rejected_where(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the cluster of an inquiry's claim meets a condition on its ``reject_reason``."""
    return (
        select(Claim.id)
        .join(Cluster, Cluster.id == Claim.cluster_id)
        .where(Claim.id == Inquiry.claim_id, condition)
        .exists()
    )


def still_holds() -> ColumnElement[bool]:
    """Whether a notification is of a rejection that stands, to an inquiry whose person waits."""
    stands = rejected_where(Cluster.reject_reason == Notification.reject_reason)
    return (Notification.kind == NotificationKind.REJECTED) & Inquiry.waiting & stands


def list_due(session: Session, by: datetime, limit: int = 50) -> list[Closed]:
    """Return who is to be told of a rejection ``by`` a moment, longest due first."""
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
    return [
        _closed(note, inquiry, person, note.reject_reason)
        for note, inquiry, person in rows
        if note.reject_reason is not None
    ]


def _closed(
    note: Notification, inquiry: Inquiry, person: Person | None, why: RejectReason
) -> Closed:
    return Closed(
        id=note.id,
        person_key=note.person_key,
        address=person.address if person else None,
        language=(person.language if person else "") or inquiry.language,
        claim=inquiry.claim,
        reason=why,
        tries=note.tries,
        calendar=person.calendar if person else None,
    )
