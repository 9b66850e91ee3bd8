"""Lease rows: one process owns a row until a moment, even if the process dies.

Leasing moves ``free_at`` ahead in the statement that checks it: of several processes one gets the
row, and if that one dies, the row is free by then, or as soon as ``lease_recovery`` finds the
process dead. (C. Gray and D. Cheriton, "Leases", SOSP 1989; queues call it a visibility timeout.)
The transaction that leases a row must end before the work begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, true, update
from sqlalchemy.orm import InstrumentedAttribute, Session


@dataclass(frozen=True, slots=True, eq=False)
class Lease:
    """How the rows of one table are leased.

    ``free_at`` is the column of the moment from which a row may be leased, ``holder`` the process
    that has it until then. ``among`` says which rows can be leased at all, and ``ended`` which
    columns change when the holder died.
    """

    free_at: InstrumentedAttribute[Any]
    holder: InstrumentedAttribute[str | None]
    among: ColumnElement[bool] = field(default_factory=true)
    ended: Mapping[str, str | None] = field(default_factory=lambda: {"holder": None})

    def take(
        self,
        session: Session,
        row: ColumnElement[bool],
        at: datetime,
        until: datetime,
        holder: str | None,
    ) -> datetime | None:
        """Lease a ``row`` that is free ``at`` a moment; returns until when, None if it is not."""
        held: datetime | None = session.scalar(
            update(self.free_at.class_)
            .where(row, self.among, self.free_at <= at)
            .values({self.free_at: until, self.holder: holder})
            .returning(self.free_at)
        )
        return held

    def is_held(self, at: datetime) -> ColumnElement[bool]:
        """Whether a process holds a row ``at`` a moment."""
        return and_(self.holder.is_not(None), self.free_at > at)

    def end(self, session: Session, holder: str | None, at: datetime) -> None:
        """Free ``at`` a moment what a dead ``holder`` had; with None, what anyone had."""
        its = self.holder.is_not(None) if holder is None else self.holder == holder
        session.execute(
            update(self.free_at.class_)
            .where(self.among, its, self.free_at > at)
            .values({self.free_at.key: at, **self.ended}),
            execution_options={"synchronize_session": False},
        )
