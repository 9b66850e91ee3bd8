"""Tables of updates, kept before the channel is told so until answered, and of scheduled jobs."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.domain import Course, UpdateState
from knowledge.models.declarative_base import Base, by_value


class QueuedUpdate(Base):
    """One update, by the channel's own number for it.

    ``lane`` is whose it is: a lane's updates are answered one after the other. ``turn`` orders all
    lanes fairly. ``payload`` and ``reply`` are sealed, and dropped as soon as they are not needed.
    """

    __tablename__ = "updates"
    __table_args__ = (
        Index("ix_updates_state_turn", "state", "turn", "id"),
        Index("ix_updates_lane_state", "lane", "state", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    lane: Mapped[str] = mapped_column(String(64))
    turn: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[UpdateState] = mapped_column(by_value(UpdateState))
    course: Mapped[Course] = mapped_column(by_value(Course))
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    reply: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: The channel's name for the message that stands where the answer is, or is to be.
    placeholder: Mapped[str | None] = mapped_column(String(60))
    #: Keyed hashes of the message it is a version of and of its words, for ``message_versions``.
    message_key: Mapped[str | None] = mapped_column(String(64), index=True)
    content_key: Mapped[str | None] = mapped_column(String(64))
    #: Parts of the reply that are known to be sent.
    progress: Mapped[int]
    tries: Mapped[int]
    #: Times that a sending was begun again which may have succeeded before.
    repeats: Mapped[int]
    error: Mapped[str | None] = mapped_column(Text)
    holder: Mapped[str | None] = mapped_column(String(64))
    leased_until: Mapped[datetime | None]
    due_at: Mapped[datetime]
    arrived_at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(index=True)


class ScheduledJob(Base):
    """Something done on a schedule, and when it is due next: one process does it at a time."""

    __tablename__ = "scheduled_jobs"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    due_at: Mapped[datetime]
    #: How it went the last time.
    last_result: Mapped[str | None] = mapped_column(Text)
    #: The process that does it, as ``process_locks`` names it.
    holder: Mapped[str | None] = mapped_column(String(64))
