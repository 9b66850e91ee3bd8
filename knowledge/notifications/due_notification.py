"""A due notification, with all that sending any kind of it needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Self, TypeVar

from sqlalchemy import ColumnElement, Row, Select, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from knowledge.domain import Calendar, NotificationKind, NotificationStatus
from knowledge.models import Claim, Inquiry, Notification, Person, Statement
from knowledge.storage.bulk_insert import insert_selected
from knowledge.storage.leases import Lease

#: A waiting notification may be leased when it is due.
LEASE: Final = Lease(
    Notification.due_at, Notification.holder, Notification.status == NotificationStatus.WAITING
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notification about an inquiry, and how the person is written to.

    ``address`` is encrypted (``people.decrypt_address``), None if it is not known; ``language`` is
    the one that the person is addressed in.
    """

    id: int
    person_key: str
    address: bytes | None
    language: str
    claim: str
    tries: int
    calendar: Calendar | None = None

    @classmethod
    def read(
        cls, note: Notification, inquiry: Inquiry, person: Person | None, /, **more: Any
    ) -> Self:
        """Return the notification of these rows; ``more`` are the fields of its kind of notice."""
        return cls(
            id=note.id,
            person_key=note.person_key,
            address=person.address if person else None,
            language=(person.language if person else "") or inquiry.language,
            claim=inquiry.claim,
            tries=note.tries,
            calendar=person.calendar if person else None,
            **more,
        )


NoticeT = TypeVar("NoticeT", bound=Notice, covariant=True)


@dataclass(frozen=True, slots=True)
class Readers(Generic[NoticeT]):
    """How many people of one language an act would reach, and what one of them is told."""

    told: NoticeT
    people: int


#: The version of the statement when the notification is written.
OF_STATEMENT: Final = {"statement_id": Statement.id, "version": Statement.version}


def insert_waiting(
    session: Session,
    kind: NotificationKind,
    people: Select[int, str],
    **values: InstrumentedAttribute[Any] | object,
) -> None:
    """Insert a notification for each of ``people`` (inquiry and person) who has none yet.

    ``values`` are its other columns: a value, or a column that is selected along with the people.
    """
    columns = {"kind": kind, "status": NotificationStatus.WAITING, **values}
    selected = (
        value
        if isinstance(value, InstrumentedAttribute)
        else literal(value, getattr(Notification, name).type)
        for name, value in columns.items()
    )
    insert_selected(
        session,
        Notification,
        ["inquiry_id", "person_key", *columns],
        people.add_columns(*selected),
    )


def load_readers(
    session: Session, *among: ColumnElement[bool]
) -> Sequence[Row[Notification, Inquiry, Person, int]]:
    """Return the first notification of each language, and for how many people, most first.

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
