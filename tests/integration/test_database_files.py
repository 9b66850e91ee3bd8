"""The files of an SQLite database are their owner's, whatever the umask and whoever made them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from knowledge.storage import schema
from knowledge.storage.database import open_engine, sqlite_file


@pytest.fixture(params=[0o000, 0o022, 0o077])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("_umask")
def test_what_is_made_is_for_the_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "some" / "data"
    engine = open_engine(f"sqlite:///{folder / 'new.db'}")
    schema.require_ready(engine)
    with engine.connect() as connection:
        connection.execute(text("SELECT * FROM people"))
        modes = {path.name: mode(path) for path in folder.iterdir()}
    assert modes == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}
    assert mode(folder) == 0o700
    engine.dispose()


def test_a_database_that_others_could_read_is_shut(tmp_path: Path, migrated_file: Path) -> None:
    file, folder_mode = tmp_path / "old.db", mode(tmp_path)
    file.write_bytes(migrated_file.read_bytes())
    file.chmod(0o644)
    engine = open_engine(f"sqlite:///{file}")
    assert mode(file) == 0o644, "not before it is used"
    schema.require_ready(engine)
    with engine.connect() as connection:
        connection.execute(text("UPDATE scheduled_jobs SET last_result = NULL"))
        assert {mode(path) for path in tmp_path.glob("old.db*")} == {0o600}
    assert mode(tmp_path) == folder_mode, "a folder that was there is its owner's to shut"
    engine.dispose()


@pytest.mark.parametrize("name", ["", ":memory:"])
def test_a_database_in_memory_has_no_file(name: str, tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{name}")
    assert sqlite_file(engine) is None
    schema.require_ready(engine)
    assert list(tmp_path.iterdir()) == []
    engine.dispose()


def test_an_error_names_no_value(tmp_path: Path) -> None:
    """Errors are logged and kept with an update: what people wrote is in neither."""
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(Exception, match="no such table") as caught, engine.begin() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:words)"), {"words": "their words"})
    assert "their words" not in str(caught.value)
    engine.dispose()
