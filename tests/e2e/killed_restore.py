"""Restores one of two backups in a process that is killed, over and over; looks after each kill.

    python -m tests.e2e.killed_restore FOLDER SEED KILLS [--database URL] [--statements N]

Every other kill comes anywhen, the others while the database is being replaced. Prints how many
left the old and the new state, and exits 0; or says what was neither, and exits 1. Forks instead of
starting anew: nothing here starts a thread before a fork.
"""

import argparse
import hashlib
import os
import random
import signal
import stat
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, select, text

from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import ReportDraft, StatementDraft, StatementStatus
from knowledge.index import serving_index
from knowledge.models import Base, Statement
from knowledge.operations import backup as backups
from knowledge.operations.backup import backup, restore
from knowledge.storage import schema
from knowledge.storage.database import Sessions, open_engine, require_whole
from tests.bag_of_words import BagOfWords
from tests.e2e.killing import forked


class Restoring:
    """A database, two backups of different states of it, and a program that follows it."""

    def __init__(self, folder: Path, url: str | None, statements: int) -> None:
        self.folder, self.data = folder, folder / "data"
        self._statements = statements
        self.data.mkdir()
        self.url = url or f"sqlite:///{self.data / 'tathabbat.db'}"
        self.backups = [folder / "first.db", folder / "second.db"]

    def prepare(self) -> None:
        """Make both backups; what the second holds is in the database."""
        engine = open_engine(self.url)
        schema.require_ready(engine)
        sessions = Sessions(engine)
        for number, target in enumerate(self.backups):
            count = self._statements
            texts = [f"report {number} says thing {n} of the harbour" for n in range(count)]
            with sessions.begin() as session:
                draft = ReportDraft(f"{number}", statements=tuple(map(StatementDraft, texts)))
                ids = reports.store(session, draft).statement_ids
                curation.publish(session, ids, "test")
            backup(engine, target)
        engine.dispose()

    def restore(self, number: int, told: int | None = None) -> None:
        """Restore a backup; ``told`` is a pipe that hears when the database is being replaced."""
        replace = backups._replace

        def tell_and_replace(source: Connection, target: Connection) -> None:
            if told is not None:
                os.write(told, b".")
            replace(source, target)

        vars(backups)["_replace"] = tell_and_replace
        engine = open_engine(self.url)
        restore(engine, self.backups[number], self.data)
        engine.dispose()

    def note(self, found: Path) -> None:
        """Write down which state the database is in."""
        engine = open_engine(self.url)
        found.write_text(digest(engine), "utf-8")
        engine.dispose()

    def look(self, allowed: dict[str, str], found: Path) -> None:
        """Raise unless the database is whole, in an allowed state, and what runs follows it."""
        engine = open_engine(self.url)
        _wait_for_locks(engine)
        require_whole(engine)
        state = digest(engine)
        if state not in allowed:
            raise AssertionError("the database is neither as before nor as restored")
        sessions = Sessions(engine)
        with sessions() as session:
            published = select(Statement.id).where(Statement.status == StatementStatus.PUBLISHED)
            wanted = set(session.scalars(published))
        serving = serving_index.ServingIndex(sessions, BagOfWords(), self.folder / "index")
        if serving.current().ids() != wanted:
            raise AssertionError("what is served is not what is published")
        left = [path for path in self.data.iterdir() if path.name.endswith(".part")]
        if len(left) > 1:
            raise AssertionError(f"what killed restores left piles up: {left}")
        for path in [p for folder in left for p in (folder, *folder.rglob("*"))]:
            if path.is_dir() and stat.S_IMODE(path.stat().st_mode) != 0o700:
                raise AssertionError(f"others may read {path}")
        engine.dispose()
        found.write_text(allowed[state], "utf-8")


def _wait_for_locks(engine: Engine) -> None:
    """Let a server notice that its client is gone: it ends that transaction then."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("LOCK TABLE statements IN EXCLUSIVE MODE"))


def digest(engine: Engine) -> str:
    """Return what a database holds as one number; how often its changes were told is left out."""
    found = hashlib.sha256()
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name not in ("change_log", "vectors"):
                for row in sorted(map(repr, connection.execute(select(table)))):
                    found.update(row.encode())
    return found.hexdigest()


def main() -> None:
    """Kill, look, and say how it went."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("seed", type=int)
    parser.add_argument("kills", type=int)
    parser.add_argument("--database")
    parser.add_argument("--statements", type=int, default=1_500, help="of each backup")
    given = parser.parse_args()
    rng = random.Random(given.seed)  # noqa: S311 - a seed, not a secret
    restoring, found = (
        Restoring(given.folder, given.database, given.statements),
        given.folder / "found",
    )
    _do(restoring.prepare)
    states, whole, replacing = [], 0.0, 0.0
    for number in range(2):
        started = time.monotonic()
        child, pipe = _restoring(restoring, number)
        os.read(pipe, 1)
        begun = time.monotonic()
        os.waitpid(child, 0)
        os.close(pipe)
        whole, replacing = time.monotonic() - started, time.monotonic() - begun
        _do(partial(restoring.note, found))
        states.append(found.read_text("utf-8"))
    before, tally = 1, {"old": 0, "new": 0}
    for number in range(given.kills):
        after = 1 - before
        child, pipe = _restoring(restoring, after)
        if number % 2:
            os.read(pipe, 1)
        time.sleep(rng.uniform(0.0, replacing if number % 2 else whole))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        os.close(pipe)
        if os.WIFEXITED(status) and status:
            sys.exit(f"a restore failed (seed {given.seed}, kill {number})")
        allowed = {states[before]: "old", states[after]: "new"}
        _do(partial(restoring.look, allowed, found))
        state = found.read_text("utf-8")
        tally[state] += 1
        before = after if state == "new" else before
    print(
        f"whole after {given.kills} kills: {tally['old']} left the old state, {tally['new']} the"
        f" new one; a restore takes {whole:.1f} s, {replacing:.1f} of it to replace the database"
    )


def _restoring(restoring: Restoring, number: int) -> tuple[int, int]:
    """Start a restore in a process of its own; returns its id and the pipe that it tells by."""
    reading, writing = os.pipe()
    child = forked(lambda: restoring.restore(number, writing))
    os.close(writing)
    return child, reading


def _do(work: Callable[[], None]) -> None:
    _, status = os.waitpid(forked(work), 0)
    if status:
        sys.exit("not whole")


if __name__ == "__main__":
    main()
