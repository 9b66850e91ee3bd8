"""What a dead process held is taken over at once; what a living one holds is left to it."""

import logging
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import App
from bot.conversation.outbox import Outbox
from knowledge.accounts import people
from knowledge.claim_queue import inquiries
from knowledge.corpus import reports
from knowledge.domain import (
    ClusterStatus,
    Course,
    FeedKind,
    Outcome,
    Relation,
    ReportDraft,
    StatementDraft,
)
from knowledge.ingestion import feed_polling
from knowledge.models import Claim, Cluster, Feed, QueuedUpdate, Source
from knowledge.operations import process_locks
from knowledge.operations.lease_recovery import recover_leases
from knowledge.operations.process_locks import ProcessLock
from knowledge.outbox import pending_notifications
from knowledge.storage.database import Sessions
from knowledge.update_queue import queued_updates, scheduled_jobs
from knowledge.update_queue.queued_updates import LeasedUpdate, NewUpdate

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)
SOON = NOW + timedelta(seconds=1)
HOUR = timedelta(hours=1)
SECRET = b"the key of these tests"
CLAIM = "The tower of the clock was painted green"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "processes"


@pytest.fixture
def dead(folder: Path) -> str:
    """Return the name of a process that died."""
    process = ProcessLock(folder)
    process.close()
    return process.name


@pytest.fixture
def living(folder: Path) -> Iterator[str]:
    """Return the name of a process that lives."""
    process = ProcessLock(folder)
    yield process.name
    process.close()


def start_anew(sessions: Sessions, folder: Path) -> int:
    """Do as a process does that starts; returns how many dead ones it took over from."""
    process = ProcessLock(folder)
    try:
        return recover_leases(sessions, process, SOON)
    finally:
        process.close()


def take_updates(sessions: Sessions, holder: str, at: datetime) -> list[LeasedUpdate]:
    with sessions.begin() as session:
        return queued_updates.lease(session, holder, at, at + HOUR, 10)


def hold_an_update(sessions: Sessions, holder: str, number: int, *, answered: bool = False) -> None:
    with sessions.begin() as session:
        arriving = NewUpdate(number, f"lane {number}", b"sealed", Course.ANSWER)
        queued_updates.store(session, [arriving], NOW)
        assert queued_updates.lease(session, holder, NOW, NOW + HOUR, 1)
        if answered:
            assert queued_updates.answer(session, number, holder, b"reply", Course.ANSWER)


def outbox(sessions: Sessions, at: datetime, holder: str) -> Outbox:
    return Outbox(sessions, SECRET, lambda: at, lambda: date(2030, 5, 1), holder)


def write_a_letter(sessions: Sessions) -> None:
    draft = ReportDraft("Tower", publisher="Town", statements=(StatementDraft(CLAIM),))
    with sessions.begin() as session:
        inquiries.record(session, "someone", CLAIM, Outcome.NO_MATCH, (), "en", waiting=True)
        people.remember_address(session, "someone", "7", SECRET)
        (statement,) = reports.store(session, draft).statement_ids
        cluster = Cluster(title=CLAIM, status=ClusterStatus.OPEN)
        cluster.claims = list(session.scalars(select(Claim)))
        session.add(cluster)
        session.flush()
        pending_notifications.answer_cluster(
            session, cluster.id, statement, Relation.SUPPORTS, "someone"
        )


def add_feed(sessions: Sessions) -> None:
    with sessions.begin() as session:
        source = Source(name="Town")
        feed = Feed(url="https://example.org", kind=FeedKind.SYNDICATION, interval_minutes=60)
        feed.source, feed.next_poll_at = source, NOW
        session.add(feed)


class TestUpdates:
    def test_a_dead_processs_are_taken_at_once(
        self, sessions: Sessions, folder: Path, dead: str
    ) -> None:
        hold_an_update(sessions, dead, 1)
        hold_an_update(sessions, dead, 2, answered=True)
        assert take_updates(sessions, "new", SOON) == []
        assert start_anew(sessions, folder) == 1
        taken = take_updates(sessions, "new", SOON)
        # Counted as if the lease had ended: what was being sent may be there already.
        assert [(each.id, each.tries, each.repeats) for each in taken] == [(1, 1, 0), (2, 0, 1)]

    def test_a_living_processs_are_left_to_it(
        self, sessions: Sessions, folder: Path, living: str
    ) -> None:
        hold_an_update(sessions, living, 1)
        assert start_anew(sessions, folder) == 0
        assert take_updates(sessions, "new", SOON) == []
        with sessions.begin() as session:
            assert queued_updates.finish(session, 1, living, SOON)

    def test_those_of_another_host_are_left_until_the_lease_ends(
        self, sessions: Sessions, folder: Path, dead: str
    ) -> None:
        hold_an_update(sessions, "somebody elsewhere", 1)
        start_anew(sessions, folder)
        assert take_updates(sessions, "new", SOON) == []
        assert take_updates(sessions, "new", NOW + HOUR)


def test_a_letter_is_sent_by_the_next_process(
    sessions: Sessions, folder: Path, dead: str, living: str
) -> None:
    write_a_letter(sessions)
    assert outbox(sessions, NOW, dead).take() is not None
    assert outbox(sessions, SOON, living).take() is None
    start_anew(sessions, folder)
    assert outbox(sessions, SOON, living).take() is not None
    # It is the living one's by now.
    start_anew(sessions, folder)
    assert outbox(sessions, SOON, "new").take() is None


def test_an_answer_that_can_be_taken_back_is_not_hurried(
    sessions: Sessions, folder: Path, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge.curation.resolution.now", lambda: NOW)
    write_a_letter(sessions)
    post = outbox(sessions, NOW, dead)
    letter = post.take()
    assert letter is not None
    post.record_sent(letter)
    with sessions.begin() as session:
        cluster, statement = session.scalars(select(Cluster.id)).one(), 1
        told_again = pending_notifications.answer_cluster(
            session, cluster, statement, Relation.REFUTES, "someone", held=HOUR
        )
    assert told_again == 1
    start_anew(sessions, folder)
    assert outbox(sessions, SOON, "new").take() is None


def test_a_letter_that_is_to_wait_is_not_hurried(
    sessions: Sessions, folder: Path, dead: str
) -> None:
    write_a_letter(sessions)
    post = outbox(sessions, NOW, dead)
    letter = post.take()
    assert letter is not None
    post.record_failure(letter, "RetryAfter", HOUR)
    start_anew(sessions, folder)
    assert outbox(sessions, SOON, "new").take() is None


def test_a_job_is_begun_anew(sessions: Sessions, folder: Path, dead: str, living: str) -> None:
    with sessions.begin() as session:
        assert scheduled_jobs.lease(session, "its", NOW, HOUR, dead)
        assert scheduled_jobs.lease(session, "mine", NOW, HOUR, living)
        done = scheduled_jobs.lease(session, "done", NOW, HOUR, dead)
        assert done
        scheduled_jobs.finish(session, "done", done, NOW + HOUR, "done")
    start_anew(sessions, folder)
    with sessions.begin() as session:
        names = ("its", "mine", "done")
        assert [bool(scheduled_jobs.lease(session, name, SOON, HOUR)) for name in names] == [
            True, False, False,
        ]  # fmt: skip


def test_a_feed_is_polled_anew(sessions: Sessions, folder: Path, dead: str) -> None:
    add_feed(sessions)
    with sessions.begin() as session:
        feed = feed_polling.lease_next(session, NOW, dead)
        assert feed is not None
        assert feed_polling.lease_next(session, SOON) is None
    start_anew(sessions, folder)
    with sessions.begin() as session:
        assert feed_polling.lease_next(session, SOON, dead) is not None
        feed_polling.record_success(session, feed.id, SOON, None, None)
    start_anew(sessions, folder)
    with sessions.begin() as session:
        assert feed_polling.lease_next(session, SOON) is None


class TestProcesses:
    def test_one_that_is_killed_is_dead_and_one_that_runs_is_not(self, folder: Path) -> None:
        code = (
            "import sys; from pathlib import Path\n"
            "from knowledge.operations.process_locks import ProcessLock\n"
            "process = ProcessLock(Path(sys.argv[1])); print(process.name, flush=True); input()"
        )
        command = [sys.executable, "-c", code, str(folder)]
        root = Path(__file__).resolve().parents[2]
        process, found = ProcessLock(folder), list[str]()
        with subprocess.Popen(
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as other:
            assert other.stdout is not None
            name = other.stdout.readline().strip()
            assert process.reap(found.append) == 0
            other.send_signal(signal.SIGKILL)
            other.wait()
        assert process.reap(found.append) == 1
        assert found == [name]
        process.close()

    def test_one_is_forgotten_once_all_it_held_is_given_back(self, folder: Path, dead: str) -> None:
        def broken(_: str) -> None:
            raise OSError("the database is gone")

        process, found = ProcessLock(folder), list[str]()
        with pytest.raises(OSError, match="gone"):
            process.reap(broken)
        assert process.reap(found.append) == 1
        assert process.reap(found.append) == 0
        assert found == [dead]
        process.close()

    def test_one_whose_file_is_taken_for_a_dead_ones_gets_another(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names = iter(["first", "first", "second"])
        monkeypatch.setattr(secrets, "token_hex", lambda _: next(names))
        reaping, process = ProcessLock(folder), ProcessLock(folder)
        assert (reaping.name, process.name) == ("first", "second")
        reaping.close()
        process.close()

    def test_a_copy_of_a_living_ones_file_is_no_dead_one(
        self, folder: Path, tmp_path: Path, living: str
    ) -> None:
        """As where the folder is copied for another host on the same database."""
        shutil.copytree(folder, tmp_path / "copied")
        process, found = ProcessLock(tmp_path / "copied"), list[str]()
        assert process.reap(found.append) == 0
        process.close()
        assert found == []
        assert [file.stem for file in (tmp_path / "copied").iterdir()] == [process.name]
        assert ProcessLock(folder).reap(found.append) == 0

    def test_a_file_of_another_machine_is_no_dead_ones(
        self, folder: Path, tmp_path: Path, dead: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As where a disk is copied whole, with the numbers of its files."""
        (tmp_path / "machine-id").write_text("another")
        monkeypatch.setattr(process_locks, "_MACHINE_ID", tmp_path / "machine-id")
        process, found = ProcessLock(folder), list[str]()
        assert process.reap(found.append) == 0
        process.close()
        assert found == []

    def test_one_that_moved_with_its_folder_is_still_known(
        self, folder: Path, tmp_path: Path, dead: str
    ) -> None:
        folder.rename(tmp_path / "elsewhere")
        process, found = ProcessLock(tmp_path / "elsewhere"), list[str]()
        assert process.reap(found.append) == 1
        process.close()
        assert found == [dead]

    def test_without_a_folder_there_is_a_name_only(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "file").write_text("no folder")
        with caplog.at_level(logging.WARNING):
            process = ProcessLock(tmp_path / "file" / "processes")
        assert process.name
        assert caplog.messages == ["process_not_locked"]
        assert process.reap(lambda _: None) == 0
        process.close()


def test_the_program_takes_over_when_it_first_holds_something(
    sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    url = sessions.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    app = App(lambda _: None)
    process = ProcessLock(app.settings.processes_dir)
    hold_an_update(sessions, process.name, 1)
    process.close()
    assert app.process.name != process.name
    with sessions() as session:
        ends = session.scalar(select(QueuedUpdate.leased_until))
    # It was to be an hour of another time.
    assert ends is not None
    assert ends < NOW
    app.database.engine.dispose()
