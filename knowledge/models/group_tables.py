"""The table of groups: keyed hashes, like people, and their settings."""

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.models.declarative_base import Base


class Group(Base):
    """The settings of a group. ``key`` is a keyed hash of the channel's id for it."""

    __tablename__ = "groups"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: Whether the bot speaks up, unasked, when a message contradicts a report.
    watching: Mapped[bool] = mapped_column(default=False)
    #: How often in an hour at most.
    per_hour: Mapped[int]
    language: Mapped[str | None] = mapped_column(String(16))
    #: When it last spoke up, as ISO 8601 in UTC: at most ``per_hour`` times.
    spoken_at: Mapped[list[str]] = mapped_column(JSON, default=list)
