"""Append to the change log, from which indexes learn what to reload."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from knowledge.domain import ChangeKind
from knowledge.models import ChangeLogEntry

#: PostgreSQL's notification channel for changes.
CHANNEL: Final = "tathabbat_changes"
#: Number of PostgreSQL's advisory lock on the change log; any number that nothing else here uses.
_FEED: Final = 7_468_497


def append(session: Session, statement_ids: Sequence[int], kind: ChangeKind) -> None:
    """Append changes, numbered in the order in which transactions commit.

    PostgreSQL assigns numbers before the commit: a reader that has seen the higher one would never
    look for the lower. So appending waits until earlier appenders have committed. SQLite has one
    writer at a time.
    """
    if statement_ids and session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:feed)"), {"feed": _FEED})
        # Delivered with the commit, if there is one.
        session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    session.add_all(ChangeLogEntry(statement_id=number, kind=kind) for number in statement_ids)
