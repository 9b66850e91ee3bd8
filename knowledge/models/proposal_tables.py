"""Changes to what people are told that wait for a second person, and what became of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.domain import ProposalState, now
from knowledge.models.declarative_base import Base, by_value


class Proposal(Base):
    """An act that one moderator proposes and another one approves: nothing is changed before."""

    __tablename__ = "proposals"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The act, as ``knowledge.approvals.acts`` writes it.
    act: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: How what it changes stood when it was proposed, by kind and number.
    basis: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str | None] = mapped_column(Text)
    proposed_by: Mapped[str] = mapped_column(String(120))
    proposed_at: Mapped[datetime] = mapped_column(default=now)
    state: Mapped[ProposalState] = mapped_column(by_value(ProposalState), index=True)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = mapped_column(Text)

    # Numbers are in messages and in the audit: none means another proposal later.
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012
