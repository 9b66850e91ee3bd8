"""Works on a knowledge base in a process that is killed, over and over; looks after each kill.

    python -m tests.e2e.killing FOLDER SEED KILLS

Prints "whole after N kills" and exits 0, or says what was lost and exits 1. Forks instead of
starting anew, with all that is imported and compiled once, so that a hundred kills take seconds.
"""

import gc
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import ReportDraft, StatementDraft, StatementStatus
from knowledge.index import index_check, serving_index
from knowledge.models import Report, Statement
from knowledge.operations.backup import backup
from knowledge.storage import schema
from knowledge.storage.database import Sessions, open_engine, require_whole
from tests.bag_of_words import BagOfWords
from tests.shared_statements import statements_compiled_once

#: Longest that a worker lives, in seconds: a round of all its work takes about half of it.
LIFE_S = 0.3
_PER_REPORT = 5


class Installation:
    """Where everything lies: the database, the index, copies, and what was acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.index = folder, folder / "index"
        self.copies, self.acknowledged = folder / "copies", folder / "acknowledged"
        self.copies.mkdir(exist_ok=True)

    def sessions(self) -> Sessions:
        engine = open_engine(f"sqlite:///{self.folder / 'installation.db'}")
        schema.require_ready(engine)
        return Sessions(engine)

    def work(self, rounds: Iterable[int]) -> None:
        """Publish, reindex, back up and retract, until killed or ``rounds`` end."""
        sessions, encoder = self.sessions(), BagOfWords()
        for number in rounds:
            ref = f"{os.getpid()}-{number}"
            texts = [f"report {ref} says thing {n} of the harbour" for n in range(_PER_REPORT)]
            with sessions.begin() as session:
                draft = ReportDraft("t", ref=ref, statements=tuple(map(StatementDraft, texts)))
                ids = reports.store(session, draft).statement_ids
            with sessions.begin() as session:
                curation.publish(session, ids, "test")
            self._acknowledge(ref, "published")
            serving_index.embed_published(sessions, encoder, ids)
            serving_index.reindex(sessions, encoder, self.index)
            backup(sessions.engine, self.copies / f"{ref}.db")
            if number % 3 == 2:
                with sessions.begin() as session:
                    curation.retract(session, ids, "test", "wrong")
                self._acknowledge(ref, "retracted")

    def _acknowledge(self, ref: str, what: str) -> None:
        with self.acknowledged.open("a", encoding="utf-8") as file:
            file.write(f"{ref} {what}\n")
            file.flush()
            os.fsync(file.fileno())

    def look(self) -> None:
        """Raise unless everything is whole and all that was acknowledged is there."""
        sessions, encoder = self.sessions(), BagOfWords()
        require_whole(sessions.engine)
        published = StatementStatus.PUBLISHED
        lines = self.acknowledged.read_text("utf-8").splitlines() if self._anything() else []
        stands = dict(line.split() for line in lines if line.count(" ") == 1)
        with sessions() as session:
            found: dict[str, set[StatementStatus]] = {}
            rows = session.query(Statement.status, Statement.report_id, Statement.id)
            by_ref = {r.id: r.ref for r in session.query(Report)}
            for status, report, _ in rows:
                found.setdefault(by_ref[report], set()).add(status)
        for ref, what in stands.items():
            wanted = {published} if what == "published" else {StatementStatus.RETRACTED}
            # A retraction may have been committed and not yet acknowledged.
            if found.get(ref) not in (wanted, {StatementStatus.RETRACTED}):
                raise AssertionError(f"{ref} was {what} and is {found.get(ref)}")
        serving = serving_index.ServingIndex(sessions, encoder, self.index)
        with sessions() as session:
            wanted_ids = {row.id for row in session.query(Statement.id).filter_by(status=published)}
        if serving.current().ids() != wanted_ids:
            raise AssertionError("what is served is not what is published")
        if serving_index.load_snapshot(sessions, self.index, encoder.fingerprint) is not None:
            checked = index_check.verify(sessions, self.index, encoder.fingerprint)
            if checked.stale or checked.recall < 1.0:
                raise AssertionError(f"stale {checked.stale}, recall {checked.recall}")
        for copy in self.copies.glob("[!.]*.db"):
            if sqlite3.connect(copy).execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise AssertionError(f"{copy} is no whole backup")
            copy.unlink()

    def _anything(self) -> bool:
        return self.acknowledged.exists()


def forked(work: Callable[[], None]) -> int:
    """Run ``work`` in a process of its own; returns its id."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException as error:  # noqa: BLE001  (the parent reads the exit code)
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def main() -> None:
    """Kill, look, and say how it went."""
    folder, seed, kills = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    rng, installation = random.Random(seed), Installation(folder)  # noqa: S311 (a seed, not a secret)
    with statements_compiled_once():
        with TemporaryDirectory() as name:
            warm_up(Installation(Path(name)))
        for number in range(1, kills + 1):
            child = forked(partial(installation.work, count()))
            time.sleep(rng.uniform(0.0, LIFE_S))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            _, status = os.waitpid(forked(installation.look), 0)
            if status:
                print(f"not whole after {number} kills (seed {seed})")
                sys.exit(1)
    lines = (
        installation.acknowledged.read_text("utf-8").count("\n")
        if installation.acknowledged.exists()
        else 0
    )
    print(f"whole after {kills} kills, {lines} acknowledged")


def warm_up(other: Installation) -> None:
    """Have all that forks need imported and compiled."""
    other.work(range(3))
    other.look()
    # Ends the threads of its indexes: who forks must have none.
    gc.collect()


if __name__ == "__main__":
    main()
