"""Every command in the shell blocks of README and docs is run, a page from top to bottom."""

import os
import re
import time
from pathlib import Path

import pytest

from bot.app import App
from bot.cli.main import COMMANDS
from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder
from embeddings.encoders.encoder import SentenceTransformerEncoder
from tests.integration.command_line import Cli, command_line
from tests.integration.documented import INSTALLED, NOT_RUN, NOT_RUN_COMMANDS, Shell, shell_in
from tests.pages import PAGES, ROOT, Block, blocks, name_of


@pytest.fixture
def cli(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    bundled_encoder: SentenceTransformerEncoder,
    bundled_reader: OnnxCrossEncoder,
) -> Cli:
    """Return what calls `tathabbat` in this process, with the real models."""
    monkeypatch.setattr("embeddings.encoders.encoder.open_encoder", lambda *_: bundled_encoder)
    monkeypatch.setattr(App, "reader", bundled_reader)
    return command_line(monkeypatch, capsys)


@pytest.fixture
def shell(tmp_path: Path, cli: Cli) -> Shell:
    return shell_in(tmp_path / "machine", cli)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=name_of)
def test_every_block_runs(shell: Shell, page: Path) -> None:
    if "/var/lib/tathabbat" in page.read_text("utf-8"):
        shell.run(Block("sh", "", INSTALLED, 0))
    for block in blocks(page):
        shell.run(block)


def test_a_block_that_is_wrong_is_found(shell: Shell) -> None:
    for text in (
        "frobnicate",
        "tathabbat frobnicate",
        "tathabbat run --fast",
        "tathabbat sources add NAME",
        "tathabbat check",
        "make tea",
        "cat missing.csv",
        "tathabbat db upgrade | true; false",
    ):
        with pytest.raises(AssertionError):
            shell.run(Block("sh", "", f"{text}\n", 1))


def test_what_is_not_run_is_read(shell: Shell) -> None:
    shell.run(Block("sh", "", "sudo -u tathabbat tathabbat run\nsudo tathabbat doctor\n", 1))
    assert shell.calls == [["run"]]
    for name in NOT_RUN_COMMANDS:
        assert name.split()[0] in COMMANDS


def test_nothing_is_left_out_that_no_page_names() -> None:
    shells = "\n".join(
        each.text for page in PAGES for each in blocks(page) if each.language == "sh"
    )
    assert [name for name in NOT_RUN if name not in shells] == []
    assert [name for name in NOT_RUN_COMMANDS if f"tathabbat {name}" not in shells] == []


def test_the_backup_service_makes_one_and_deletes_old_ones_after_it(shell: Shell) -> None:
    unit = (ROOT / "deploy" / "tathabbat-backup.service").read_text("utf-8")
    lines = re.findall(r"^ExecStart(?:Post)?=(.+)$", unit, re.MULTILINE)
    backup, prune = (line.replace("$$", "$").replace("%%", "%") for line in lines)
    backup = backup.replace("/opt/tathabbat/.venv/bin/", "")
    folder = shell.folder / "var" / "backups" / "tathabbat"
    for name, days in (("tathabbat-2030-01-01-033000.db", 30), ("tathabbat-2030-01-20.db", 2)):
        (folder / name).touch()
        os.utime(folder / name, (time.time() - days * 86_400,) * 2)
    shell.run(Block("sh", "", f"{INSTALLED}cd /var/lib/tathabbat\n{backup}\n{prune}\n", 0))
    kept = {file.name: file.stat().st_size for file in folder.iterdir()}
    assert kept.pop("tathabbat-2030-01-20.db") == 0
    (size,) = kept.values()
    assert size > 0
