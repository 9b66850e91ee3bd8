"""Sign moderators in to the console: a link that works once, then a session that can be ended.

Only hashes of links and cookies are stored, so that reading the database does not allow signing in.
A session does not hold the role: ``roles`` is asked at every request.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, ParamSpec, TypeVar

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from knowledge.accounts import roles
from knowledge.accounts.people import load_person
from knowledge.accounts.roles import Holder
from knowledge.domain import Role
from knowledge.errors import LinkRefused, NotAllowed, SignedOut
from knowledge.models import ConsoleSession, SignInLink
from knowledge.storage.database import UseCase

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: How long a link is valid: people request and open it in one go.
LINK_LIFE: Final = timedelta(minutes=5)
#: How long a session lasts: a working day.
SESSION_LIFE: Final = timedelta(hours=12)

#: 256 bits, which nobody guesses.
_TOKEN_BYTES: Final = 32
#: Longest token that is hashed: anybody may send one.
_MAX_TOKEN: Final = 100


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: what the browser keeps, and what its forms carry."""

    person_key: str
    cookie: str = field(repr=False)
    form_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that is neither expired nor revoked. ``language`` is that of its pages."""

    id: str
    person_key: str
    form_token: str = field(repr=False)
    language: str


@dataclass(frozen=True, slots=True)
class Team:
    """Everybody with a role, and the open sessions of each by key.

    ``first_admins`` are the keys of admins by settings only.
    """

    holders: Sequence[Holder]
    first_admins: Sequence[str]
    signed_in: Mapping[str, Sequence[OpenSession]]


def issue_link(session: Session, key: str, now: datetime) -> str:
    """Return the token of a link that signs a person in, once; their earlier links end."""
    session.execute(
        delete(SignInLink).where((SignInLink.person_key == key) | (SignInLink.expires_at <= now))
    )
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.add(SignInLink(token_hash=_hash(token), person_key=key, expires_at=now + LINK_LIFE))
    session.flush()
    return token


def enter(
    session: Session, token: str, cookie: str, first_admins: frozenset[str], now: datetime
) -> SignedIn:
    """Sign in with a link; the browser's earlier session ends.

    Raises LinkRefused as ``use_link`` does, and SignedOut if the role was revoked meanwhile.
    """
    opened = session_of(session, cookie, now) if cookie else None
    already = opened.person_key if opened else None
    entered = use_link(session, token, now, already=already)
    if roles.role_of(session, entered.person_key, first_admins) is None:
        raise SignedOut("the role was revoked after the link was sent")
    if opened is not None:
        revoke(session, opened.id, now)
    return entered


def authenticate(
    session: Session, cookie: str, needs: Role, first_admins: frozenset[str], now: datetime
) -> tuple[OpenSession, Role]:
    """Return the session of a cookie, and its owner's current role.

    Raises SignedOut if it has none any more, NotAllowed if the role is less than ``needs``.
    """
    opened = session_of(session, cookie, now) if cookie else None
    if opened is None:
        raise SignedOut("no open session")
    role = roles.role_of(session, opened.person_key, first_admins)
    if role is None:
        raise SignedOut("no role any more")
    if role not in (needs, Role.ADMIN):
        raise NotAllowed("only an admin may do this; ask one")
    return opened, role


def perform(
    session: Session,
    cookie: str,
    needs: Role,
    first_admins: frozenset[str],
    now: datetime,
    act: UseCase[_P, _T],
    /,
    *args: _P.args,
    **kwargs: _P.kwargs,
) -> _T:
    """Do an act in the transaction that checks that a cookie's owner holds the needed role.

    Raises as ``authenticate``, and as the act.
    """
    authenticate(session, cookie, needs, first_admins, now)
    return act(session, *args, **kwargs)


def use_link(
    session: Session, token: str, now: datetime, *, already: str | None = None
) -> SignedIn:
    """Open a session for a link's owner, using the link up.

    ``already`` is who this browser is signed in as. Raises LinkRefused if the link was never
    issued, was used, has expired or belongs to somebody else.
    """
    usable = [
        SignInLink.token_hash == _hash(token),
        SignInLink.used_at.is_(None),
        SignInLink.expires_at > now,
    ]
    if already is not None:
        usable.append(SignInLink.person_key == already)
    # Checked and used in one statement: of two at once, one gets in.
    key = session.scalar(
        update(SignInLink).where(*usable).values(used_at=now).returning(SignInLink.person_key)
    )
    if key is None:
        raise LinkRefused(
            "this link was used, has expired or is another person's; send /console to the bot for"
            " a new one"
        )
    cookie, form_token = secrets.token_urlsafe(_TOKEN_BYTES), secrets.token_urlsafe(_TOKEN_BYTES)
    session.execute(delete(ConsoleSession).where(ConsoleSession.expires_at <= now))
    session.add(
        ConsoleSession(
            token_hash=_hash(cookie),
            person_key=key,
            form_token=form_token,
            language=load_person(session, key).wishes.language or "",
            created_at=now,
            expires_at=now + SESSION_LIFE,
        )
    )
    session.flush()
    return SignedIn(key, cookie, form_token)


def session_of(session: Session, cookie: str, now: datetime) -> OpenSession | None:
    """Return the session of a cookie; None if it expired, was revoked or never existed."""
    row = session.scalar(
        select(ConsoleSession).where(
            ConsoleSession.token_hash == _hash(cookie),
            ConsoleSession.revoked_at.is_(None),
            ConsoleSession.expires_at > now,
        )
    )
    return _value(row) if row else None


def sessions_of(session: Session, key: str, now: datetime) -> list[OpenSession]:
    """Return a person's open sessions, newest first."""
    rows = session.scalars(
        select(ConsoleSession)
        .where(
            ConsoleSession.person_key == key,
            ConsoleSession.revoked_at.is_(None),
            ConsoleSession.expires_at > now,
        )
        .order_by(ConsoleSession.created_at.desc())
    )
    return [_value(row) for row in rows]


def load_team(session: Session, first_admins: frozenset[str], now: datetime) -> Team:
    """Return everybody with a role, and their open sessions."""
    holders = roles.list_holders(session)
    granted = {holder.key for holder in holders}
    return Team(
        holders=holders,
        first_admins=sorted(first_admins - granted),
        signed_in={key: sessions_of(session, key, now) for key in granted | first_admins},
    )


def speak(session: Session, session_id: str, language: str) -> None:
    """Set the language of a session's pages."""
    session.execute(
        update(ConsoleSession)
        .where(ConsoleSession.token_hash == session_id)
        .values(language=language)
    )


def revoke(session: Session, session_id: str, now: datetime) -> None:
    """End one session."""
    session.execute(
        update(ConsoleSession)
        .where(ConsoleSession.token_hash == session_id, ConsoleSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def revoke_role(session: Session, key: str, actor: str, now: datetime) -> bool:
    """Revoke a person's role and sign them out; False if no role was granted."""
    revoked = roles.revoke(session, key, actor)
    revoke_all(session, key, now)
    return revoked


def revoke_all(session: Session, key: str, now: datetime) -> int:
    """End a person's sessions and unused links; returns how many sessions ended."""
    session.execute(delete(SignInLink).where(SignInLink.person_key == key))
    ended = session.scalars(
        update(ConsoleSession)
        .where(ConsoleSession.person_key == key, ConsoleSession.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ConsoleSession.token_hash)
    )
    return len(ended.all())


def _value(row: ConsoleSession) -> OpenSession:
    return OpenSession(
        id=row.token_hash,
        person_key=row.person_key,
        form_token=row.form_token,
        language=row.language,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token[:_MAX_TOKEN].encode(errors="replace")).hexdigest()
