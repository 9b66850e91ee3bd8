"""Commands that administer an installation: what they tell, ask and refuse."""

import io
import json
import os
import pty
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from bot.app import App
from bot.cli.main import tathabbat
from embeddings.encoders.encoder import Encoder
from tests.integration.command_line import Cli, Result, command_line


@pytest.fixture
def nowhere(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    fake_encoder: Encoder,
) -> Cli:
    """Return what calls `tathabbat` in this process, where nothing was ever installed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(App, "encoder", fake_encoder)

    return command_line(monkeypatch, capsys)


@pytest.fixture
def cli(nowhere: Cli, tmp_path: Path, migrated_file: Path) -> Cli:
    """Return the command line with an empty database."""
    (tmp_path / "data").mkdir()
    shutil.copy(migrated_file, tmp_path / "data" / "tathabbat.db")
    return nowhere


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what has somebody sit at a terminal and type an answer."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def sit(answer: str) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal(f"{answer}\n"))

    return sit


def report(ref: str, text: str, **more: object) -> dict[str, object]:
    return {"ref": ref, "publisher": "The Gazette", "statements": [{"text": text}], **more}


def rows(path: Path, *reports: object) -> Path:
    lines = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in reports)
    path.write_text(lines, "utf-8")
    return path


BRIDGE = report("bridge", "The old bridge is closed for four months.")
FERRY = report("ferry", "The ferry runs twice a day in winter.")
SCHOOL = report("school", "The school in the north has sixty pupils.")
MARKET = report("market", "The market was moved to the harbour.")


class TestRowsOfAFile:
    def test_a_second_row_with_one_ref_is_refused_with_both_lines(
        self, cli: Cli, tmp_path: Path
    ) -> None:
        other = report("bridge", "The old bridge was sold to a museum.")
        result = cli("ingest", rows(tmp_path / "in.jsonl", BRIDGE, FERRY, other))
        assert result.code == 1
        assert "line 3: ref: 'bridge' is that of line 1 already" in result.err
        assert result.out.startswith("2 reports added")

    def test_a_table_and_a_list_are_held_to_that_too(self, cli: Cli, tmp_path: Path) -> None:
        (tmp_path / "in.csv").write_text(
            "ref,publisher,text\na,P,The bridge is closed now\na,P,The bridge is open now\n",
            "utf-8",
        )
        (tmp_path / "in.json").write_text(json.dumps([BRIDGE, BRIDGE]), "utf-8")
        assert "line 3: ref: 'a' is that of line 2" in cli("ingest", tmp_path / "in.csv").err
        assert "row 2: ref: 'bridge' is that of row 1" in cli("ingest", tmp_path / "in.json").err

    def test_the_same_file_again_is_known_and_not_refused(self, cli: Cli, tmp_path: Path) -> None:
        file = rows(tmp_path / "in.jsonl", BRIDGE)
        assert cli("ingest", file).code == 0
        again = cli("ingest", file, file)
        assert (again.code, "2 were known already" in again.out) == (0, True)

    def test_a_date_in_the_future_is_warned_of_and_taken(self, cli: Cli, tmp_path: Path) -> None:
        late = {**FERRY, "published_at": "2999-01-01"}
        later = report("x", "", statements=[{"text": "The road is new.", "as_of": "2999-02-03"}])
        result = cli("ingest", rows(tmp_path / "in.jsonl", BRIDGE, late, later))
        assert result.code == 0
        assert "in.jsonl: line 2: published_at: 2999-01-01 is in the future" in result.err
        assert "in.jsonl: line 3: statements[0].as_of: 2999-02-03 is" in result.err
        assert "2 warnings: 2 with a date in the future" in result.out
        assert result.out.startswith("3 reports added")

    def test_ratings_that_are_not_known_are_warned_of_by_line(
        self, cli: Cli, tmp_path: Path
    ) -> None:
        file = tmp_path / "in.csv"
        file.write_text(
            "publisher,kind,text,rating\nP,fact_check,A crocodile was seen.,Flase\n"
            "P,fact_check,A whale was seen.,\nP,fact_check,A bear was seen.,False\n",
            "utf-8",
        )
        result = cli("ingest", file)
        assert result.code == 0
        assert "line 2: statements[0].rating: 'Flase' is not known; did you mean" in result.err
        assert "line 3: statements[0].rating: is missing" in result.err
        assert "line 4" not in result.err
        assert "1 with an unknown rating, 1 without a rating in a fact-check" in result.out

    def test_what_is_left_out_is_counted_by_kind(self, cli: Cli, tmp_path: Path) -> None:
        file = rows(
            tmp_path / "in.jsonl",
            BRIDGE,
            BRIDGE,
            {"publisher": "P"},
            report("a", "x" * 10_001),
            report("b", "y" * 10_001),
            report("c", "Rain tomorrow.", kind="rumour"),
            report("d", "Rain tomorrow.", published_at="tomorrow"),
            report("e", "Rain tomorrow.", url="ftp://a.example"),
            report("f", "Rain tomorrow.", publisher=None),
            ["no", "object"],
        )
        said = cli("ingest", file, tmp_path / "absent.jsonl").out.splitlines()
        kinds = (
            "2 too long, 1 with a ref that is taken, 1 without text, 1 of an unknown kind,"
            " 1 with an unreadable date, 1 with an unusable address, 1 without a publisher,"
            " 1 broken"
        )
        assert f"9 rows left out: {kinds}" in said
        assert "1 file or address could not be read" in said
        counts = json.loads(cli("ingest", file, "--json").out)["left_out"]
        assert counts["too_long"] == 2
        assert sum(counts.values()) == 9


class TestDryRun:
    def test_tells_what_would_be_added_and_adds_nothing(self, cli: Cli, tmp_path: Path) -> None:
        file = rows(tmp_path / "in.jsonl", BRIDGE, FERRY, {"publisher": "P"})
        again = {key: value for key, value in BRIDGE.items() if key != "ref"}
        copy = rows(tmp_path / "copy.jsonl", again)
        result = cli("ingest", "--dry-run", "--publish", file, copy)
        assert result.code == 1
        assert result.out.startswith(
            "2 reports would be added with 2 statements; 1 was known already; nothing was kept\n"
            "1 row left out: 1 without text"
        )
        assert cli("statements", "list").out == ""
        assert cli("ingest", copy).code == 0
        told = json.loads(cli("ingest", "--dry-run", file, "--json").out)
        assert (told["dry_run"], told["reports_added"], told["duplicates"]) == (True, 1, 1)


class TestPublishing:
    @staticmethod
    def next_commands(out: str) -> list[list[str]]:
        """Return the commands that a summary ends with."""
        return [
            shlex.split(line)[1:] for line in out.splitlines() if line.startswith("  tathabbat ")
        ]

    def test_the_next_commands_after_ingest_work_as_they_are(
        self, cli: Cli, tmp_path: Path
    ) -> None:
        quoted = report("it's a ref; really", "The lake froze over in January.")
        out = cli("ingest", rows(tmp_path / "in.jsonl", BRIDGE, quoted)).out
        *shows, publish = self.next_commands(out)
        assert [cli(*show).out.count("(draft)") for show in shows] == [1, 1]
        assert cli(*publish).out == "2 statements published\n"

    def test_many_reports_are_published_as_all_drafts(self, cli: Cli, tmp_path: Path) -> None:
        out = cli("ingest", rows(tmp_path / "in.jsonl", BRIDGE, FERRY, SCHOOL, MARKET)).out
        listing, publish = self.next_commands(out)
        assert len(cli(*listing).out.splitlines()) == 4
        assert cli(*publish, "--yes").out == "4 statements published\n"

    def test_nothing_is_to_do_where_all_is_published(self, cli: Cli, tmp_path: Path) -> None:
        out = cli("ingest", rows(tmp_path / "in.jsonl", BRIDGE), "--publish").out
        assert self.next_commands(out) == []

    def test_drafts_of_an_earlier_ingest_are_published_and_counted(
        self, cli: Cli, tmp_path: Path
    ) -> None:
        file = rows(tmp_path / "in.jsonl", BRIDGE, FERRY)
        cli("ingest", file)
        cli("statements", "review", "ferry")
        out = cli("ingest", file, "--publish").out
        assert "2 published; 2 were known already" in out
        assert "2 drafts of what was known already" in out
        assert len(cli("statements", "list", "--status", "published").out.splitlines()) == 2
        assert "0 published; 2 were known" in cli("ingest", file, "--publish").out

    def test_drafts_that_are_known_already_are_named_again(self, cli: Cli, tmp_path: Path) -> None:
        file = rows(tmp_path / "in.jsonl", BRIDGE)
        cli("ingest", file)
        *_, publish = self.next_commands(cli("ingest", file, file).out)
        assert publish == ["statements", "publish", "--report", "bridge"]
        assert cli(*publish).out == "1 statement published\n"
        assert self.next_commands(cli("ingest", file).out) == []

    def test_what_was_withdrawn_stays_so_and_is_said(self, cli: Cli, tmp_path: Path) -> None:
        file = rows(tmp_path / "in.jsonl", BRIDGE)
        cli("ingest", file, "--publish")
        assert cli("statements", "retract", "bridge", "--reason", "wrong").code == 0
        out = cli("ingest", file, "--publish").out
        assert "0 published; 1 was known already" in out
        assert "1 statement stays retracted" in out

    def test_several_refs_are_published_or_none(self, cli: Cli, tmp_path: Path) -> None:
        cli("ingest", rows(tmp_path / "in.jsonl", BRIDGE, FERRY, SCHOOL))
        wrong = cli("statements", "publish", "bridge-1", "nothing")
        assert (wrong.code, "'nothing'" in wrong.err) == (1, True)
        assert cli("statements", "list", "--status", "published").out == ""
        done = cli("statements", "publish", "bridge-1", "ferry", "--report", "school")
        assert done.out == "3 statements published\n"
        # A statement's reference is no report's.
        assert cli("statements", "publish", "--report", "bridge-1").code == 1

    def test_all_drafts_are_published_only_if_somebody_says_so(
        self, cli: Cli, tmp_path: Path, answers: Callable[[str], None]
    ) -> None:
        cli("ingest", rows(tmp_path / "in.jsonl", BRIDGE, FERRY))
        cli("statements", "review", "bridge")
        unasked = cli("statements", "publish", "--all-drafts")
        assert unasked.code == 2
        assert "2 drafts, reviewed or not; add --yes" in unasked.err
        answers("n")
        declined = cli("statements", "publish", "--all-drafts")
        assert (declined.code, "nothing was changed" in declined.err) == (1, True)
        assert cli("statements", "list", "--status", "published").out == ""
        answers("y")
        assert "2 statements published" in cli("statements", "publish", "--all-drafts").out
        assert (
            cli("statements", "publish", "--all-drafts").out == "no drafts wait to be published\n"
        )

    @pytest.mark.parametrize("arguments", [(), ("bridge", "--all-drafts")])
    def test_what_to_publish_must_be_clear(self, cli: Cli, arguments: tuple[str, ...]) -> None:
        assert cli("statements", "publish", *arguments).code == 2

    def test_the_history_is_there_for_programs(self, cli: Cli, tmp_path: Path) -> None:
        cli("ingest", rows(tmp_path / "in.jsonl", BRIDGE))
        assert "nothing was done to it yet" in cli("statements", "history", "bridge").err
        cli("statements", "publish", "bridge", "--reason", "read twice")
        (row,) = cli("statements", "history", "bridge", "--json").rows
        assert (row["ref"], row["action"], row["reason"]) == ("bridge-1", "published", "read twice")


class TestDowngrade:
    def test_asks_first(self, cli: Cli, answers: Callable[[str], None]) -> None:
        unasked = cli("db", "downgrade", "base")
        assert (unasked.code, "add --yes" in unasked.err) == (2, True)
        answers("n")
        assert cli("db", "downgrade", "base").code == 1
        assert cli("db", "check").code == 0
        answers("y")
        assert cli("db", "downgrade", "base").code == 0
        assert cli("db", "check").code == 1


class TestWithoutADatabase:
    @pytest.mark.parametrize(
        "line",
        [
            "check 'the bridge is closed today'",
            "chat",
            "statements list",
            "users list",
            "sources poll",
            "updates list",
            "export csv",
            "reindex",
            "index status",
            "index rollback",
            "index prune",
            "db check",
            "db downgrade base --yes",
            "db backup copy.db",
            "ingest --dry-run in.jsonl",
        ],
    )
    def test_what_needs_one_says_so_and_makes_nothing(
        self, nowhere: Cli, tmp_path: Path, line: str
    ) -> None:
        file = rows(tmp_path / "in.jsonl", BRIDGE)
        result = nowhere(*shlex.split(line))
        assert result.code == 1
        assert f"{tmp_path / 'data'} holds no database" in result.err
        assert "tathabbat db upgrade" in result.err
        assert list(tmp_path.iterdir()) == [file]

    @pytest.mark.parametrize("line", ["ingest in.jsonl", "users grant 7 --name Mona", "db upgrade"])
    def test_what_an_installation_begins_with_makes_it(
        self, nowhere: Cli, tmp_path: Path, line: str
    ) -> None:
        rows(tmp_path / "in.jsonl", BRIDGE)
        assert nowhere(*shlex.split(line)).code == 0
        assert nowhere("db", "check").code == 0

    def test_an_empty_one_is_not_filled_by_looking(self, nowhere: Cli, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "tathabbat.db").touch()
        listed = nowhere("statements", "list")
        assert (listed.code, "the database is empty" in listed.err) == (1, True)
        assert nowhere("doctor").out.count("the database is empty") == 1

    def test_the_doctor_makes_nothing_and_says_it_once(self, nowhere: Cli, tmp_path: Path) -> None:
        result = nowhere("doctor")
        assert result.code == 1
        assert result.out.count("holds no database") == 1
        assert "failure  database: " in result.out
        assert list(tmp_path.iterdir()) == []


class TestIndexStatus:
    def test_counts_what_the_index_has_not_taken_in(self, cli: Cli, tmp_path: Path) -> None:
        cli("ingest", rows(tmp_path / "in.jsonl", BRIDGE), "--publish")
        cli("reindex")
        assert "nothing has changed since then" in cli("index", "status").out
        cli("ingest", rows(tmp_path / "more.jsonl", FERRY, SCHOOL), "--publish")
        cli("statements", "retract", "bridge", "--reason", "wrong")
        said = cli("index", "status").out
        assert "3 changes since then (2 added or edited, 1 removed)" in said
        (told,) = cli("index", "status", "--json").rows
        assert (told["changes_since"], told["added"], told["removed"]) == (3, 2, 1)
        cli("reindex")
        assert json.loads(cli("index", "status", "--json").out)["changes_since"] == 0

    def test_an_index_of_another_database_is_called_so(
        self, cli: Cli, tmp_path: Path, migrated_file: Path
    ) -> None:
        cli("ingest", rows(tmp_path / "in.jsonl", BRIDGE), "--publish")
        cli("reindex")
        for file in (tmp_path / "data").glob("tathabbat.db*"):
            file.unlink()
        shutil.copy(migrated_file, tmp_path / "data" / "tathabbat.db")
        result = cli("index", "status")
        assert (result.code, "another database" in result.err) == (1, True)


class TestExport:
    def test_a_file_that_is_there_is_replaced_only_by_force(self, cli: Cli, tmp_path: Path) -> None:
        cli("ingest", rows(tmp_path / "in.jsonl", BRIDGE), "--publish")
        notes = tmp_path / "notes.csv"
        notes.write_text("what I wrote", "utf-8")
        for kind in ("csv", "claimreview"):
            refused = cli("export", kind, "--output", notes)
            assert (refused.code, f"{notes} is there already" in refused.err) == (1, True)
        assert notes.read_text("utf-8") == "what I wrote"
        assert cli("export", "csv", "--output", notes, "--force").code == 0
        assert "old bridge" in notes.read_text("utf-8")
        assert cli("export", "csv", "--output", "/dev/null").code == 0


class TestLists:
    @pytest.mark.parametrize(
        ("line", "says"),
        [
            ("sources list", "tathabbat sources add NAME URL"),
            ("statements list", "tathabbat ingest FILE"),
            ("statements list --status draft", "no statement is draft"),
            ("users list", "tathabbat users grant ID"),
            ("updates list", "no message was given up"),
        ],
    )
    def test_an_empty_one_says_so_beside_its_output(self, cli: Cli, line: str, says: str) -> None:
        listed = cli(*shlex.split(line))
        assert (listed.code, listed.out) == (0, "")
        assert says in listed.err
        assert cli(*shlex.split(line), "--json") == Result(0, "", "")

    def test_what_lists_or_tells_how_things_are_has_json(self) -> None:
        told = {"list", "show", "history", "status", "verify", "check", "doctor", "poll", "prune"}
        lacking = {
            path
            for path, command in commands(tathabbat, click.Context(tathabbat))
            if command.name in told and "--json" not in options(command)
        }
        assert not lacking


def commands(
    group: click.Group, context: click.Context, before: str = ""
) -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something, with the words it is called by."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        path = f"{before} {name}".strip()
        if isinstance(command, click.Group):
            yield from commands(command, context, path)
        else:
            yield path, command


def options(command: click.Command) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts}


class TestSettings:
    def test_each_is_shown_with_where_it_comes_from_and_no_secret(
        self, nowhere: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / ".env").write_text(
            "TELEGRAM_BOT_TOKEN=12345678:" + "t" * 35 + "\n"
            "CONSOLE_URL=https://admin:hunter22@console.example\nADMIN_IDS=12,7\n"
            "RETENTION_DAYS=30\nDATABASE_URL=\n",
            "utf-8",
        )
        monkeypatch.setenv("RETENTION_DAYS", "60")
        shown = nowhere("config", "show")
        assert "hunter22" not in shown.out
        assert "ttttt" not in shown.out
        assert "TELEGRAM_BOT_TOKEN         [hidden]  (.env)" in shown.out
        assert "DATABASE_URL               not set  (default)" in shown.out
        told = {row["setting"]: row for row in nowhere("config", "show", "--json").rows}
        assert told["RETENTION_DAYS"] == {
            "setting": "RETENTION_DAYS", "value": 60, "from": "environment"
        }  # fmt: skip
        assert (told["ADMIN_IDS"]["value"], told["ADMIN_IDS"]["from"]) == ([7, 12], ".env")
        assert told["PUBLISH_NEEDS_TWO"]["value"] is False
        assert list(tmp_path.iterdir()) == [tmp_path / ".env"]

    def test_a_misspelled_one_is_warned_of_without_its_value(
        self, nowhere: Cli, tmp_path: Path
    ) -> None:
        (tmp_path / ".env").write_text("RETENTION_DAY=hunter22\n", "utf-8")
        shown = nowhere("config", "show", "--json")
        assert "RETENTION_DAY in .env is not a setting" in shown.err
        assert "did you mean RETENTION_DAYS?" in shown.err
        assert "hunter22" not in shown.out + shown.err


class TestTyping:
    @pytest.mark.parametrize(
        ("line", "meant"),
        [
            ("statments list", "'statements'"),
            ("statements publsh", "'publish'"),
            ("ingest --publsh in.txt", "'--publish'"),
        ],
    )
    def test_what_is_mistyped_is_told_what_comes_close(
        self, nowhere: Cli, line: str, meant: str
    ) -> None:
        result = nowhere(*shlex.split(line))
        assert result.code == 2
        assert "Did you mean" in result.err
        assert meant in result.err

    def test_a_shell_completes_commands_and_options(
        self, nowhere: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for words, completed in (
            ("tathabbat sta", "statements"),
            ("tathabbat statements publish --all", "--all-drafts"),
        ):
            monkeypatch.setenv("_TATHABBAT_COMPLETE", "bash_complete")
            monkeypatch.setenv("COMP_WORDS", words)
            monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
            assert nowhere().out == f"plain,{completed}\n"
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(("no_color", "colours"), [("", True), ("1", False)])
    def test_a_terminal_shows_colours_unless_they_are_not_wanted(
        self, tmp_path: Path, no_color: str, colours: bool
    ) -> None:
        ours, theirs = pty.openpty()
        environment = {**os.environ, "DATA_DIR": str(tmp_path / "data"), "NO_COLOR": no_color}
        call = [sys.executable, "-m", "bot.cli.main", "doctor"]
        done = subprocess.run(call, cwd=tmp_path, env=environment, stdout=theirs, check=False)
        os.close(theirs)
        shown = os.read(ours, 10_000).decode()
        os.close(ours)
        assert done.returncode == 1
        assert "holds no database" in shown
        assert ("\x1b[31mfailure" in shown) == colours
        assert ("\x1b" in shown) == colours
