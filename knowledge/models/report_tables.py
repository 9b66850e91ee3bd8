"""Tables of sources, feeds, reports, statements, their versions, the audit and the change log."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from knowledge.domain import (
    ChangeKind,
    FeedKind,
    Rating,
    ReportKind,
    StatementStatus,
    SubjectKind,
    VersionKind,
    now,
)
from knowledge.models.declarative_base import Base, by_value


class Source(Base):
    """Who publishes. A trusted source's feeds are published without a moderator."""

    __tablename__ = "sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(300), unique=True)
    homepage: Mapped[str | None] = mapped_column(Text)
    trusted: Mapped[bool] = mapped_column(default=False)


class Feed(Base):
    """A polled address of a source: RSS, Atom or ClaimReview."""

    __tablename__ = "feeds"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), index=True)
    url: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[FeedKind] = mapped_column(by_value(FeedKind))
    interval_minutes: Mapped[int] = mapped_column("minutes")
    paused: Mapped[bool] = mapped_column(default=False)
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)
    polled_at: Mapped[datetime | None]
    next_poll_at: Mapped[datetime] = mapped_column(default=now, index=True)
    failures: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    #: The process that holds the lease, as named by ``process_locks``.
    holder: Mapped[str | None] = mapped_column(String(64))

    source: Mapped[Source] = relationship()


class FeedItem(Base):
    """A stored item of a feed, by the hash of its identity: none is fetched twice."""

    __tablename__ = "feed_items"

    feed_id: Mapped[int] = mapped_column(ForeignKey("feeds.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(default=now)


class Report(Base):
    """One verified document of a source, which is missing if the document does not state it."""

    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(Text, index=True)
    content_hash: Mapped[str] = mapped_column(String(64), unique=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("sources.id"), index=True)
    title: Mapped[str] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[date | None]
    language: Mapped[str] = mapped_column(String(16))
    kind: Mapped[ReportKind] = mapped_column(by_value(ReportKind))
    body: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)

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
    rating: Mapped[Rating | None] = mapped_column(by_value(Rating))
    rating_text: Mapped[str | None] = mapped_column(Text)
    as_of: Mapped[date | None]
    status: Mapped[StatementStatus] = mapped_column(by_value(StatementStatus), index=True)
    version: Mapped[int] = mapped_column(default=1)
    #: When somebody should check whether it still holds.
    recheck_by: Mapped[date | None] = mapped_column(index=True)
    #: Who reviewed it: if two people are required, another one publishes it.
    reviewed_by: Mapped[str | None] = mapped_column(String(120))
    #: The statement that this retracted one was merged into.
    merged_into: Mapped[int | None]

    report: Mapped[Report] = relationship(back_populates="statements")


class Version(Base):
    """A report or a statement before an edit: its columns by name."""

    __tablename__ = "versions"

    kind: Mapped[VersionKind] = mapped_column(by_value(VersionKind), primary_key=True)
    subject_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    replaced_at: Mapped[datetime] = mapped_column("until", default=now)


class ChangeLogEntry(Base):
    """The change log: appended in the transaction that publishes, edits or retracts."""

    __tablename__ = "change_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.id"))
    kind: Mapped[ChangeKind] = mapped_column(by_value(ChangeKind))
    created_at: Mapped[datetime] = mapped_column(default=now)

    # Ids must never be reused: every index remembers how far it has read.
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012


class AuditEntry(Base):
    """Who did what, when and why, with the fields before and after. Append-only."""

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(String(120), index=True)
    #: The second person, if ``actor`` proposed it and another one approved it.
    approved_by: Mapped[str | None] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[SubjectKind] = mapped_column(by_value(SubjectKind))
    subject_id: Mapped[str] = mapped_column(String(64))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    reason: Mapped[str | None] = mapped_column(Text)
    #: The entry that this one undoes.
    undoes: Mapped[int | None]

    __table_args__ = (Index("ix_audit_log_subject", "subject", "subject_id"),)


class Vector(Base):
    """The vector of one text by one encoder, so that no text is embedded twice."""

    __tablename__ = "vectors"

    text_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
