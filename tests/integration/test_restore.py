"""Restores take only whole backups of this program; all else changes not a byte of anything."""

import hashlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from embeddings.encoders.encoder import Encoder
from knowledge import curation
from knowledge.accounts import people
from knowledge.claim_queue.inquiries import record
from knowledge.corpus import reports
from knowledge.domain import FeedKind, Outcome, ReportDraft, StatementDraft, StatementStatus, now
from knowledge.errors import DatabaseUnavailable, NotABackup
from knowledge.index.serving_index import ServingIndex
from knowledge.ingestion import feed_polling
from knowledge.models import Base, ChangeLogEntry, Feed, Person, Source, Statement
from knowledge.operations import backup_check
from knowledge.operations.backup import backup, restore
from knowledge.storage import schema
from knowledge.storage.database import Sessions, open_engine
from knowledge.storage.staging_folder import open_staging_folder
from knowledge.update_queue import queued_updates, scheduled_jobs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "copies"
    made.mkdir()
    return made


@pytest.fixture
def filled_database(sessions: Sessions) -> Sessions:
    """Return a database in which most tables hold something."""
    _publish(sessions, "the harbour opened", "the bridge is closed")
    with sessions.begin() as session:
        people.choose_language(session, "someone", "ar")
        record(session, "someone", "the ferry sank", Outcome.NO_MATCH, [], "ar", rest=["and so"])
    return sessions


@pytest.fixture
def whole(engine: Engine, filled_database: Sessions, folder: Path) -> Path:
    """Return a whole backup, of what the database held before it went on."""
    backup(engine, folder / "whole.db")
    with filled_database.begin() as session:
        people.choose_language(session, "somebody later", "ar")
    return folder / "whole.db"


def _publish(sessions: Sessions, *texts: str) -> list[int]:
    with sessions.begin() as session:
        draft = ReportDraft(texts[0], "a source", statements=tuple(map(StatementDraft, texts)))
        ids = list(reports.store(session, draft).statement_ids)
        curation.publish(session, ids, "test")
    return ids


def _rows(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=str)
            for table in Base.metadata.sorted_tables
        }


def _people(engine: Engine) -> list[str]:
    with Sessions(engine)() as session:
        return list(session.scalars(select(Person.key).order_by(Person.key)))


def _bytes(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def _sql(*statements: str) -> Callable[[Path], None]:
    """Return what runs SQL in a file and marks it as if this program had made it so."""

    def run(file: Path) -> None:
        with closing(sqlite3.connect(file)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        backup_check.mark(file)

    return run


def _foreign(file: Path) -> None:
    file.unlink()
    _sql("CREATE TABLE notes (id INTEGER PRIMARY KEY)")(file)


def _another_with_revisions(file: Path) -> None:
    file.unlink()
    _sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
        "INSERT INTO alembic_version VALUES ('0001_first_schema')",
        "CREATE TABLE people (key TEXT)",
    )(file)


def _flip(place: float) -> Callable[[Path], None]:
    return lambda file: _flip_at(int(place * (file.stat().st_size - 1)))(file)


def _flip_at(place: int) -> Callable[[Path], None]:
    def flip(file: Path) -> None:
        data = bytearray(file.read_bytes())
        data[place] ^= 0b100
        file.write_bytes(data)

    return flip


def _in_use(file: Path) -> None:
    """Leave a log beside it, as copying the files of a running program does."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE people SET language = 'fr'")
        connection.commit()
        shutil.copy(f"{file}-wal", f"{file}-kept")
    Path(f"{file}-kept").rename(f"{file}-wal")


def _letter(file: Path) -> None:
    file.write_text("a letter\n" * 999)


def _append(file: Path) -> None:
    with file.open("ab") as more:
        more.write(b"more")


def _vanish(file: Path) -> None:
    file.unlink()


def _become(make: Callable[[Path], None]) -> Callable[[Path], None]:
    def become(file: Path) -> None:
        file.unlink()
        make(file)

    return become


_VIEW_FOR_A_TABLE = (
    "PRAGMA legacy_alter_table = ON",
    "ALTER TABLE groups RENAME TO elsewhere",
    "CREATE VIEW groups AS SELECT * FROM elsewhere",
)

#: What is done to a backup, and a word of why it is refused.
SPOILT: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (lambda file: os.truncate(file, 0), "it is empty"),
    "a letter": (_letter, "not an SQLite database"),
    "a header alone": (lambda file: os.truncate(file, 16), "not an SQLite database"),
    "half": (lambda file: os.truncate(file, file.stat().st_size // 2), "damaged"),
    "its last byte gone": (lambda file: os.truncate(file, file.stat().st_size - 1), "damaged"),
    "more at its end": (_append, "damaged"),
    "its size in the header": (_flip_at(30), "damaged"),
    "its owner in the header": (_flip_at(70), "belongs to another program"),
    "its checksum": (_flip_at(62), "damaged"),
    "a byte in the middle": (_flip(0.5), "damaged"),
    "a byte near the end": (_flip(0.97), "damaged"),
    "another program's": (_foreign, "has no revision"),
    "another's with revisions": (_another_with_revisions, "missing"),
    "a database in use": (_in_use, "whole.db-wal"),
    "gone": (_vanish, "is not a file"),
    "a folder": (_become(lambda file: file.mkdir()), "is not a file"),
    "a pipe": (_become(os.mkfifo), "is not a file"),
    "a device": (_become(lambda file: file.symlink_to("/dev/zero")), "is not a file"),
    "a newer revision": (_sql("UPDATE alembic_version SET version_num = '9999'"), "9999"),
    "no revision": (_sql("DELETE FROM alembic_version"), "no revision"),
    "two revisions": (_sql("INSERT INTO alembic_version VALUES ('0001')"), "several"),
    "a revision of before the first version": (
        _sql("UPDATE alembic_version SET version_num = '0012'"),
        "'0012': the version that made it can restore it",
    ),
    "the beginning of a revision's name": (
        _sql("UPDATE alembic_version SET version_num = '0001'"),
        "'0001'",
    ),
    "a table missing": (_sql("DROP TABLE groups"), "groups is missing"),
    "a table too many": (_sql("CREATE TABLE notes (id INTEGER)"), "the table notes"),
    "a column too many": (_sql("ALTER TABLE people ADD COLUMN surname TEXT"), "other columns"),
    "a trigger": (
        _sql("CREATE TRIGGER t AFTER INSERT ON people BEGIN DELETE FROM people; END"),
        "the trigger t",
    ),
    "a view": (_sql("CREATE VIEW v AS SELECT 1"), "the view v"),
    "a view for a table": (_sql(*_VIEW_FOR_A_TABLE), "the view groups"),
    "an index too many": (_sql("CREATE INDEX i ON people (abs(key))"), "the index i"),
    "another index of a name": (
        _sql(
            "DROP INDEX ix_inquiries_person_key",
            "CREATE INDEX ix_inquiries_person_key ON inquiries (hex(claim))",
        ),
        "the index",
    ),
    "a row that points at nothing": (
        _sql(
            "INSERT INTO change_log (statement_id, kind, created_at)"
            " VALUES (9999, 'added', '2024-01-01')"
        ),
        "refers to a row that does not exist",
    ),
    "a text for a number": (_sql("UPDATE inquiries SET disputed = 'yes'"), "a value"),
    "bytes for a text": (_sql("UPDATE people SET language = x'00ff'"), "a value"),
    "no moment": (_sql("UPDATE inquiries SET asked_at = 'yesterday'"), "a value"),
    "no JSON": (_sql("UPDATE inquiries SET remaining_claims = '[nothing'"), "a value"),
    "no such outcome": (_sql("UPDATE inquiries SET outcome = 'TRUE'"), "a value"),
    "nothing where something must be": (
        _sql(
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET sql = replace(sql, 'language VARCHAR(16) NOT NULL',"
            " 'language VARCHAR(16)') WHERE name = 'people'",
            "PRAGMA writable_schema = RESET",
            "UPDATE people SET language = NULL",
        ),
        "NOT NULL",
    ),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_what_is_no_whole_backup_changes_not_a_byte(
    kind: str, migrated_file: Path, tmp_path: Path
) -> None:
    data, copies = tmp_path / "data", tmp_path / "copies"
    data.mkdir()
    copies.mkdir()
    shutil.copy(migrated_file, data / "tathabbat.db")
    engine = open_engine(f"sqlite:///{data / 'tathabbat.db'}")
    sessions, file = Sessions(engine), copies / "whole.db"
    _publish(sessions, "the harbour opened")
    with sessions.begin() as session:
        people.choose_language(session, "someone", "ar")
        record(session, "someone", "the ferry sank", Outcome.NO_MATCH, [], "ar", rest=["and so"])
    backup(engine, file)
    engine.dispose()
    spoil, why = SPOILT[kind]
    spoil(file)
    before = _bytes(data)
    with pytest.raises(DatabaseUnavailable, match=why) as caught:
        restore(engine, file)
    assert "\n" not in str(caught.value)
    assert _bytes(data) == before
    assert list(data.glob(".*")) == []


def test_every_byte_of_a_backup_counts(whole: Path, tmp_path: Path) -> None:
    """SQLite itself does not see that a letter of a text is another."""
    data = whole.read_bytes()
    for place in range(33, len(data), max(1, len(data) // 97)):
        spoilt = tmp_path / "spoilt.db"
        spoilt.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(NotABackup):
            backup_check.copy_into(spoilt, tmp_path / "fresh.db")
        assert not (tmp_path / "fresh.db").exists()


def test_a_refused_backup_makes_no_database(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    engine = open_engine(f"sqlite:///{tmp_path / 'data' / 'new.db'}")
    with pytest.raises(DatabaseUnavailable, match="it is empty"):
        restore(engine, tmp_path / "empty.db")
    assert list((tmp_path / "data").iterdir()) == []


def test_the_database_is_no_backup_of_itself(tmp_path: Path, migrated_file: Path) -> None:
    file, linked = tmp_path / "tathabbat.db", tmp_path / "linked.db"
    shutil.copy(migrated_file, file)
    linked.symlink_to(file)
    engine = open_engine(f"sqlite:///{file}")
    with Sessions(engine).begin() as session:
        people.choose_language(session, "someone", "ar")
    for name in (file, linked):
        with pytest.raises(DatabaseUnavailable, match="is the database itself"):
            restore(engine, name)
    assert _people(engine) == ["someone"]
    engine.dispose()


def test_a_whole_backup_brings_every_row_back(
    engine: Engine, filled_database: Sessions, folder: Path, tmp_path: Path
) -> None:
    before = _rows(engine)
    backup(engine, folder / "whole.db")
    with filled_database.begin() as session:
        people.choose_language(session, "somebody later", "ar")
    linked = folder / "latest.db"
    linked.symlink_to("whole.db")
    restore(engine, linked, tmp_path / "beside")
    after = _rows(engine)
    assert {n: r for n, r in after.items() if n != "change_log"} == {
        n: r for n, r in before.items() if n != "change_log"
    }
    assert set(before["change_log"]) < set(after["change_log"])


@pytest.mark.parametrize("revision", sorted(schema.revisions()))
def test_a_backup_of_each_revision_is_accepted(
    engine: Engine, filled_database: Sessions, folder: Path, revision: str
) -> None:
    old, given = open_engine(f"sqlite:///{folder / 'old.db'}"), folder / "given.db"
    schema.upgrade(old, revision)
    with old.begin() as connection:
        connection.execute(text("INSERT INTO sources (id, name, trusted) VALUES (1, 'old', false)"))
    backup(old, given)
    old.dispose()
    restore(engine, given)
    assert _people(engine) == []
    with engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM sources")).all() == [("old",)]
    assert schema.find_drift(engine) == []


def test_a_copied_database_is_no_backup(
    engine: Engine, filled_database: Sessions, folder: Path
) -> None:
    """Of one in use a part is in its log, which a copy of the file alone does not have."""
    before = _rows(engine)
    other, copied = open_engine(f"sqlite:///{folder / 'live.db'}"), folder / "copied.db"
    schema.upgrade(other)
    # Closing it empties the log.
    other.dispose()
    with other.begin() as connection:
        connection.execute(text("INSERT INTO sources (id, name, trusted) VALUES (1, 'new', false)"))
    shutil.copy(folder / "live.db", copied)
    with pytest.raises(DatabaseUnavailable, match="not marked"):
        restore(engine, copied)
    other.dispose()
    assert _rows(engine) == before


@pytest.mark.parametrize("where", [0, 20_000])
def test_a_damaged_database_is_said_to_be_so(
    migrated_file: Path, tmp_path: Path, folder: Path, where: int
) -> None:
    file = tmp_path / "tathabbat.db"
    shutil.copy(migrated_file, file)
    engine = open_engine(f"sqlite:///{file}")
    backup(engine, folder / "whole.db")
    engine.dispose()
    with file.open("r+b") as opened:
        opened.seek(where)
        opened.write(b"\xa5" * 300_000)
    calls: list[Callable[[], None]] = [
        lambda: backup(engine, folder / "second.db"),
        lambda: restore(engine, folder / "whole.db"),
    ]
    for call in calls:
        with pytest.raises(DatabaseUnavailable, match=r"damaged .*move the file away") as caught:
            call()
        assert "\n" not in str(caught.value)
    engine.dispose()


def test_a_backup_whose_mark_was_taken_off_is_refused(engine: Engine, whole: Path) -> None:
    with whole.open("r+b") as file:
        for place in (60, 68):
            file.seek(place)
            file.write(bytes(4))
    with pytest.raises(DatabaseUnavailable, match="not marked"):
        restore(engine, whole)
    assert _people(engine) == ["somebody later", "someone"]


def test_what_was_held_when_it_was_made_is_held_by_nobody(
    engine: Engine, filled_database: Sessions, folder: Path
) -> None:
    at, hour = now(), timedelta(hours=1)
    with filled_database.begin() as session:
        feed = Feed(url="https://example.org", kind=FeedKind.SYNDICATION, interval_minutes=60)
        feed.source, feed.next_poll_at = Source(name="Town"), at
        session.add(feed)
        queued_updates.store(session, [queued_updates.NewUpdate(1, "lane", b"sealed")], at)
    with filled_database.begin() as session:
        assert scheduled_jobs.lease(session, "held", at, hour, "gone")
        done = scheduled_jobs.lease(session, "done", at, hour, "gone")
        assert done
        scheduled_jobs.finish(session, "done", done, at + hour, "done")
        assert feed_polling.lease_next(session, at, "gone")
        assert queued_updates.lease(session, "another gone", at, at + hour, 1)
    backup(engine, folder / "held.db")
    restore(engine, folder / "held.db")
    later = now()
    with filled_database.begin() as session:
        assert scheduled_jobs.lease(session, "held", later, hour)
        assert not scheduled_jobs.lease(session, "done", later, hour)
        assert feed_polling.lease_next(session, later)
        (taken,) = queued_updates.lease(session, "new", later, later + hour, 1)
    assert taken.tries == 1


def test_a_backup_is_made_and_read_where_there_is_no_temporary_folder(
    engine: Engine, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(whole.parent / "gone"))
    restore(engine, whole)
    backup(engine, whole.with_name("second.db"))
    assert _people(engine) == ["someone"]


class TestWrittenBackups:
    def test_are_whole_alone_and_their_owners(self, whole: Path) -> None:
        assert [path.name for path in whole.parent.iterdir()] == ["whole.db"]
        assert stat.S_IMODE(whole.stat().st_mode) == 0o600
        with closing(sqlite3.connect(f"file:{whole}?mode=ro", uri=True)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
            (mark,) = connection.execute("PRAGMA application_id").fetchone()
        assert mark == backup_check.APPLICATION_ID

    def test_may_be_put_in_the_place_of_a_database_and_backed_up_again(
        self, whole: Path, tmp_path: Path
    ) -> None:
        shutil.copy(whole, tmp_path / "placed.db")
        placed = open_engine(f"sqlite:///{tmp_path / 'placed.db'}")
        schema.require_ready(placed)
        with Sessions(placed).begin() as session:
            people.choose_language(session, "somebody new", "ar")
        backup(placed, tmp_path / "again.db")
        restore(placed, tmp_path / "again.db")
        assert _people(placed) == ["somebody new", "someone"]
        placed.dispose()

    def test_may_be_looked_into(self, engine: Engine, whole: Path) -> None:
        looked_into = open_engine(f"sqlite:///{whole}")
        assert schema.find_drift(looked_into) == []
        looked_into.dispose()
        with closing(sqlite3.connect(whole)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        restore(engine, whole)
        assert _people(engine) == ["someone"]

    def test_hold_nothing_of_what_was_erased(self, tmp_path: Path, migrated_file: Path) -> None:
        file = tmp_path / "old.db"
        shutil.copy(migrated_file, file)
        with closing(sqlite3.connect(file)) as connection:
            # As databases were used before.
            connection.execute("PRAGMA secure_delete = OFF")
            for number in range(200):
                values = (f"key {number}", "Zubaydah")
                connection.execute("INSERT INTO people VALUES (?, ?, NULL, NULL, NULL, 0)", values)
            connection.commit()
            connection.execute("DELETE FROM people")
            connection.commit()
        assert b"Zubaydah" in file.read_bytes()
        engine = open_engine(f"sqlite:///{file}")
        backup(engine, tmp_path / "copy.db")
        engine.dispose()
        assert b"Zubaydah" not in (tmp_path / "copy.db").read_bytes()

    def test_that_do_not_read_back_never_appear(
        self,
        engine: Engine,
        filled_database: Sessions,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def mark_badly(file: Path) -> None:
            backup_check.mark(file)
            _flip(0.5)(file)

        monkeypatch.setattr("knowledge.operations.backup.mark", mark_badly)
        with pytest.raises(DatabaseUnavailable, match="could not be restored"):
            backup(engine, folder / "copy.db")
        assert list(folder.iterdir()) == []

    def test_of_nothing_are_not_made(self, tmp_path: Path) -> None:
        engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
        with pytest.raises(DatabaseUnavailable, match="run `tathabbat db upgrade`"):
            backup(engine, tmp_path / "copy.db")
        engine.dispose()
        assert not (tmp_path / "copy.db").exists()


# Does something with a limit on the size of files, as a full disk is met.
_FULL = """
import resource, signal, sys
from pathlib import Path
from typing import Any
from knowledge import errors
from knowledge.operations import backup
from knowledge.storage.database import open_engine
engine = open_engine(sys.argv[1])
engine.connect().close()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), resource.RLIM_INFINITY))
try:
    getattr(backup, sys.argv[2])(engine, Path(sys.argv[3]))
except errors.DatabaseUnavailable as error:
    print(error)
    sys.exit(1)
"""


@pytest.mark.parametrize(
    ("act", "size", "words"),
    [
        *product(["backup", "restore"], [0.0, 0.03, 0.2, 0.9], [100]),
        # Enough to check it, not to put it in the place of what is there; and more than is held in
        # memory until the end.
        ("restore", 1.0, 2_000),
    ],
)
def test_a_full_disk_leaves_no_file_and_changes_nothing(
    act: str, size: float, words: int, tmp_path: Path, migrated_file: Path
) -> None:
    data, copies = tmp_path / "data", tmp_path / "copies"
    data.mkdir()
    copies.mkdir()
    shutil.copy(migrated_file, data / "tathabbat.db")
    url = f"sqlite:///{data / 'tathabbat.db'}"
    engine = open_engine(url)
    texts = (f"the harbour opened {n} times " * (words // 5) for n in range(400))
    _publish(Sessions(engine), *texts)
    backup(engine, copies / "whole.db")
    whole = (copies / "whole.db").stat().st_size
    with Sessions(engine).begin() as session:
        people.choose_language(session, "somebody later", "ar")
    target = copies / ("new.db" if act == "backup" else "whole.db")
    done = subprocess.run(
        [sys.executable, "-c", _FULL, url, act, str(target), str(int(size * whole))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.count("\n") == 1
    assert "free space" in done.stdout
    assert [path.name for path in copies.iterdir()] == ["whole.db"]
    assert list(data.glob(".*")) == []
    assert _people(engine) == ["somebody later"]
    engine.dispose()


def test_what_a_killed_one_left_is_its_owners_and_removed_by_the_next(
    engine: Engine, whole: Path
) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from typing import Any
from knowledge.storage.staging_folder import open_staging_folder
with open_staging_folder(Path(sys.argv[1])) as folder:
    (folder / "backup.db").touch()
    print(folder.name, flush=True)
    if sys.argv[2] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    sys.stdin.read()
"""

    def start(how: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", code, str(whole.parent), how]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    with start("killed") as killed, start("living") as living:
        assert killed.stdout is not None
        assert living.stdout is not None
        left, used = (
            whole.parent / p.stdout.readline().strip() for p in (killed, living) if p.stdout
        )
        killed.wait()
        assert stat.S_IMODE(used.stat().st_mode) == 0o700
        backup(engine, whole.with_name("second.db"))
        assert not left.exists()
        assert (used / "backup.db").exists(), "its process lives"
        living.communicate("")
    assert sorted(path.name for path in whole.parent.iterdir()) == ["second.db", "whole.db"]


def test_a_folder_that_another_cleans_up_as_it_is_made_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    make = tempfile.mkdtemp

    def taken_away(*arguments: Any) -> str:
        made.append(Path(make(*arguments)))
        if len(made) == 1:
            made[0].rmdir()
        return str(made[-1])

    monkeypatch.setattr(tempfile, "mkdtemp", taken_away)
    with open_staging_folder(tmp_path) as folder:
        assert folder == made[1]
        assert folder.is_dir()


class TestRunningPrograms:
    def test_that_write_meanwhile_go_on_and_follow(
        self, engine: Engine, whole: Path, fake_encoder: Encoder, tmp_path: Path
    ) -> None:
        sessions, ending = Sessions(engine), threading.Event()
        running = ServingIndex(sessions, fake_encoder, tmp_path / "index")
        running.current()
        written, faults = [0] * 3, list[Exception]()

        def write(number: int) -> None:
            try:
                while not ending.is_set():
                    _publish(sessions, f"ferry {number} sailed {written[number]} times")
                    written[number] += 1
            except Exception as error:  # noqa: BLE001 - told below
                faults.append(error)

        threads = [threading.Thread(target=write, args=(n,)) for n in range(len(written))]
        for thread in threads:
            thread.start()
        try:
            while min(written) < 2:
                assert not faults
            for _ in range(2):
                restore(engine, whole)
        finally:
            ending.set()
            for thread in threads:
                thread.join()
        assert faults == []
        with sessions() as session:
            published = select(Statement.id).where(Statement.status == StatementStatus.PUBLISHED)
            wanted = set(session.scalars(published))
            known = set(session.scalars(select(Statement.id)))
        assert running.current().ids() & known == wanted
        new = _publish(sessions, "the tunnel is open")
        assert set(new) <= running.current().ids()

    def test_hear_of_what_comes_after_a_backup_without_any_change(
        self,
        engine: Engine,
        sessions: Sessions,
        folder: Path,
        fake_encoder: Encoder,
        tmp_path: Path,
    ) -> None:
        """The numbers of changes go on, whatever is restored, and however often."""
        backup(engine, folder / "empty.db")
        early = _publish(sessions, "the harbour opened")
        backup(engine, folder / "early.db")
        running = ServingIndex(sessions, fake_encoder, tmp_path / "index")
        for number in range(5):
            _publish(sessions, f"ferry {number} sailed")
        running.current()
        restore(engine, folder / "empty.db")
        restore(engine, folder / "early.db")
        assert set(early) <= running.current().ids()
        restore(engine, folder / "empty.db")
        new = _publish(sessions, "the tunnel is open")
        assert set(new) <= running.current().ids()


def test_what_is_rolled_back_gives_no_number_out_twice(
    engine: Engine, whole: Path, filled_database: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        _publish(filled_database, f"ferry {number} sailed")

    def fail(*_: object) -> None:
        raise OSError("killed here")

    before = _rows(engine)
    with monkeypatch.context() as patch:
        patch.setattr("knowledge.operations.backup.Connection.commit", fail)
        with pytest.raises(DatabaseUnavailable, match="nothing was changed"):
            restore(engine, whole)
    assert _rows(engine) == before
    _publish(filled_database, "the tunnel is open")
    with filled_database() as session:
        assert len(set(session.scalars(select(ChangeLogEntry.id)))) == 8


def test_killed_at_any_moment_it_leaves_the_old_state_or_the_new(
    engine: Engine, tmp_path: Path
) -> None:
    """``benchmarks.restore_kills`` does so a hundred times, with more statements."""
    folder, root = tmp_path / "killed", Path(__file__).resolve().parents[2]
    folder.mkdir()
    server = engine.dialect.name == "postgresql"
    url = engine.url.render_as_string(hide_password=False)
    engine.dispose()
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.killed_restore", str(folder), "1", "5",
         "--statements", "400", *(["--database", url] if server else [])],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "whole after 5 kills" in done.stdout
