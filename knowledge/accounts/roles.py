"""Check roles at the moment of each act, so that a revoked role ends at once."""

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, ParamSpec, TypeVar

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from knowledge.accounts.people import decrypt_address
from knowledge.domain import Role, SubjectKind, now
from knowledge.errors import AddressUnreadable, NotAllowed
from knowledge.models import Grant, Person
from knowledge.storage import audit_log
from knowledge.storage.bulk_insert import insert_new
from knowledge.storage.database import UseCase
from knowledge.text.plain_text import single_line

_log = logging.getLogger(__name__)

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: Characters of a name that are stored.
_LONGEST_NAME: Final = 120
#: Length that tells a person's key from "command line", and how much of it is shown.
_KEY_LENGTH: Final = 64
_SHORT_KEY: Final = 8
_PLURAL: Final = {Role.MODERATOR: "moderators", Role.ADMIN: "admins"}


@dataclass(frozen=True, slots=True)
class Holder:
    """A person with a role, by the name that colleagues know them by.

    ``granted_by`` is who granted it, and ``granter`` that one's name.
    """

    key: str
    role: Role
    name: str
    granted_by: str
    granter: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reachable:
    """A moderator who can be written to: the address, and their language, if chosen."""

    address: str = field(repr=False)
    language: str | None


def role_of(session: Session, key: str, first_admins: frozenset[str]) -> Role | None:
    """Return a person's current role, None for the public.

    ``first_admins`` are the keys of admins by settings, who have no grant.
    """
    if key in first_admins:
        return Role.ADMIN
    # A shared lock until the commit: a revocation meanwhile waits for the act.
    return session.scalar(
        select(Grant.role).where(Grant.person_key == key).with_for_update(read=True)
    )


def require(session: Session, key: str, role: Role, first_admins: frozenset[str]) -> None:
    """Raise NotAllowed unless a person holds ``role`` now; an admin holds both roles."""
    held_now = role_of(session, key, first_admins)
    if held_now not in (role, Role.ADMIN):
        raise NotAllowed(f"only {_PLURAL[role]} may do this; ask an admin for the role")


def perform(
    session: Session,
    key: str,
    role: Role,
    first_admins: frozenset[str],
    act: UseCase[_P, _T],
    /,
    *args: _P.args,
    **kwargs: _P.kwargs,
) -> _T:
    """Do an act for a person, in the transaction that checks the needed role.

    Raises NotAllowed unless they hold it.
    """
    require(session, key, role, first_admins)
    return act(session, *args, **kwargs)


def grant(session: Session, key: str, role: Role, name: str, actor: str) -> None:
    """Grant a person a role, or another one, under a one-line name."""
    name = _on_one_line(name)
    values = {"person_key": key, "role": role, "name": name, "granted_by": actor}
    before = None
    if not insert_new(session, Grant, values):
        row = session.scalars(
            select(Grant).where(Grant.person_key == key).with_for_update(),
            execution_options={"populate_existing": True},
        ).one()
        before = {"role": row.role.value, "name": row.name}
        session.execute(
            update(Grant)
            .where(Grant.person_key == key)
            .values(role=role, name=name, granted_by=actor, granted_at=now())
        )
    after = {"role": role.value, "name": name}
    audit_log.record(session, actor, "granted", SubjectKind.PERSON, key, before=before, after=after)


def revoke(session: Session, key: str, actor: str) -> bool:
    """Revoke a person's role; False if none was granted. First admins are in the settings."""
    gone = session.execute(
        delete(Grant).where(Grant.person_key == key).returning(Grant.role, Grant.name)
    ).one_or_none()
    if gone is None:
        return False
    before = {"role": gone.role.value, "name": gone.name}
    audit_log.record(session, actor, "revoked", SubjectKind.PERSON, key, before=before)
    return True


def list_holders(session: Session) -> list[Holder]:
    """Return everybody with a granted role, by name."""
    rows = session.scalars(select(Grant).order_by(Grant.name, Grant.person_key)).all()
    names = {row.person_key: row.name for row in rows}
    return [
        Holder(
            row.person_key,
            row.role,
            _on_one_line(row.name),
            row.granted_by,
            _show(row.granted_by, names.get(row.granted_by)),
            row.granted_at,
        )
        for row in rows
    ]


def list_reachable(
    session: Session, first_admins: Collection[str], secret: bytes
) -> list[Reachable]:
    """Return the addresses of everybody with a role; unreadable ones are left out."""
    holds_role = or_(Person.key.in_(first_admins), Person.key.in_(select(Grant.person_key)))
    found = []
    for address, language in session.execute(
        select(Person.address, Person.language).where(holds_role).order_by(Person.key)
    ):
        if address is None:
            continue
        try:
            found.append(Reachable(decrypt_address(address, secret), language or None))
        except AddressUnreadable as error:
            _log.warning("moderator_unreachable", extra={"error": str(error)})
    return found


def name_of(session: Session, actor: str) -> str:
    """Return the name colleagues know an actor by; one without a role is named as stored."""
    return _show(actor, session.scalar(select(Grant.name).where(Grant.person_key == actor)))


def _show(actor: str, name: str | None) -> str:
    return _on_one_line(name or "") or (actor if len(actor) < _KEY_LENGTH else actor[:_SHORT_KEY])


def _on_one_line(name: str) -> str:
    return single_line(name)[:_LONGEST_NAME].rstrip()
