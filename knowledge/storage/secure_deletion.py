"""Delete securely: nothing erased stays in the files of an SQLite database.

``secure_delete`` (``database``) overwrites deleted content in place. Two places remain: the
write-ahead log, which is emptied after each erasure, and copies in pages that SQLite rearranged
before, which disappear when the file is rewritten: at once while that is quick, otherwise by a
scheduled job. The job is scheduled in the transaction that erases, so that no crash forgets it.

PostgreSQL overwrites erased content by its own vacuum, and its log by recycling it.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from knowledge.domain import now
from knowledge.models import ScheduledJob
from knowledge.storage.bulk_insert import insert_new
from knowledge.storage.database import Sessions, empty_log, rewrite, sqlite_file

#: The scheduled job's name.
JOB_NAME: Final = "secure deletion"
#: Delay of the rewrite after an erasure: erasures meanwhile share it.
WITHIN: Final = timedelta(hours=1)
#: Delay before the log is tried again while a reader uses an older state.
_AGAIN: Final = timedelta(minutes=1)
#: Largest file that is rewritten at once: 25 ms a MB, during which nobody else writes.
_AT_ONCE: Final = 8 * 2**20
#: Smallest file that is not rewritten while a bot serves it: others would wait as long as a writer
#: waits at most (``database.BUSY_TIMEOUT_S``).
_LARGEST: Final = 512 * 2**20

_log = logging.getLogger(__name__)


def is_ours(sessions: Sessions) -> bool:
    """Return whether this program overwrites what it erases; other databases do it themselves."""
    engine = sessions.engine
    return engine.dialect.name == "sqlite"


def schedule_overwrite(session: Session, within: timedelta = WITHIN) -> None:
    """Schedule, in the transaction that erases, that the file is rewritten."""
    if session.get_bind().dialect.name != "sqlite":
        return
    due_at = now() + within
    insert_new(session, ScheduledJob, {"name": JOB_NAME, "due_at": due_at})
    session.execute(
        update(ScheduledJob)
        .where(ScheduledJob.name == JOB_NAME, ScheduledJob.due_at > due_at)
        .values(due_at=due_at)
        .execution_options(synchronize_session=False)
    )


def overwrite_now(sessions: Sessions) -> bool:
    """Overwrite what was just erased as far as that is quick; the job does the rest.

    Returns False if the write-ahead log still holds it, because a reader uses an older state.
    """
    engine = sessions.engine
    return _overwritten(sessions, rewrite if _size(engine) <= _AT_ONCE else empty_log)


def overwrite(sessions: Sessions, _: datetime) -> str:
    """Run the scheduled job: rewrite the file and empty its log; returns how it went."""
    if not is_ours(sessions):
        return "left to the database's own vacuum"
    if _size(sessions.engine) > _LARGEST:
        _log.warning(
            "the database is too large to be rewritten while the bot runs; stop the bot and run"
            " `tathabbat db upgrade`"
        )
        done = _overwritten(sessions, empty_log)
    else:
        done = _overwritten(sessions, rewrite)
    return "overwritten" if done else "another program is reading the log; trying again"


def _overwritten(sessions: Sessions, how: Callable[[Engine], bool]) -> bool:
    try:
        done = how(sessions.engine)
    except OperationalError as error:
        # Another process writes, or the disk is full: the erasure itself is committed.
        _log.warning("what was erased is not overwritten yet (%s)", error.orig)
        done = False
    if not done:
        with sessions.begin() as session:
            schedule_overwrite(session, _AGAIN)
    return done


def _size(engine: Engine) -> int:
    file = sqlite_file(engine)
    return file.stat().st_size if file is not None and file.exists() else 0
