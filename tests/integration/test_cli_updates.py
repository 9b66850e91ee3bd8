"""`updates`: messages that could not be answered are listed, and tried again."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import App
from embeddings.encoders.encoder import Encoder
from knowledge.domain import Course
from knowledge.storage.database import Sessions, open_engine
from knowledge.update_queue import queued_updates
from knowledge.update_queue.queued_updates import NewUpdate
from tests.integration.command_line import Cli, command_line

NOW = datetime(2030, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def sessions(tmp_path: Path, migrated_file: Path) -> Sessions:
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "tathabbat.db"
    shutil.copy(migrated_file, file)
    return Sessions(open_engine(f"sqlite:///{file}"))


@pytest.fixture
def cli(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    sessions: Sessions,
    fake_encoder: Encoder,
    models_dir: Path,
) -> Cli:
    data = tmp_path / "data"
    monkeypatch.setenv("DATA_DIR", str(data))
    # What the doctor looks at is not to be made for each test.
    data.mkdir(exist_ok=True)
    (data / "models").symlink_to(models_dir, target_is_directory=True)
    monkeypatch.setattr(App, "encoder", fake_encoder)

    return command_line(monkeypatch, capsys)


def give_up(sessions: Sessions, *numbers: int) -> None:
    """Keep updates that were given up."""
    with sessions.begin() as session:
        coming = [NewUpdate(number, str(number), b"sealed", Course.ANSWER) for number in numbers]
        queued_updates.store(session, coming, NOW)
        queued_updates.lease(session, "worker", NOW, NOW + timedelta(seconds=10), 100)
        for number in numbers:
            queued_updates.give_up(session, number, "worker", "not answered: OSError", NOW)


def test_what_was_given_up_is_listed_without_its_words(cli: Cli, sessions: Sessions) -> None:
    assert cli("updates", "list").out == ""
    give_up(sessions, 7, 8)
    assert cli("updates", "list", "--limit", "1").out == (
        "8  given_up   2030-05-01 12:00  not answered: OSError\n"
    )
    first, second = map(json.loads, cli("updates", "list", "--json").out.splitlines())
    assert first["update_id"] == 8
    assert second == {
        "update_id": 7,
        "state": "given_up",
        "tries": 0,
        "error": "not answered: OSError",
        "arrived_at": "2030-05-01T12:00:00+00:00",
    }


def test_those_that_are_named_are_tried_again(cli: Cli, sessions: Sessions) -> None:
    give_up(sessions, 7, 8, 9)
    assert cli("updates", "retry", "7", "8").out == "2 updates will be tried again\n"
    assert cli("updates", "retry", "--all").out == "1 update will be tried again\n"
    with sessions() as session:
        assert queued_updates.count_waiting(session) == 3
    ended = cli("updates", "retry", "--all")
    assert ended.code == 1
    assert "updates list" in ended.err


@pytest.mark.parametrize("arguments", [(), ("7", "--all"), ("-1",), (str(2**63),), ("seven",)])
def test_what_to_try_again_must_be_named(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli("updates", "retry", *arguments).code == 2


def test_the_doctor_says_how_the_inbox_stands(cli: Cli, sessions: Sessions) -> None:
    assert "updates: 0 wait for an answer; 0 answers may" in cli("doctor").out
    give_up(sessions, 7)
    with sessions.begin() as session:
        queued_updates.store(session, [NewUpdate(8, "a", b"sealed")], NOW)
    said = cli("doctor").out
    assert "1 update was given up; `tathabbat updates list` says why" in said
    assert "1 waits for an answer, the longest for" in said
