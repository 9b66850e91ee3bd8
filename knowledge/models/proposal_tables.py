"""The table of proposals: changes that wait for a second person, and their outcome."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.domain import ProposalState, now
from knowledge.models.declarative_base import Base, by_value


class Proposal(Base):
    """An act that one moderator proposes and another approves; until then nothing changes."""

    __tablename__ = "proposals"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The act, as ``knowledge.approvals.acts`` writes it.
    act: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: The state of what it depends on when it was proposed, by kind and number.
    basis: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str | None] = mapped_column(Text)
    proposed_by: Mapped[str] = mapped_column(String(120))
    proposed_at: Mapped[datetime] = mapped_column(default=now)
    state: Mapped[ProposalState] = mapped_column(by_value(ProposalState), index=True)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = mapped_column(Text)

    # Ids are in messages and in the audit: they must not be reused.
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012
