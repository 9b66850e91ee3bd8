"""Commands that need no model load none: the libraries behind it take seconds to import."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
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

# For each line it reads, runs command lines one after the other in a fork of its own, each as the
# program would; then says how the last one ended and which of the heavy ones came in. All that is
# imported before is the program's entry.
_FORKS = f"""
import json, os, sys
from bot.cli.main import main

def run(folder, lines, environment, out, err):
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for file, number in ((out, 1), (err, 2)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
    for arguments in lines:
        sys.argv = ["tathabbat", *arguments]
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    print("\\n" + json.dumps([code or 0, [m for m in {HEAVY!r} if m in sys.modules]]))

for line in sys.stdin:
    child = os.fork()
    if not child:
        run(*json.loads(line))
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@dataclass(frozen=True)
class CallResult:
    """How a call ended and what it imported."""

    code: int
    imported: list[str]
    err: str


@dataclass(frozen=True)
class Caller:
    """Calls the program in forks of a process that has imported no more than its entry."""

    forks: "subprocess.Popen[str]"

    def __call__(self, folder: Path, *lines: Sequence[str]) -> CallResult:
        out, err = folder / "out", folder / "err"
        environment = {**os.environ, "DATA_DIR": str(folder / "data")}
        assert self.forks.stdin is not None
        assert self.forks.stdout is not None
        asked = json.dumps([str(folder), lines, environment, str(out), str(err)])
        self.forks.stdin.write(f"{asked}\n")
        self.forks.stdin.flush()
        assert self.forks.stdout.readline() == "0\n", err.read_text("utf-8")
        code, imported = json.loads(out.read_text("utf-8").splitlines()[-1])
        return CallResult(code, imported, err.read_text("utf-8"))


@pytest.fixture(scope="module")
def call() -> Iterator[Caller]:
    command = [sys.executable, "-c", _FORKS]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as forks:
        yield Caller(forks)


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


def test_help_loads_nothing_heavy(call: Caller, tmp_path: Path) -> None:
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
def test_what_needs_no_model_loads_none(
    call: Caller, data: Path, arguments: Sequence[str], code: int
) -> None:
    called = call(data.parent, arguments)
    assert (called.code, called.imported) == (code, []), called.err


def test_an_index_of_another_database_is_refused_before_the_model(
    call: Caller, data: Path, migrated_file: Path, fake_encoder: Encoder
) -> None:
    build_index(data, fake_encoder)
    for leftover in data.glob("tathabbat.db*"):
        leftover.unlink()
    shutil.copy(migrated_file, data / "tathabbat.db")
    called = call(data.parent, ["check", "the bridge is open"])
    assert (called.code, called.imported) == (1, [])
    assert "tathabbat reindex" in called.err


def test_an_index_of_another_model_is_refused_before_the_model(
    call: Caller, data: Path, fake_encoder: Encoder
) -> None:
    build_index(data, fake_encoder)
    called = call(data.parent, ["check", "the bridge is open"])
    assert (called.code, called.imported) == (1, []), called.err
    assert "tathabbat reindex" in called.err


def test_the_bot_without_a_token_is_refused_before_the_model(call: Caller, data: Path) -> None:
    called = call(data.parent, ["run"])
    assert called.code == 1
    assert "torch" not in called.imported
