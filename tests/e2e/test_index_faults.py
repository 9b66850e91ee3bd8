"""Other processes at work on an index and its database: waited out, or told at once."""

import platform
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from embeddings.index import snapshot
from knowledge import curation
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.claim_queue import inquiries
from knowledge.corpus import reports
from knowledge.domain import Outcome, ReportDraft, StatementDraft
from knowledge.index import serving_index
from knowledge.index.index_check import verify
from knowledge.index.serving_index import ServingIndex
from knowledge.storage.database import Sessions, open_engine
from knowledge.storage.schema import require_ready
from tests.bag_of_words import BagOfWords
from tests.e2e.whole_bot import Installation, installation

OPEN, RAIN, DAM = (
    "أعيد فتح جسر النهر أمام الشاحنات",
    "هطل المطر ليلا على الميناء",
    "لم ينهر السد القديم",
)


@pytest.fixture
def installed(tmp_path: Path, models_dir: Path) -> Installation:
    return installation(tmp_path / "program", models_dir)


@pytest.fixture
def sessions(installed: Installation) -> Iterator[Sessions]:
    """Return sessions on the program's own database."""
    engine = open_engine(f"sqlite:///{installed.folder / 'data' / 'tathabbat.db'}")
    require_ready(engine)
    yield Sessions(engine)
    engine.dispose()


def _publish(sessions: Sessions, *texts: str) -> list[int]:
    with sessions.begin() as session:
        draft = ReportDraft(title=texts[0], statements=tuple(map(StatementDraft, texts)))
        ids = list(reports.store(session, draft).statement_ids)
        curation.publish(session, ids, "test")
    return ids


def test_the_second_of_two_reindexes_is_told_who_runs_and_the_first_completes(
    installed: Installation, sessions: Sessions
) -> None:
    _publish(sessions, OPEN, RAIN)
    root = installed.folder / "data" / "index"
    with installed.start("reindex") as first:
        _wait_until_it_holds(root, first)
        # Stopped, it can neither end nor let go before the second one comes.
        first.send_signal(signal.SIGSTOP)
        second = installed.call("reindex")
        first.send_signal(signal.SIGCONT)
        out, err = first.communicate(timeout=120)
    assert second.returncode == 1
    assert second.stderr == (
        f"tathabbat: another reindex is running (process {first.pid} on {platform.node()});"
        " wait for it to finish\n"
    )
    assert (first.returncode, err) == (0, "")
    assert "is now served: 2 statements" in out
    assert snapshot.list_names(root) == [snapshot.current(root).name]


def _wait_until_it_holds(root: Path, process: subprocess.Popen[str]) -> None:
    holder = root / "building.holder"
    while not (holder.exists() and f"process {process.pid} on " in holder.read_text("utf-8")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


# Holds the database for five seconds, as a large file that is being ingested does.
_HOLD = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(5)
connection.execute("COMMIT")
"""


def test_a_database_that_another_process_holds_for_five_seconds_is_waited_for(
    installed: Installation, sessions: Sessions
) -> None:
    database, root = installed.folder / "data" / "tathabbat.db", installed.folder / "data" / "index"
    encoder = BagOfWords()
    checker = ClaimChecker(sessions, encoder, ServingIndex(sessions, encoder, root), RuleJudge())
    (opened,) = _publish(sessions, OPEN)
    checker.prepare()
    # Its vector is not known yet: who answers must write it first.
    (rain,) = _publish(sessions, RAIN)

    def answer() -> Outcome:
        found = checker.answer(RAIN)
        with sessions.begin() as session:
            inquiries.record(session, "a person", RAIN, found.outcome, [rain], "ar")
        return found.outcome

    with (
        subprocess.Popen(
            [sys.executable, "-c", _HOLD, str(database)], stdout=subprocess.PIPE, text=True
        ) as holder,
        ThreadPoolExecutor(3) as threads,
    ):
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            _write_at_once(database)
        publishing = threads.submit(_publish, sessions, DAM)
        reindexing = threads.submit(serving_index.reindex, sessions, encoder, root)
        answering_ = threads.submit(answer)
        (dam,) = publishing.result()
        assert holder.wait() == 0, "nobody could write before it let go"
        assert answering_.result() is Outcome.SUPPORTED
        assert reindexing.result() == snapshot.current(root)
    assert checker.answer(DAM).outcome is Outcome.SUPPORTED
    assert serving_index.reindex(sessions, encoder, root).count == 3
    found = verify(sessions, root, encoder.fingerprint)
    assert (found.state.missing, found.state.extra, found.stale) == ((), (), ())
    assert ServingIndex(sessions, encoder, root).current().ids() == {opened, rain, dam}


def _write_at_once(database: Path) -> None:
    impatient = sqlite3.connect(database, timeout=0, isolation_level=None)
    try:
        impatient.execute("BEGIN IMMEDIATE")
    finally:
        impatient.close()
