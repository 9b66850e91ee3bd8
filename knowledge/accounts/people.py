"""People as they are remembered: never who, only a keyed hash and what they chose.

An address is kept while there may be something to tell, encrypted under the installation's secret.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from knowledge.domain import Calendar, SubjectKind
from knowledge.errors import AddressUnreadable
from knowledge.models import Person
from knowledge.storage import audit_log
from knowledge.storage.bulk_insert import insert_new

#: What the key of addresses is derived for: another use of the secret gets another key.
_ADDRESSES = b"tathabbat: where people are written to"
#: A person who was never asked for a language.
_NO_LANGUAGE = ""


def person_key(secret: bytes, channel: str, number: int) -> str:
    """Return the name a person has here: HMAC-SHA256 of the channel's number under ``secret``."""
    return hmac.new(secret, f"{channel}:{number}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person chose; None where they never did. ``muted``: nothing is told unasked."""

    language: str | None = None
    calendar: Calendar | None = None
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A person as they are remembered; ``reachable``: where to write to them is kept."""

    wishes: Wishes = Wishes()
    blocked_until: datetime | None = None
    reachable: bool = False

    def is_blocked(self, at: datetime) -> bool:
        """Tell whether they are left unanswered at a moment."""
        return self.blocked_until is not None and self.blocked_until > at


@dataclass(frozen=True, slots=True)
class Contact:
    """A person who is here now, and where to write to them later; None where nobody can.

    ``secret`` is what the address is encrypted with.
    """

    key: str
    address: str | None = field(repr=False)
    secret: bytes = field(repr=False)


def is_muted(key: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether the person of a column asked to be told nothing."""
    return select(Person.key).where(Person.key == key, Person.muted).exists()


def load_person(session: Session, key: str) -> Known:
    """Return what is remembered of a person."""
    row = session.execute(_REMEMBERED, {"key": key}).one_or_none()
    if row is None:
        return Known()
    wishes = Wishes(row.language or None, row.calendar, row.muted)
    return Known(wishes, row.blocked_until, row.reachable)


# Asked at every message: written once.
_REMEMBERED: Final = select(
    Person.language,
    Person.calendar,
    Person.muted,
    Person.blocked_until,
    Person.address.is_not(None).label("reachable"),
).where(Person.key == bindparam("key"))


def choose_language(session: Session, key: str, language: str) -> None:
    """Remember the language a person chose."""
    _change(session, key, language=language)


def choose_calendar(session: Session, key: str, calendar: Calendar) -> None:
    """Remember how a person reads dates."""
    _change(session, key, calendar=calendar)


def mute(session: Session, key: str) -> None:
    """Remember that a person is to be told nothing unasked; where to write to them is dropped."""
    _change(session, key, muted=True, address=None)


def unmute(session: Session, key: str) -> None:
    """Remember that a person may be told things again."""
    _change(session, key, muted=False)


def remember_address(session: Session, key: str, address: str, secret: bytes) -> None:
    """Remember where a person can be written to, readable with ``secret`` only."""
    sealed = _cipher(secret).encrypt(address.encode())
    _change(session, key, address=sealed)


def keep_reachable(session: Session, person: Contact) -> bool:
    """Tell whether a person can be told something later; where to is remembered, then."""
    known = load_person(session, person.key)
    if person.address is None or known.wishes.muted:
        return False
    # A private chat's address never changes.
    if not known.reachable:
        remember_address(session, person.key, person.address, person.secret)
    return True


def forget_address(session: Session, key: str) -> None:
    """Forget where a person can be written to: there is no way there any more."""
    session.execute(
        update(Person).where(Person.key == key).values(address=None),
        execution_options={"synchronize_session": False},
    )


def address_of(session: Session, key: str, secret: bytes) -> str | None:
    """Return where a person can be written to, None if that is not known.

    Raises AddressUnreadable if it was kept under another secret.
    """
    sealed = session.scalar(select(Person.address).where(Person.key == key))
    return decrypt_address(sealed, secret) if sealed is not None else None


def decrypt_address(address: bytes, secret: bytes) -> str:
    """Return an encrypted address as it was. Raises AddressUnreadable for another secret's."""
    try:
        return _cipher(secret).decrypt(address).decode()
    except InvalidToken:
        raise AddressUnreadable(
            "an address was encrypted with another SECRET_KEY; restore that key to reach the person"
        ) from None


def has_people(session: Session) -> bool:
    """Tell whether anything is remembered of anybody: then the secret must stay what it is."""
    return session.scalar(select(Person.key).limit(1)) is not None


def require_secret(session: Session, secret: bytes) -> None:
    """Raise AddressUnreadable if a secret is not the one that people are known by."""
    sealed = session.scalar(select(Person.address).where(Person.address.is_not(None)).limit(1))
    if sealed is not None:
        decrypt_address(sealed, secret)


def block(
    session: Session, key: str, until: datetime, actor: str, reason: str | None = None
) -> None:
    """Leave a person unanswered until a moment."""
    _block(session, key, until, actor, "blocked", reason)


def unblock(session: Session, key: str, actor: str, reason: str | None = None) -> None:
    """Answer a person again."""
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
