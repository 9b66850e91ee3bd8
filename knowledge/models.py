"""The tables. Rows never leave this room: services return the values of ``domain`` and their own.

Nothing here is particular to SQLite; ``migrations/`` creates exactly this (a test compares them).
"""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from knowledge.domain import Outcome, Rating, ReportKind


class StatementStatus(StrEnum):
    """Where a statement stands in its life. Only a published one is ever served."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    RETRACTED = "retracted"


class ChangeKind(StrEnum):
    """What a change means to an index."""

    ADDED = "added"
    REMOVED = "removed"


class Instant(TypeDecorator[datetime]):
    """A point in time in UTC on every database (SQLite forgets the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC, whatever the zone it comes in."""
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _enum(kind: type[StrEnum]) -> Enum:
    # Stored by value as plain text: a new member needs no ALTER TYPE on any database.
    return Enum(kind, native_enum=False, length=24, values_callable=lambda e: [m.value for m in e])


def _now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """Declarative base with named constraints, so that migrations can alter them anywhere."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant}  # noqa: RUF012  (SQLAlchemy reads it off the class)


class Source(Base):
    """Who publishes."""

    __tablename__ = "sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(300), unique=True)


class Report(Base):
    """One verified document of a source. Without a source where it does not state its outlet."""

    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(Text, index=True)
    content_hash: Mapped[str] = mapped_column(String(64), unique=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("sources.id"), index=True)
    title: Mapped[str] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[date | None]
    language: Mapped[str] = mapped_column(String(16))
    kind: Mapped[ReportKind] = mapped_column(_enum(ReportKind))
    body: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=_now)

    source: Mapped[Source | None] = relationship()
    statements: Mapped[list["Statement"]] = relationship(
        back_populates="report", order_by="Statement.position"
    )


class Statement(Base):
    """One checkable sentence, verbatim, with its place in the report's body."""

    __tablename__ = "statements"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id"), index=True)
    position: Mapped[int]
    ref: Mapped[str] = mapped_column(Text, index=True)
    text: Mapped[str] = mapped_column(Text)
    span_start: Mapped[int | None]
    span_end: Mapped[int | None]
    speaker: Mapped[str | None] = mapped_column(Text)
    rating: Mapped[Rating | None] = mapped_column(_enum(Rating))
    rating_text: Mapped[str | None] = mapped_column(Text)
    as_of: Mapped[date | None]
    status: Mapped[StatementStatus] = mapped_column(_enum(StatementStatus), index=True)

    report: Mapped[Report] = relationship(back_populates="statements")


class Change(Base):
    """The change feed: appended in the transaction that publishes or retracts."""

    __tablename__ = "changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.id"))
    kind: Mapped[ChangeKind] = mapped_column(_enum(ChangeKind))
    at: Mapped[datetime] = mapped_column(default=_now)

    # Numbers must never be given out twice: every index remembers how far it has read.
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012


class AuditEntry(Base):
    """Who did what, when and why. Only ever appended."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=_now)
    actor: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(60))
    statement_id: Mapped[int | None] = mapped_column(ForeignKey("statements.id"), index=True)
    before: Mapped[str | None] = mapped_column(String(24))
    after: Mapped[str | None] = mapped_column(String(24))
    reason: Mapped[str | None] = mapped_column(Text)


class Vector(Base):
    """The vector of one text by one encoder, so that no text is embedded twice."""

    __tablename__ = "vectors"

    text_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Person(Base):
    """What is remembered of a person: a keyed hash of the channel's id, and a language."""

    __tablename__ = "people"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[str] = mapped_column(String(16))


class Inquiry(Base):
    """One person's asking of one claim, and what it was answered with."""

    __tablename__ = "inquiries"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_key: Mapped[str] = mapped_column(String(64), index=True)
    claim: Mapped[str] = mapped_column(Text)
    outcome: Mapped[Outcome] = mapped_column(_enum(Outcome))
    statement_ids: Mapped[list[int]] = mapped_column(JSON)
    disputed: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(default=_now)

    __table_args__ = (Index("ix_inquiries_outcome_at", "outcome", "at"),)
