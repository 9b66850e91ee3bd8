"""Several processes of one bot answer: each claim once, whichever of them dies."""

import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.supervision.supervisor import FRONT, SILENCE_S
from bot.telegram.outgoing.rate_limits import Limits
from knowledge.storage.database import open_engine
from tests.e2e.balanced_server import free_ports
from tests.e2e.bot_api_server import BotApiServer, is_placeholder
from tests.e2e.test_whole_bot import REFUTED, SUPPORTED, UNRELATED
from tests.e2e.whole_bot import SAMPLE, Installation, installation
from tests.integration.postgres import binaries, command, running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks with loaded models")

PEOPLE = 24
#: How each claim is answered.
OPENINGS = {REFUTED: "❌", SUPPORTED: "✅", UNRELATED: "⚪"}
_PATIENCE = 60.0


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'tathabbat.db'}"
        return
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with running(programs) as server:
        command(server, "CREATE DATABASE several")
        yield server.format("several")


@pytest.fixture
def bind() -> str:
    (port,) = free_ports(1)
    return f"127.0.0.1:{port}"


@pytest.fixture
def program(tmp_path: Path, models_dir: Path, address: str, bind: str) -> Installation:
    """Return the program with the sample report published and two processes that answer."""
    settings = {"WORKERS": "2", "DATABASE_URL": address, "METRICS_BIND": bind}
    program = replace(installation(tmp_path / "bot", models_dir), settings=settings)
    done = program.call("ingest", SAMPLE, "--publish")
    assert done.returncode == 0, done.stderr
    return program


class Processes:
    """The processes of the bot, as its log and its figures tell."""

    def __init__(self, log: Path, bind: str) -> None:
        self._log, self._bind = log, bind

    def pids(self, number: int) -> list[int]:
        """Return the pids of all processes that had this number, the latest last."""
        return [
            line["pid"]
            for line in read_lines(self._log)
            if line["event"] == "process_started" and line["worker"] == number
        ]

    def get(self, path: str) -> str:
        try:
            with urllib.request.urlopen(f"http://{self._bind}{path}", timeout=30) as answer:
                read: str = answer.read().decode()
                return read
        except urllib.error.HTTPError as error:
            with closing(error):
                return error.read().decode()
        except urllib.error.URLError:
            return ""

    def wait_for_two(self, server: BotApiServer) -> None:
        """Return once both answer."""
        both = "tathabbat_answering_processes 2.0"
        server._wait(lambda: both in self.get("/metrics") or None, _PATIENCE, "two processes")


def ask(server: BotApiServer, people: Sequence[int]) -> None:
    for person, claim in zip(people, list(OPENINGS) * len(people), strict=False):
        server.send_text(person, claim)


def wait_for_answers(server: BotApiServer, people: Sequence[int]) -> None:
    for person, opening in zip(people, list(OPENINGS.values()) * len(people), strict=False):
        assert opening in server.wait_for_message(person, timeout=_PATIENCE).text[:4]


def read_lines(log: Path) -> list[dict[str, Any]]:
    """Return what the processes logged."""
    return [json.loads(line) for line in log.read_text("utf-8").splitlines() if line]


def count_answers(server: BotApiServer, people: Sequence[int]) -> dict[int, int]:
    """Return how many messages each got that are answers."""
    answers = [each.chat_id for each in server.sent if not is_placeholder(each)]
    return {person: answers.count(person) for person in people}


def read_holders(address: str) -> int:
    """Return how many processes took updates."""
    engine = open_engine(address)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT COUNT(DISTINCT holder) FROM updates")).scalar_one()
    engine.dispose()
    return int(found)


def test_each_claim_is_answered_once_whichever_process_dies(
    program: Installation, address: str, bind: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    processes = Processes(log, bind)
    with BotApiServer() as server, program.running(server, log) as bot:
        processes.wait_for_two(server)
        assert processes.get("/healthz") == "ok\n"

        first = range(1001, 1001 + PEOPLE)
        ask(server, first)
        wait_for_answers(server, first)
        assert set(count_answers(server, first).values()) == {1}
        assert read_holders(address) == 2
        # The figures are sums over the processes.
        assert f'tathabbat_updates_total{{kind="claim"}} {PEOPLE}.0' in processes.get("/metrics")

        second = range(2001, 2001 + PEOPLE)
        ask(server, second)
        server.wait_for_message(second[0], timeout=_PATIENCE)
        os.kill(processes.pids(1)[-1], signal.SIGKILL)
        wait_for_answers(server, second)
        twice = [count for count in count_answers(server, second).values() if count > 1]
        assert len(twice) <= Limits().unrecorded
        processes.wait_for_two(server)
        assert len(processes.pids(1)) == 2

        # And whoever takes updates in is replaced too.
        os.kill(processes.pids(0)[-1], signal.SIGKILL)
        third = range(3001, 3004)
        ask(server, third)
        wait_for_answers(server, third)

        bot.send_signal(signal.SIGTERM)
        assert bot.wait(_PATIENCE) == 0
        assert server.problems == []
    by = {line["worker"] for line in read_lines(log) if line["event"] == "update_sent"}
    assert by == {1, 2}
    for number in range(3):
        assert not Path(f"/proc/{processes.pids(number)[-1]}").exists()


def test_whichever_process_hangs_is_replaced(tmp_path: Path, models_dir: Path) -> None:
    program = replace(installation(tmp_path / "bot", models_dir), settings={"WORKERS": "2"})
    log = tmp_path / "log"
    processes = Processes(log, "")
    with BotApiServer() as server, program.running(server, log):
        ask(server, [1])
        assert server.wait_for_message(1, timeout=_PATIENCE).text
        for number in (FRONT, 1):
            os.kill(processes.pids(number)[-1], signal.SIGSTOP)
        for number in (FRONT, 1):

            def replaced(number: int = number) -> bool | None:
                return len(processes.pids(number)) == 2 or None

            server._wait(replaced, SILENCE_S + _PATIENCE, f"another process {number}")
        ask(server, [2])
        assert server.wait_for_message(2, timeout=_PATIENCE).text
    lines = read_lines(log)
    hung = [(line["event"], line["worker"]) for line in lines if line["level"] == "ERROR"]
    assert sorted(hung) == [
        ("process_ended", FRONT),
        ("process_ended", 1),
        ("process_hangs", FRONT),
        ("process_hangs", 1),
    ]


def test_a_token_that_is_refused_ends_all(tmp_path: Path, models_dir: Path, bind: str) -> None:
    program = replace(installation(tmp_path / "bot", models_dir), settings={"WORKERS": "2"})
    log = tmp_path / "log"
    with BotApiServer() as server, program.running(server, log) as bot:
        server.token = "1:another"
        ask(server, [1])
        assert bot.wait(_PATIENCE) == 1
    assert "Telegram does not accept TELEGRAM_BOT_TOKEN" in log.read_text("utf-8")


def test_all_end_once_another_version_upgraded_the_database(
    tmp_path: Path, models_dir: Path
) -> None:
    address = f"sqlite:///{tmp_path / 'tathabbat.db'}"
    settings = {"WORKERS": "2", "DATABASE_URL": address}
    program = replace(installation(tmp_path / "bot", models_dir), settings=settings)
    with BotApiServer() as server, program.running(server, tmp_path / "log") as process:
        engine = open_engine(address)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0002_newer'"))
        engine.dispose()
        assert process.wait(_PATIENCE) == 1
    said = (tmp_path / "log").read_text("utf-8")
    assert "tathabbat: the database was brought to revision 0002_newer" in said
    assert "process_broken" not in said
