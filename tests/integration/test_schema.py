"""The database's shape: made, migrated both ways, and refused when it does not fit the code."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.operations.ops import CreateTableOp
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.event import listen
from sqlalchemy.exc import OperationalError

from knowledge.claim_queue.inquiries import record
from knowledge.domain import ChangeKind, Outcome
from knowledge.errors import DatabaseUnavailable, WriteConflict
from knowledge.models import Base, ChangeLogEntry, Inquiry
from knowledge.operations.backup import backup
from knowledge.storage import database, schema
from knowledge.storage.database import Sessions, open_engine
from knowledge.storage.database_failures import describe_failure

Open = Callable[[str], Engine]


@pytest.fixture
def open_file(tmp_path: Path) -> Iterator[Open]:
    """Open an SQLite file of the test's own by name."""
    engines: list[Engine] = []

    def open_named(name: str) -> Engine:
        engines.append(open_engine(f"sqlite:///{tmp_path / name}"))
        return engines[-1]

    yield open_named
    for engine in engines:
        engine.dispose()


@pytest.fixture
def empty(open_file: Open) -> Engine:
    return open_file("empty.db")


def _tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def _set_revision(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})


def test_an_empty_database_goes_up_and_down_and_up_again(empty: Engine) -> None:
    assert schema.state(empty).current is None
    schema.upgrade(empty)
    assert schema.state(empty).ready
    assert _tables(empty) == set(Base.metadata.tables)
    schema.downgrade(empty, "base")
    assert schema.state(empty).current is None
    assert _tables(empty) == set()
    schema.upgrade(empty)
    assert schema.state(empty).ready
    assert schema.find_drift(empty) == []


def test_models_and_migrations_do_not_drift(engine: Engine) -> None:
    assert schema.find_drift(engine) == []


def test_drift_is_seen_where_there_is_some(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE people ADD COLUMN surname TEXT"))
        connection.execute(text("DROP INDEX ix_statements_status"))
    found = "\n".join(schema.find_drift(engine))
    assert "surname" in found
    assert "ix_statements_status" in found


def test_a_default_that_a_migration_left_behind_is_drift(engine: Engine) -> None:
    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("sources") as table:
            table.alter_column("homepage", server_default="https://example.org")
    assert "modify_default" in "\n".join(schema.find_drift(engine))


def test_going_down_takes_what_was_stored_with_it(engine: Engine) -> None:
    with Sessions(engine).begin() as session:
        record(session, "someone", "claim", Outcome.NO_MATCH, [], "ar")
    schema.downgrade(engine, "base")
    schema.upgrade(engine)
    with Sessions(engine)() as session:
        assert session.scalars(select(Inquiry)).all() == []


def test_upgrading_twice_keeps_what_is_there(engine: Engine) -> None:
    with Sessions(engine).begin() as session:
        record(session, "someone", "claim", Outcome.NO_MATCH, [], "ar")
    schema.upgrade(engine)
    with Sessions(engine)() as session:
        assert len(session.scalars(select(Inquiry)).all()) == 1


def test_an_empty_database_is_made_ready(empty: Engine) -> None:
    schema.require_ready(empty)
    assert schema.state(empty).ready
    schema.require_ready(empty)


def test_a_database_that_was_emptied_by_downgrade_is_made_ready_again(engine: Engine) -> None:
    schema.downgrade(engine, "base")
    schema.require_ready(engine)
    assert schema.state(engine).ready


def test_first_starts_at_the_same_moment_meet_a_ready_database(open_file: Open) -> None:
    engines = [open_file("shared.db") for _ in range(4)]
    faults: list[Exception] = []
    together = threading.Barrier(len(engines))

    def start(engine: Engine) -> None:
        together.wait()
        try:
            schema.require_ready(engine)
        except DatabaseUnavailable as error:
            faults.append(error)

    threads = [threading.Thread(target=start, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert schema.find_drift(engines[0]) == []


def test_a_database_that_was_not_migrated_is_refused(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE notes (id INTEGER PRIMARY KEY)"))
    with pytest.raises(DatabaseUnavailable, match="run `tathabbat db upgrade`"):
        schema.require_ready(empty)
    assert _tables(empty) == {"notes"}


#: Those of the development before the first release, from whose first the new one's name begins,
#: and a newer version's.
UNKNOWN = ("0001", "0012", "9999")


@pytest.mark.parametrize("revision", UNKNOWN)
def test_a_database_of_another_version_is_refused_and_left_alone(
    engine: Engine, revision: str, tmp_path: Path
) -> None:
    _set_revision(engine, revision)
    before = _tables(engine)
    assert not schema.state(engine).known
    said = (
        f"the database is at revision {revision}, which this version does not know; nothing was"
        " changed: update Tathabbat, or start a new database and restore a backup of this version"
        " into it, or ingest the reports again"
    )
    uses: list[Callable[[Engine], None]] = [
        schema.require_ready,
        schema.upgrade,
        lambda e: schema.downgrade(e, "base"),
        lambda e: backup(e, tmp_path / "backup.db"),
    ]
    for use in uses:
        with pytest.raises(DatabaseUnavailable) as caught:
            use(engine)
        assert str(caught.value) == said
    assert _tables(engine) == before
    assert schema.state(engine).current == revision
    assert not (tmp_path / "backup.db").exists()


def test_a_revision_that_does_not_exist_is_refused(engine: Engine) -> None:
    with pytest.raises(DatabaseUnavailable, match="nothing was changed"):
        schema.upgrade(engine, "nonsense")
    assert schema.state(engine).ready


def test_a_migration_that_is_cut_short_leaves_nothing_behind(
    empty: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = CreateTableOp.to_table

    def cut_short(self: CreateTableOp, *arguments: object) -> object:
        if self.table_name == "reports":
            raise RuntimeError("the power failed")
        return whole(self, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(CreateTableOp, "to_table", cut_short)
        with pytest.raises(RuntimeError, match="power"):
            schema.upgrade(empty)
    assert inspect(empty).get_table_names() == []
    schema.require_ready(empty)
    assert schema.find_drift(empty) == []


def test_a_locked_database_says_so(
    tmp_path: Path, engine: Engine, open_file: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0)
    impatient = open_file("tathabbat.db")
    holder = sqlite3.connect(tmp_path / "tathabbat.db")
    try:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable, match="locked by another program"):
            schema.downgrade(impatient, "base")
    finally:
        holder.close()
    assert schema.state(engine).ready


def test_a_file_that_is_no_database_is_refused(tmp_path: Path, open_file: Open) -> None:
    (tmp_path / "junk.db").write_bytes(b"this is a letter, not a database" * 100)
    for ask in (schema.state, schema.require_ready, schema.upgrade):
        with pytest.raises(DatabaseUnavailable, match=r"damaged .* restore a backup"):
            ask(open_file("junk.db"))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:1/name", "the connection is refused"),
        ("/name?host=/nowhere", "no server listens at that socket"),
    ],
)
def test_why_a_server_cannot_be_reached_is_said(address: str, said: str) -> None:
    engine = open_engine(f"postgresql+psycopg://somebody:pass@{address}")
    with pytest.raises(DatabaseUnavailable) as refused:
        schema.require_ready(engine)
    assert f"cannot be used ({said}); check DATABASE_URL" in str(refused.value)
    assert "folder" not in str(refused.value)
    assert "somebody" not in str(refused.value)


@pytest.mark.parametrize(
    ("driver", "said"),
    [
        (
            psycopg.OperationalError("failed to resolve host 'db.somewhere': [Errno -2] unknown"),
            "the host is unknown",
        ),
        (
            psycopg.OperationalError('FATAL:  password authentication failed for user "somebody"'),
            "the user name or password is refused",
        ),
        (psycopg.OperationalError("somebody sagt etwas anderes"), "OperationalError"),
        (psycopg.errors.InsufficientPrivilege("somebody"), "InsufficientPrivilege, 42501"),
    ],
)
def test_what_a_driver_says_is_told_by_its_kind(driver: psycopg.Error, said: str) -> None:
    told = str(describe_failure(OperationalError("SELECT", {}, driver)))
    assert f"({said}); check DATABASE_URL" in told
    assert "some" not in told


def test_why_a_server_refuses_is_said(postgres: str) -> None:
    for url, said in (
        (postgres.format("nowhere"), "the server has no such database"),
        (
            postgres.replace("postgres@", "nobody@").format("postgres"),
            "the user name or password is refused",
        ),
    ):
        with pytest.raises(DatabaseUnavailable, match=said):
            schema.state(open_engine(url))


@pytest.mark.parametrize("url", ["tathabbat.db", "", "nosuch://host/name", "postgresql+none://h/n"])
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUnavailable, match="DATABASE_URL cannot be used"):
        open_engine(url)


def test_the_folder_of_a_database_is_made(tmp_path: Path, open_file: Open) -> None:
    schema.require_ready(open_file("some/where/new.db"))
    assert (tmp_path / "some/where/new.db").is_file()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, open_file: Open) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DatabaseUnavailable, match="check DATA_DIR"):
        open_file("file/new.db")


def test_readers_do_not_wait_for_a_writer(sessions: Sessions) -> None:
    """Write-ahead logging: the bot answers while somebody ingests."""
    with sessions.begin() as writer:
        record(writer, "someone", "claim", Outcome.NO_MATCH, [], "ar")
        with sessions() as reader:
            if reader.get_bind().dialect.name == "sqlite":
                assert reader.scalar(text("PRAGMA journal_mode")) == "wal"
            assert reader.scalars(select(Inquiry)).all() == []


def test_a_row_cannot_point_at_nothing(sessions: Sessions) -> None:
    with pytest.raises(WriteConflict) as refused, sessions.begin() as session:
        session.add(ChangeLogEntry(statement_id=404, kind=ChangeKind.ADDED))
    assert "foreign key" in str(refused.value.__cause__).lower()


def test_a_moment_is_kept_in_utc_whatever_its_zone(sessions: Sessions) -> None:
    beirut = datetime(2019, 2, 7, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    with sessions.begin() as session:
        number = record(session, "someone", "claim", Outcome.NO_MATCH, [], "ar").id
        session.get_one(Inquiry, number).asked_at = beirut
    with sessions() as session:
        kept = session.get_one(Inquiry, number).asked_at
        assert kept == beirut
        assert kept.tzinfo is UTC
        earlier = select(Inquiry).where(Inquiry.asked_at < datetime(2019, 2, 7, 11, tzinfo=UTC))
        assert len(session.scalars(earlier).all()) == 1


def test_a_server_that_goes_silent_is_noticed_unless_the_address_says_otherwise() -> None:
    address = "postgresql+psycopg://somebody@127.0.0.1:1/name"
    given: list[dict[str, object]] = []
    for query in ("", "?tcp_user_timeout=5000"):
        engine = open_engine(address + query)
        listen(engine, "do_connect", lambda *connecting: given.append(dict(connecting[3])))
        with pytest.raises(OperationalError):
            engine.connect()
    assert [each["tcp_user_timeout"] for each in given] == [25_000, "5000"]
