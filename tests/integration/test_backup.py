"""A copy of the database that can be trusted, made while the database is in use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_mock_engine, select

from knowledge import people, schema
from knowledge.backup import backup
from knowledge.database import Sessions, open_engine, open_sessions
from knowledge.errors import DatabaseUnavailable
from knowledge.models import Person


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "copies"
    folder.mkdir()
    return folder / "copy.db"


@pytest.fixture
def junk(tmp_path: Path) -> Iterator[Engine]:
    file = tmp_path / "junk.db"
    file.write_bytes(b"this is a letter, not a database" * 100)
    engine = open_engine(f"sqlite:///{file}")
    yield engine
    engine.dispose()


def _people(file: Path) -> list[str]:
    engine = open_engine(f"sqlite:///{file}")
    schema.require_ready(engine)
    with open_sessions(engine)() as session:
        keys = list(session.scalars(select(Person.key).order_by(Person.key)))
    engine.dispose()
    return keys


def test_a_backup_is_a_database_of_its_own(
    engine: Engine, sessions: Sessions, target: Path
) -> None:
    with sessions.begin() as session:
        people.choose_language(session, "someone", "ar")
    backup(engine, target)
    assert list(target.parent.iterdir()) == [target], "one file, nothing beside it"
    with sessions.begin() as session:
        people.choose_language(session, "somebody else", "en")
    assert _people(target) == ["someone"]


def test_a_backup_holds_what_was_committed_and_nothing_else(
    engine: Engine, sessions: Sessions, target: Path
) -> None:
    with sessions.begin() as session:
        people.choose_language(session, "committed", "ar")
    with sessions() as session:
        people.choose_language(session, "not yet", "ar")
        session.flush()
        backup(engine, target)
    assert _people(target) == ["committed"]


def test_an_existing_file_is_never_written_over(engine: Engine, target: Path) -> None:
    target.write_text("precious")
    with pytest.raises(DatabaseUnavailable, match="exists already; name a new file"):
        backup(engine, target)
    assert target.read_text() == "precious"


def test_a_folder_that_does_not_exist_is_told(engine: Engine, target: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="check the folder"):
        backup(engine, target.parent / "nowhere" / "copy.db")


def test_a_failed_backup_leaves_no_file(
    engine: Engine, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, other: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(DatabaseUnavailable, match="No space left"):
            backup(engine, target)
    assert list(target.parent.iterdir()) == []


def test_a_file_that_is_no_database_is_not_copied(junk: Engine, target: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"damaged.*restore a backup") as caught:
        backup(junk, target)
    assert "\n" not in str(caught.value)
    assert list(target.parent.iterdir()) == []


def test_another_kind_of_database_is_sent_to_its_own_tool(target: Path) -> None:
    postgres = create_mock_engine("postgresql+psycopg://", lambda *_a, **_k: None)
    with pytest.raises(DatabaseUnavailable, match="pg_dump"):
        backup(postgres, target)  # type: ignore[arg-type]
