"""Record which change each build on an index server has applied, one writer at a time.

The server does not take part in the database's transactions: a writer locks a build's position,
changes the build, then moves the position. Repeating changes after a crash does no harm.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout
from sqlalchemy import ColumnElement, delete, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from embeddings.errors import IndexBusy, IndexUnavailable
from knowledge.models import IndexPosition
from knowledge.storage.database import Sessions

#: How long a writer waits for another one to apply its changes.
WAIT_S: Final = 20.0
#: Number of PostgreSQL's advisory lock on building; any number that nothing else here uses.
_BUILDING: Final = 7_468_498
#: PostgreSQL's error code for a lock that was waited for too long.
_LOCK_NOT_AVAILABLE: Final = "55P03"
_BUSY: Final = (
    "another process has been applying changes to the index for too long; check that it and the"
    " index server are running"
)

_KEEP = text(
    "INSERT INTO index_positions (server, build, change_number)"
    " VALUES (:server, :build, :change_number) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class HeldPosition:
    """A locked position of a build; None if there is no such build."""

    change_number: int | None
    move: Callable[[int], None]


def load(session: Session, server: str, build: str) -> int | None:
    """Return the last change that a build has applied, None if unknown."""
    return session.scalar(select(IndexPosition.change_number).where(_is(server, build)))


def reconcile(session: Session, server: str, build: str, change_number: int) -> None:
    """Store the position that a build itself names, unless a lower one is stored.

    The stored one may be higher if the server went back to an older state, and lower if a writer
    ended before it moved the position: starting from the lower one misses nothing.
    """
    row = {"server": server, "build": build, "change_number": change_number}
    session.execute(_KEEP, row)
    session.execute(
        update(IndexPosition)
        .where(_is(server, build), IndexPosition.change_number > change_number)
        .values(change_number=change_number)
    )


def forget_others(session: Session, server: str, alias: str, builds: Collection[str]) -> None:
    """Delete positions of an alias whose builds are not among ``builds``."""
    ours = (IndexPosition.server == server) & IndexPosition.build.startswith(f"{alias}_")
    session.execute(delete(IndexPosition).where(ours, IndexPosition.build.not_in(builds)))


@contextmanager
def lock_position(
    sessions: Sessions, folder: Path, server: str, build: str
) -> Iterator[HeldPosition]:
    """Lock a build's position against all processes on all machines.

    PostgreSQL locks the row. An SQLite database belongs to one machine: a file in ``folder`` is
    locked instead, since locking a row of SQLite would block all writing. Raises IndexBusy if
    another process holds it too long.
    """
    if sessions.engine.dialect.name == "postgresql":
        with sessions.begin() as session:
            session.execute(text(f"SET LOCAL lock_timeout = {int(WAIT_S * 1_000)}"))
            number = _lock(session, server, build)
            yield HeldPosition(number, lambda to: _move(session, server, build, to))
        return
    with _locked(folder / "position", WAIT_S):
        number = sessions.read(load, server, build)
        yield HeldPosition(number, lambda to: sessions.write(_move, server, build, to))


@contextmanager
def lock_building(sessions: Sessions) -> Iterator[None]:
    """Lock building on an index server, across all machines that share a database.

    Raises IndexBusy if another process holds it. The lock ends with this process, however that
    ends.
    """
    if sessions.engine.dialect.name != "postgresql":
        yield
        return
    with sessions.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        number = {"building": _BUILDING}
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:building)"), number):
            raise IndexBusy("another reindex is running on another machine; wait for it to finish")
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:building)"), number)


def _is(server: str, build: str) -> ColumnElement[bool]:
    return (IndexPosition.server == server) & (IndexPosition.build == build)


def _move(session: Session, server: str, build: str, change_number: int) -> None:
    session.execute(
        update(IndexPosition).where(_is(server, build)).values(change_number=change_number)
    )


def _lock(session: Session, server: str, build: str) -> int | None:
    query = select(IndexPosition.change_number).where(_is(server, build))
    try:
        return session.scalar(query.with_for_update())
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise IndexBusy(_BUSY) from error


@contextmanager
def _locked(path: Path, wait: float) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=wait).acquire()
    except Timeout as error:
        raise IndexBusy(_BUSY) from error
    except OSError as error:
        raise IndexUnavailable(
            f"{path} cannot be made ({error.strerror}); check the permissions in DATA_DIR"
        ) from error
    with lock:
        yield
