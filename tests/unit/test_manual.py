"""The manual page and docs/command-line.md say what the command line is."""

import shutil
import subprocess

import pytest
from click.testing import CliRunner

from bot.cli.main import COMMANDS, tathabbat
from bot.cli.manual import format_page, list_entries
from tests.pages import ROOT

PAGE = (ROOT / "docs" / "command-line.md").read_text("utf-8")
ENTRIES = list(list_entries())


def row(usage: str, summary: str) -> str:
    called = usage.replace(" [OPTIONS]", "").replace("|", "\\|")
    return f"| `{called}` | {summary} |"


def test_every_command_is_there() -> None:
    assert {each.usage.split()[1] for each in ENTRIES} == set(COMMANDS)
    assert len({each.usage for each in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda each: each.usage)
def test_every_command_and_option_has_help(entry: object) -> None:
    assert isinstance(entry, type(ENTRIES[0]))
    assert len(entry.summary) > 20
    assert entry.summary.endswith(".")
    assert [name for name, what in entry.options if len(what) < 6] == []


@pytest.mark.parametrize("group", sorted({" ".join(e.usage.split()[1:2]) for e in ENTRIES}))
def test_lists_of_commands_are_read_whole_on_a_narrow_terminal(group: str) -> None:
    for words in ((), (group,)):
        shown = CliRunner().invoke(tathabbat, [*words, "--help"], terminal_width=80).output
        _, _, listed = shown.partition("Commands:\n")
        assert [line for line in listed.splitlines() if line.endswith("...")] == []


def test_the_page_lists_every_command_with_its_help_and_no_other() -> None:
    listed = [line for line in PAGE.splitlines() if line.startswith("| `tathabbat ")]
    assert listed == [row(each.usage, each.summary) for each in ENTRIES]


def test_the_manual_has_every_command_and_option() -> None:
    text = format_page().replace("\\-", "-")
    for entry in ENTRIES:
        assert f".SS {entry.usage}\n" in text
        for name, _ in entry.options:
            assert f"\\fB{name}\\fR" in text


def test_nothing_said_in_help_is_a_request_to_roff() -> None:
    requests = {".TH", ".SH", ".SS", ".PP", ".TP", ".RS", ".RE"}
    for line in format_page().splitlines():
        assert not line.startswith("'")
        assert not line.startswith(".") or line.split()[0] in requests, line
    assert format_page().isascii()


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not here")
def test_roff_reads_it_without_a_warning() -> None:
    command = ["groff", "-man", "-ww", "-Tutf8", "-P-cbou"]
    done = subprocess.run(
        command, input=format_page(), capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Where to write the batch's answers." in " ".join(done.stdout.split())
