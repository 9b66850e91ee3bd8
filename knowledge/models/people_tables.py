"""Tables of people (keyed hashes), their roles, and moderators' sign-in."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.domain import Calendar, Role, now
from knowledge.models.declarative_base import Base, by_value


class Person(Base):
    """What is stored of a person: a keyed hash of the channel's id, and their settings.

    ``address`` is where they can be written to, encrypted, while there may be something to tell.
    """

    __tablename__ = "people"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[str] = mapped_column(String(16))
    address: Mapped[bytes | None] = mapped_column(LargeBinary)
    blocked_until: Mapped[datetime | None]
    calendar: Mapped[Calendar | None] = mapped_column(by_value(Calendar))
    #: They turned notifications off.
    muted: Mapped[bool] = mapped_column(default=False)


class Grant(Base):
    """A person's role, and the name that colleagues know them by."""

    __tablename__ = "grants"

    person_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    role: Mapped[Role] = mapped_column(by_value(Role))
    name: Mapped[str] = mapped_column(String(120))
    granted_by: Mapped[str] = mapped_column(String(120))
    granted_at: Mapped[datetime] = mapped_column(default=now)


class SignInLink(Base):
    """A sign-in link that one person may use once; only its hash is stored."""

    __tablename__ = "sign_in_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_key: Mapped[str] = mapped_column(String(64), index=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ConsoleSession(Base):
    """A signed-in browser; only the hash of its cookie is stored."""

    __tablename__ = "console_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_key: Mapped[str] = mapped_column(String(64), index=True)
    #: The token in every form of this session, against requests forged by other sites.
    form_token: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
