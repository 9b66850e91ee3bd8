"""Tables of the update queue and of scheduled jobs."""

from datetime import datetime

from sqlalchemy import BigInteger, Double, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.domain import Course, UpdateState
from knowledge.models.declarative_base import Base, by_value


class QueuedUpdate(Base):
    """One update, by the channel's own number for it.

    ``lane`` is its person or group: updates of a lane are answered one after the other. ``turn``
    orders all lanes fairly. ``payload`` and ``reply`` are encrypted, and deleted as soon as they
    are not needed.
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
    #: The channel's id of the message where the answer is, or will be.
    placeholder: Mapped[str | None] = mapped_column(String(60))
    #: Keyed hashes of the message that it is a version of, and of its words, for
    #: ``message_versions``.
    message_key: Mapped[str | None] = mapped_column(String(64), index=True)
    content_key: Mapped[str | None] = mapped_column(String(64))
    #: How many parts of the reply are known to be sent.
    progress: Mapped[int]
    tries: Mapped[int]
    #: How often a sending was repeated that may have succeeded before.
    repeats: Mapped[int]
    error: Mapped[str | None] = mapped_column(Text)
    holder: Mapped[str | None] = mapped_column(String(64))
    leased_until: Mapped[datetime | None]
    due_at: Mapped[datetime]
    arrived_at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(index=True)


class ScheduledJob(Base):
    """A scheduled job and when it is due next: one process does it at a time."""

    __tablename__ = "scheduled_jobs"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    due_at: Mapped[datetime]
    #: The result of the last run.
    last_result: Mapped[str | None] = mapped_column(Text)
    #: The process that holds the lease, as named by ``process_locks``.
    holder: Mapped[str | None] = mapped_column(String(64))


class RateLimit(Base):
    """How much of a limit is used up, where several processes keep to it together.

    ``kind`` names the limit, ``key`` the keyed hash of the person or chat that it is about (empty:
    the whole bot). ``even_at`` is the theoretical arrival time of the generic cell rate algorithm,
    in seconds since 1970: from then on nothing is used up, and the row means nothing.
    """

    __tablename__ = "rate_limits"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(24), primary_key=True)
    even_at: Mapped[float] = mapped_column(Double)
