"""A copy of the database that can be trusted, made while the database is in use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from embeddings.encoders.encoder import Encoder
from knowledge import curation
from knowledge.accounts import people
from knowledge.corpus import reports
from knowledge.domain import ReportDraft, StatementDraft
from knowledge.errors import DatabaseUnavailable
from knowledge.index.serving_index import ServingIndex
from knowledge.models import Person
from knowledge.operations.backup import backup, restore
from knowledge.storage import schema
from knowledge.storage.database import Sessions, open_engine


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
    with Sessions(engine)() as session:
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
    with pytest.raises(DatabaseUnavailable, match="check its name"):
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


def _publish(sessions: Sessions, *texts: str) -> list[int]:
    with sessions.begin() as session:
        draft = ReportDraft(
            f"report of {texts[0]}",
            publisher="the harbour office",
            statements=tuple(StatementDraft(text) for text in texts),
        )
        ids = reports.store(session, draft).statement_ids
        curation.publish(session, ids, "test")
    return list(ids)


def test_what_was_backed_up_takes_the_place_of_everything(
    engine: Engine, sessions: Sessions, target: Path, fake_encoder: Encoder, tmp_path: Path
) -> None:
    kept = _publish(sessions, "the harbour opened", "the bridge is closed")
    backup(engine, target)
    with sessions.begin() as session:
        curation.retract(session, kept[:1], "test", "wrong")
    later = _publish(sessions, "prices fell")
    running = ServingIndex(sessions, fake_encoder, tmp_path / "index")
    assert running.current().ids() == {kept[1], *later}
    restore(engine, target)
    assert running.current().ids() - set(later) == set(kept), "a running program follows"
    assert ServingIndex(sessions, fake_encoder, tmp_path / "other").current().ids() == set(kept)
    new = _publish(sessions, "the ferry sails again")
    assert running.current().ids() - set(later) == {*kept, *new} - set(later)
    assert set(new) <= running.current().ids()


def test_a_backup_goes_into_another_database(
    engine: Engine, sessions: Sessions, target: Path, tmp_path: Path
) -> None:
    with sessions.begin() as session:
        people.choose_language(session, "someone", "ar")
    backup(engine, target)
    other = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    restore(other, target)
    other.dispose()
    assert _people(tmp_path / "other.db") == ["someone"]


def test_what_is_no_backup_changes_nothing(
    engine: Engine, sessions: Sessions, tmp_path: Path
) -> None:
    with sessions.begin() as session:
        people.choose_language(session, "someone", "ar")
    letter = tmp_path / "letter.db"
    letter.write_bytes(b"this is a letter, not a database" * 100)
    for source in (letter, tmp_path / "nowhere.db", tmp_path):
        with pytest.raises(DatabaseUnavailable) as caught:
            restore(engine, source)
        assert "\n" not in str(caught.value)
    with sessions() as session:
        assert list(session.scalars(select(Person.key))) == ["someone"]
