"""A notification that is due, with everything that every kind of it needs to be sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from knowledge.domain import Calendar
from knowledge.models import Claim, Inquiry, Notification, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notification of what a person asked, and how they are written to.

    ``address`` is encrypted (``people.decrypt_address``), None where it is not known; ``language``
    is what the person is spoken to in.
    """

    id: int
    person_key: str
    address: bytes | None
    language: str
    claim: str
    tries: int
    calendar: Calendar | None = None


NoticeT = TypeVar("NoticeT", bound=Notice, covariant=True)


@dataclass(frozen=True, slots=True)
class Readers(Generic[NoticeT]):
    """People of one language whom an act would reach, and what one of them is told."""

    told: NoticeT
    people: int


def load_readers(
    session: Session, *among: ColumnElement[bool]
) -> Sequence[Row[Notification, Inquiry, Person, int]]:
    """Return the first notification of each language, and how many people it goes to, most first.

    ``among`` are conditions on the notification, its inquiry and its claim.
    """
    spoken = func.coalesce(func.nullif(Person.language, ""), Inquiry.language)
    groups = (
        select(
            func.min(Notification.id).label("first"),
            func.count(Notification.person_key.distinct()).label("people"),
        )
        .join(Inquiry, Inquiry.id == Notification.inquiry_id)
        .join(Claim, Claim.id == Inquiry.claim_id)
        .outerjoin(Person, Person.key == Notification.person_key)
        .where(*among)
        .group_by(spoken)
        .subquery()
    )
    return session.execute(
        select(Notification, Inquiry, Person, groups.c.people)
        .join(groups, groups.c.first == Notification.id)
        .join(Inquiry, Inquiry.id == Notification.inquiry_id)
        .outerjoin(Person, Person.key == Notification.person_key)
        .order_by(groups.c.people.desc(), Notification.id)
    ).all()
