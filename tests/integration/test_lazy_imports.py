"""What needs no model does not load one: the libraries behind it take seconds to import."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli.main import COMMANDS
from embeddings.encoders.encoder import Encoder
from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import ReportDraft, StatementDraft
from knowledge.index.serving_index import reindex
from knowledge.storage.database import Sessions, open_engine

HEAVY = ("torch", "sentence_transformers", "transformers", "telegram", "ray")

# Runs the command lines it is given, one after the other, each as the program would; then says
# how the last one ended and which of the heavy ones came in.
_CALLS = f"""
import json, sys
from bot.cli.main import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["tathabbat", *arguments]
    try:
        main()
    except SystemExit as ended:
        code = ended.code
print("\\n" + json.dumps([code or 0, [m for m in {HEAVY!r} if m in sys.modules]]))
"""


@dataclass(frozen=True)
class CallResult:
    """How a call ended and what it imported."""

    code: int
    imported: list[str]
    err: str


def call(folder: Path, *lines: Sequence[str]) -> CallResult:
    done = subprocess.run(
        [sys.executable, "-c", _CALLS, json.dumps(lines)],
        cwd=folder,
        env={**os.environ, "DATA_DIR": str(folder / "data")},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    code, imported = json.loads(done.stdout.splitlines()[-1])
    return CallResult(code, imported, done.stderr)


@pytest.fixture
def data(tmp_path: Path, migrated_file: Path) -> Path:
    """Return a data folder with a migrated, empty database."""
    (tmp_path / "data").mkdir()
    return Path(shutil.copy(migrated_file, tmp_path / "data" / "tathabbat.db")).parent


def build_index(data: Path, encoder: Encoder) -> None:
    """Publish a statement and build the index of it with ``encoder``."""
    engine = open_engine(f"sqlite:///{data / 'tathabbat.db'}")
    sessions = Sessions(engine)
    draft = ReportDraft("title", statements=(StatementDraft("the bridge is open again"),))
    with sessions.begin() as session:
        curation.publish(session, reports.store(session, draft).statement_ids, "test")
    reindex(sessions, encoder, data / "index")
    engine.dispose()


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    assert call(tmp_path, *([name, "--help"] for name in COMMANDS)) == CallResult(0, [], "")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", ""), 2),
        (("check",), 2),
        (("check", "🔥🔥"), 2),
        (("check", "a whole claim", "--top", "0"), 2),
        (("nothing",), 2),
        (("check", "--batch", "absent", "--output", "out"), 1),
        (("check", "the bridge is open"), 0),
        (("statements", "list"), 0),
        (("db", "check"), 0),
    ],
)
def test_what_needs_no_model_loads_none(data: Path, arguments: Sequence[str], code: int) -> None:
    called = call(data.parent, arguments)
    assert (called.code, called.imported) == (code, []), called.err


def test_an_index_of_another_database_is_refused_before_the_model(
    data: Path, migrated_file: Path, fake_encoder: Encoder
) -> None:
    build_index(data, fake_encoder)
    for leftover in data.glob("tathabbat.db*"):
        leftover.unlink()
    shutil.copy(migrated_file, data / "tathabbat.db")
    called = call(data.parent, ["check", "the bridge is open"])
    assert (called.code, called.imported) == (1, [])
    assert "tathabbat reindex" in called.err


def test_an_index_of_another_model_is_refused_before_the_model(
    data: Path, fake_encoder: Encoder
) -> None:
    build_index(data, fake_encoder)
    called = call(data.parent, ["check", "the bridge is open"])
    assert (called.code, called.imported) == (1, []), called.err
    assert "tathabbat reindex" in called.err


def test_the_bot_without_a_token_is_refused_before_the_model(data: Path) -> None:
    called = call(data.parent, ["run"])
    assert called.code == 1
    assert "torch" not in called.imported
