"""The change log's writing end: what every index has to look at again."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from knowledge.domain import ChangeKind
from knowledge.models import ChangeLogEntry

#: PostgreSQL's channel that tells of changes.
CHANNEL: Final = "tathabbat_changes"
#: PostgreSQL's lock on the change log: any number that nothing else of ours locks.
_FEED: Final = 7_468_497


def append(session: Session, statement_ids: Sequence[int], kind: ChangeKind) -> None:
    """Note changes in the feed, in the order in which transactions commit.

    PostgreSQL gives numbers out before the commit: a reader that has seen the higher one would
    never look for the lower. So whoever appends waits for who appended before to commit. SQLite
    has one writer at a time.
    """
    if statement_ids and session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:feed)"), {"feed": _FEED})
        # Sent with the commit, if there is one.
        session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    session.add_all(ChangeLogEntry(statement_id=number, kind=kind) for number in statement_ids)
