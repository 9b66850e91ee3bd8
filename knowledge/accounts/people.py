"""People: a keyed hash and their settings, never who they are.

An address is stored, encrypted with the installation's secret, while there may be something to
tell.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, cast

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import ColumnElement, Table, bindparam, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from knowledge.domain import Calendar, SubjectKind
from knowledge.errors import AddressUnreadable
from knowledge.models import Person
from knowledge.storage import audit_log
from knowledge.storage.bulk_insert import insert_new

#: Purpose from which the encryption key of addresses is derived: other purposes get other keys.
_ADDRESSES = b"tathabbat: where people are written to"
#: A person who was never asked for a language.
_NO_LANGUAGE = ""


def person_key(secret: bytes, channel: str, number: int) -> str:
    """Return a person's key: HMAC-SHA256 of the channel's id under ``secret``."""
    return hmac.new(secret, f"{channel}:{number}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Wishes:
    """A person's settings; None if never chosen. ``muted``: no notifications."""

    language: str | None = None
    calendar: Calendar | None = None
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of a person; ``reachable``: their address is stored."""

    wishes: Wishes = Wishes()
    blocked_until: datetime | None = None
    reachable: bool = False

    def is_blocked(self, at: datetime) -> bool:
        """Return whether the person is blocked at a moment."""
        return self.blocked_until is not None and self.blocked_until > at


@dataclass(frozen=True, slots=True)
class Contact:
    """A person who is present, and their address for later; None if they cannot be reached.

    ``secret`` encrypts the address.
    """

    key: str
    address: str | None = field(repr=False)
    secret: bytes = field(repr=False)


def is_muted(key: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether the person of a column turned notifications off."""
    return select(Person.key).where(Person.key == key, Person.muted).exists()


def load_person(session: Session, key: str) -> Known:
    """Return what is stored of a person."""
    row = session.execute(_REMEMBERED, {"key": key}).one_or_none()
    if row is None:
        return Known()
    wishes = Wishes(row.language or None, row.calendar, row.muted)
    return Known(wishes, row.blocked_until, row.reachable)


# Built once, over the table: it runs at every message.
_PEOPLE: Final = cast(Table, Person.__table__)
_REMEMBERED: Final = select(
    _PEOPLE.c.language,
    _PEOPLE.c.calendar,
    _PEOPLE.c.muted,
    _PEOPLE.c.blocked_until,
    _PEOPLE.c.address.is_not(None).label("reachable"),
).where(_PEOPLE.c.key == bindparam("key"))


def choose_language(session: Session, key: str, language: str) -> None:
    """Store a person's language."""
    _change(session, key, language=language)


def choose_calendar(session: Session, key: str, calendar: Calendar) -> None:
    """Store how a person reads dates."""
    _change(session, key, calendar=calendar)


def mute(session: Session, key: str) -> None:
    """Turn a person's notifications off, and delete their address."""
    _change(session, key, muted=True, address=None)


def unmute(session: Session, key: str) -> None:
    """Turn a person's notifications on again."""
    _change(session, key, muted=False)


def remember_address(session: Session, key: str, address: str, secret: bytes) -> None:
    """Store a person's address, encrypted with ``secret``."""
    sealed = _cipher(secret).encrypt(address.encode())
    _change(session, key, address=sealed)


def keep_reachable(session: Session, person: Contact) -> bool:
    """Return whether a person can be notified later; if so, store their address."""
    known = load_person(session, person.key)
    if person.address is None or known.wishes.muted:
        return False
    # A private chat's address never changes.
    if not known.reachable:
        remember_address(session, person.key, person.address, person.secret)
    return True


def forget_address(session: Session, key: str) -> None:
    """Delete a person's address: it leads nowhere any more."""
    session.execute(
        update(Person).where(Person.key == key).values(address=None),
        execution_options={"synchronize_session": False},
    )


def address_of(session: Session, key: str, secret: bytes) -> str | None:
    """Return a person's address, None if it is not stored.

    Raises AddressUnreadable if another secret encrypted it.
    """
    sealed = session.scalar(select(Person.address).where(Person.key == key))
    return decrypt_address(sealed, secret) if sealed is not None else None


def decrypt_address(address: bytes, secret: bytes) -> str:
    """Return a decrypted address. Raises AddressUnreadable for another secret's."""
    try:
        return _cipher(secret).decrypt(address).decode()
    except InvalidToken:
        raise AddressUnreadable(
            "an address was encrypted with another SECRET_KEY; restore that key to reach the person"
        ) from None


def has_people(session: Session) -> bool:
    """Return whether anybody is stored: then the secret must not change."""
    return session.scalar(select(Person.key).limit(1)) is not None


def require_secret(session: Session, secret: bytes) -> None:
    """Raise AddressUnreadable if the stored people's keys are of another secret."""
    sealed = session.scalar(select(Person.address).where(Person.address.is_not(None)).limit(1))
    if sealed is not None:
        decrypt_address(sealed, secret)


def block(
    session: Session, key: str, until: datetime, actor: str, reason: str | None = None
) -> None:
    """Block a person until a moment."""
    _block(session, key, until, actor, "blocked", reason)


def unblock(session: Session, key: str, actor: str, reason: str | None = None) -> None:
    """Unblock a person."""
    _block(session, key, None, actor, "unblocked", reason)


def _block(
    session: Session,
    key: str,
    until: datetime | None,
    actor: str,
    action: str,
    reason: str | None,
) -> None:
    before = session.scalar(select(Person.blocked_until).where(Person.key == key))
    _change(session, key, blocked_until=until)
    audit_log.record(
        session,
        actor,
        action,
        SubjectKind.PERSON,
        key,
        before={"blocked_until": before.isoformat() if before else None},
        after={"blocked_until": until.isoformat() if until else None},
        reason=reason,
    )


def _change(
    session: Session, key: str, **values: str | bytes | datetime | bool | Calendar | None
) -> None:
    insert_new(session, Person, {"key": key, "language": _NO_LANGUAGE})
    session.execute(update(Person).where(Person.key == key).values(**values))


def _cipher(secret: bytes) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_ADDRESSES).derive(secret)
    return Fernet(base64.urlsafe_b64encode(derived))
