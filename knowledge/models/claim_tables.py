"""Tables of inquiries, claims, clusters, verdicts and notifications."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from knowledge.domain import (
    ClusterStatus,
    Feedback,
    Forwarded,
    NotificationKind,
    NotificationStatus,
    Outcome,
    RejectReason,
    Relation,
    now,
)
from knowledge.models.declarative_base import Base, by_value


class Cluster(Base):
    """Claims that mean the same, in any language, to be answered as one."""

    __tablename__ = "clusters"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    status: Mapped[ClusterStatus] = mapped_column(by_value(ClusterStatus))
    reject_reason: Mapped[RejectReason | None] = mapped_column(by_value(RejectReason))
    assignee: Mapped[str | None] = mapped_column(String(64))
    snoozed_until: Mapped[datetime | None]
    #: How many people asked, how often, and since when.
    asker_count: Mapped[int] = mapped_column(default=0)
    inquiry_count: Mapped[int] = mapped_column(default=0)
    first_asked_at: Mapped[datetime] = mapped_column(default=now)
    last_asked_at: Mapped[datetime] = mapped_column(default=now)
    #: How many inquiries were forwards.
    forward_count: Mapped[int] = mapped_column(default=0)
    #: log2 of the sum of 2^(time / half-life) over its inquiries: recent demand, at any time.
    heat: Mapped[float] = mapped_column(default=0.0)
    #: When moderators were last alerted that it grows.
    alerted_at: Mapped[datetime | None]
    merged_into: Mapped[int | None]

    claims: Mapped[list["Claim"]] = relationship(back_populates="cluster")

    __table_args__ = (
        Index("ix_clusters_status_heat", "status", "heat"),
        Index("ix_clusters_status_asker_count", "status", "asker_count"),
        Index("ix_clusters_status_last_asked_at", "status", "last_asked_at"),
    )


class ClusterTag(Base):
    """A short word by which moderators sort clusters."""

    __tablename__ = "cluster_tags"

    cluster_id: Mapped[int] = mapped_column(ForeignKey("clusters.id"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(40), primary_key=True)

    __table_args__ = (Index("ix_cluster_tags_tag", "tag"),)


class ClusterNote(Base):
    """A moderator's note on a cluster, for other moderators."""

    __tablename__ = "cluster_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("clusters.id"), index=True)
    author: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)

    # The audit names notes by number.
    __table_args__ = ({"sqlite_autoincrement": True},)


class Claim(Base):
    """One wording of a claim, whoever asks it. ``key`` is the hash of its normalised text.

    Once everybody who asked it is erased, ``text`` is empty and ``key`` random.
    """

    __tablename__ = "claims"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(16))
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("clusters.id"), index=True)
    #: Set by hand (split, merge): clustering leaves it there.
    placed_by_hand: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)

    cluster: Mapped[Cluster | None] = relationship(back_populates="claims")


class Inquiry(Base):
    """One person's asking of one claim, and the answer they got.

    Once it is erased, ``claim`` is empty and ``person_key`` nobody's: it only counts.
    """

    __tablename__ = "inquiries"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_key: Mapped[str] = mapped_column(String(64), index=True)
    claim: Mapped[str] = mapped_column(Text)
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"))
    outcome: Mapped[Outcome] = mapped_column(by_value(Outcome))
    disputed: Mapped[bool] = mapped_column(default=False)
    feedback: Mapped[Feedback | None] = mapped_column(by_value(Feedback))
    language: Mapped[str] = mapped_column(String(16))
    #: Whether the person is to be told when moderators settle the claim.
    waiting: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    #: When the moderators' answer was sent, to measure how long it took.
    answered_at: Mapped[datetime | None]
    #: What the answer, and so the feedback, is based on: fingerprints of encoder and judge, and the
    #: judge's thresholds.
    encoder_fingerprint: Mapped[str | None] = mapped_column(String(64))
    judge_fingerprint: Mapped[str | None] = mapped_column(String(64))
    assert_threshold: Mapped[float | None]
    suggest_threshold: Mapped[float | None]
    #: Where a forwarded message came from: its kind, a keyed hash of the person or channel, and a
    #: channel's public name.
    origin_kind: Mapped[Forwarded | None] = mapped_column(by_value(Forwarded))
    origin_key: Mapped[str | None] = mapped_column(String(64))
    origin_name: Mapped[str | None] = mapped_column(String(200))
    #: The claims of the message that are unanswered until the person asks for them.
    remaining_claims: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))

    shown: Mapped[list["ShownStatement"]] = relationship(
        order_by="ShownStatement.position", cascade="all, delete-orphan", passive_deletes=True
    )

    __table_args__ = (
        Index("ix_inquiries_outcome_asked_at", "outcome", "asked_at"),
        # Both indexes hold all columns that are counted, so that no row is read: who asked a claim
        # and when, and the outcomes of a period.
        Index("ix_inquiries_claim", "claim_id", "asked_at", "person_key"),
        Index("ix_inquiries_asked_at", "asked_at", "outcome", "language", "feedback", "disputed"),
        Index("ix_inquiries_answered_at", "answered_at"),
    )


class ShownStatement(Base):
    """A statement shown for an inquiry, best first: its corrections are sent to the person."""

    __tablename__ = "shown_statements"

    inquiry_id: Mapped[int] = mapped_column(
        ForeignKey("inquiries.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    statement_id: Mapped[int] = mapped_column(index=True)


class Verdict(Base):
    """A moderator's verdict on a claim and a statement: it overrides the judge."""

    __tablename__ = "verdicts"

    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.id"), primary_key=True)
    relation: Mapped[Relation] = mapped_column(by_value(Relation))
    #: The moderators' note, by language.
    explanation: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    actor: Mapped[str] = mapped_column(String(120))
    #: Since when it answers the claim: whoever asks from then on gets it.
    decided_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("ix_verdicts_statement_id", "statement_id"),)


class Notification(Base):
    """Something to tell a person once: written with its cause, sent afterwards."""

    __tablename__ = "notifications"

    id: Mapped[int] = mapped_column(primary_key=True)
    inquiry_id: Mapped[int] = mapped_column(ForeignKey("inquiries.id", ondelete="CASCADE"))
    person_key: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[NotificationKind] = mapped_column(by_value(NotificationKind))
    statement_id: Mapped[int | None] = mapped_column(ForeignKey("statements.id"))
    #: The statement's version: a second correction is told again.
    version: Mapped[int | None]
    #: For an answer, the statement's relation: another one is told again.
    relation: Mapped[Relation | None] = mapped_column(by_value(Relation))
    #: For a rejection, the reason: another one is told again.
    reject_reason: Mapped[RejectReason | None] = mapped_column(by_value(RejectReason))
    status: Mapped[NotificationStatus] = mapped_column(by_value(NotificationStatus))
    tries: Mapped[int] = mapped_column(default=0)
    #: When it is tried next, or when it was given up.
    due_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    #: The process that holds the lease, as named by ``process_locks``.
    holder: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        # A person is told once of each version of a statement, however often they were shown it.
        Index(
            "uq_notifications_person_kind_statement",
            "person_key", "kind", "statement_id", "version", unique=True,
        ),
        Index("ix_notifications_status_due", "status", "due_at"),
    )  # fmt: skip


class SavedSearch(Base):
    """A moderator's named search of the queue. ``query`` is the page's query string."""

    __tablename__ = "saved_searches"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_key: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(1000))

    __table_args__ = (Index("uq_saved_searches_person_name", "person_key", "name", unique=True),)
