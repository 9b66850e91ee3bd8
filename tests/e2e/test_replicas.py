"""Three bots behind webhooks with one PostgreSQL and one Milvus: as whole processes, killed and cut
off.
"""

import math
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from bot.telegram.outgoing.rate_limits import Limits
from knowledge.domain import Course
from knowledge.models import QueuedUpdate
from knowledge.storage.database import Sessions, open_engine
from knowledge.update_queue import queued_updates
from tests.e2e.balanced_server import BalancedServer, Wire, free_ports
from tests.e2e.bot_api_server import is_placeholder
from tests.e2e.test_whole_bot import REFUTED
from tests.e2e.whole_bot import SAMPLE, Installation, installation
from tests.integration import milvus_server, postgres

REPLICAS = 3
PEOPLE = 40
LIMITS = Limits()
#: Far longer than a lease that has to end, and starts on a machine that does much else.
PATIENCE_S = 240.0
NAME = "replicated"
#: How long a message takes where replies are to wait for others that are sent.
SLOW_S = 0.5


@dataclass
class Replicas:
    """The bots, their Telegram, their database and what connects each of them to it."""

    server: BalancedServer
    sessions: Sessions
    programs: list[Installation]
    wires: list[Wire]
    logs: Path
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start_all(self) -> None:
        """Start those that do not run, and return once they take updates."""
        which, before = set(range(REPLICAS)) - self.processes.keys(), len(self.server.calls)
        for number in which:
            with (self.logs / f"{number}.log").open("ab") as log:
                self.processes[number] = self.programs[number].launch(self.server, log)
        for _ in which:
            before = self.server.wait_for_call("setWebhook", before, PATIENCE_S).number

    def wait_for_end(self, number: int) -> tuple[int, str]:
        """Return the exit code and the last line of a replica that stops by itself."""
        code = self.processes.pop(number).wait(PATIENCE_S)
        return code, (self.logs / f"{number}.log").read_text("utf-8").splitlines()[-1]

    def kill(self, number: int) -> None:
        """Kill a replica as a crash does."""
        process = self.processes.pop(number)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """Stop all."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(60)

    def ask(self, first: int, people: int = PEOPLE) -> dict[int, int]:
        """Have people ask one claim each; returns their messages, by person."""
        updates = {n: self.server.send_text(n, REFUTED) for n in range(first, first + people)}
        return {person: self.server.message_of(update) for person, update in updates.items()}

    def answers(self, asked: dict[int, int]) -> Counter[int]:
        """Count the messages that answer each person now: an edited one is one."""
        last = {(sent.chat_id, sent.message_id): sent for sent in self.server.sent}
        return Counter(
            sent.chat_id
            for sent in last.values()
            if asked.get(sent.chat_id) == sent.reply_to and not is_placeholder(sent)
        )

    def wait_for_answers(self, asked: dict[int, int], people: int | None = None) -> Counter[int]:
        """Return the answers once so many people have one, by default all."""
        wanted = people or len(asked)

        def look() -> Counter[int] | None:
            found = self.answers(asked)
            return found if len(found) >= wanted else None

        return self.server._wait(look, PATIENCE_S, f"{wanted} answers")

    def wait_until_done(self) -> queued_updates.Tally:
        """Return what the queue counts once nothing waits in it."""
        until = time.monotonic() + PATIENCE_S
        while (tally := self.sessions.read(queued_updates.count_states)).waiting:
            assert time.monotonic() < until, tally
            time.sleep(0.1)
        return tally


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Replicas]:
    programs = postgres.binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    milvus_server.require_milvus_lite()
    folder, ports = tmp_path_factory.mktemp("replicas"), free_ports(REPLICAS + 1)
    hooks = [f"http://127.0.0.1:{port}/hook" for port in ports]
    with ExitStack() as held:
        address = held.enter_context(postgres.running(programs))
        postgres.command(address, f"CREATE DATABASE {NAME}")
        index = held.enter_context(milvus_server.running(folder / "milvus"))
        sockets = Path(address.partition("host=")[2])
        server = held.enter_context(BalancedServer(hooks[:REPLICAS]))
        wires = [held.enter_context(Wire(sockets)) for _ in range(REPLICAS)]
        installed = [
            installation(folder / f"machine-{number}", models_dir) for number in range(REPLICAS)
        ]
        for program, wire, port in zip(installed, wires, ports, strict=False):
            program.settings.update(
                DATABASE_URL=f"postgresql+psycopg://postgres@/{NAME}?host={wire.folder}",
                INDEX_URL=index.url,
                SECRET_KEY="a key that all the replicas of these tests share",
                # The load balancer's address: Telegram's own requests go through it.
                WEBHOOK_URL=hooks[REPLICAS],
                WEBHOOK_SECRET="the-secret",
                WEBHOOK_BIND=f"127.0.0.1:{port}",
            )
        for command in (("ingest", SAMPLE, "--publish"), ("reindex",)):
            done = installed[0].call(*command)
            assert done.returncode == 0, done.stderr
        engine = open_engine(address.format(NAME))
        held.callback(engine.dispose)
        replicas = Replicas(server, Sessions(engine), installed, wires, folder)
        held.callback(replicas.stop)
        yield replicas
        assert server.problems == []


def test_each_takes_its_part_and_a_person_is_answered_as_often_as_by_one(
    replicas: Replicas,
) -> None:
    replicas.start_all()
    began = time.monotonic()
    updates = [replicas.server.send_text(501, "/help") for _ in range(30)]
    replicas.server.wait_until_acknowledged(updates[-1])
    passed = time.monotonic() - began
    assert {replicas.server.taken_by[each] for each in updates} == {0, 1, 2}
    with replicas.sessions() as session:
        rows = session.execute(
            select(QueuedUpdate.course, func.count())
            .where(QueuedUpdate.id.in_(updates))
            .group_by(QueuedUpdate.course)
        )
        courses: dict[Course, int] = {row[0]: row[1] for row in rows}
    earned = math.ceil(passed * LIMITS.person_per_minute / 60)
    assert LIMITS.person_burst <= courses[Course.ANSWER] <= LIMITS.person_burst + earned
    assert courses[Course.SLOW_DOWN] == 1


def test_one_that_is_killed_loses_nothing_and_repeats_three_at_most(replicas: Replicas) -> None:
    replicas.start_all()
    replicas.server.latency = SLOW_S
    asked = replicas.ask(1_000)
    replicas.wait_for_answers(asked, 5)
    replicas.kill(0)
    replicas.wait_for_answers(asked)
    tally = replicas.wait_until_done()
    answered = replicas.answers(asked)
    assert answered.keys() == asked.keys()
    assert answered.total() - len(asked) <= LIMITS.unrecorded
    assert tally.given_up == 0


def test_one_that_is_cut_off_from_the_database_loses_nothing_and_repeats_three_at_most(
    replicas: Replicas,
) -> None:
    replicas.start_all()
    replicas.server.latency = SLOW_S
    asked = replicas.ask(2_000)
    replicas.wait_for_answers(asked, 5)
    replicas.wires[1].cut()
    replicas.wait_for_answers(asked)
    replicas.wait_until_done()
    replicas.wires[1].mend()
    # It takes and answers updates again, and sends nothing of what it had in hand.
    later: dict[int, int] = {}
    until = time.monotonic() + PATIENCE_S
    while 1 not in {replicas.server.taken_by[each] for each in _numbers(replicas, later)}:
        assert time.monotonic() < until
        later |= replicas.ask(3_000 + len(later), 1)
        replicas.wait_for_answers(later)
    tally = replicas.wait_until_done()
    answered = replicas.answers(asked)
    assert answered.keys() == asked.keys()
    assert answered.total() - len(asked) <= LIMITS.unrecorded
    assert replicas.answers(later) == Counter(dict.fromkeys(later, 1))
    assert tally.given_up == 0


def test_of_two_versions_the_older_refuses_to_start_and_stops_where_it_runs(
    replicas: Replicas,
) -> None:
    replicas.start_all()
    asked = replicas.ask(4_000, 3)
    with replicas.sessions.begin() as session:
        revision = text("UPDATE alembic_version SET version_num = :r")
        known = session.scalar(text("SELECT version_num FROM alembic_version"))
        session.execute(revision, {"r": "0002_of_a_newer_version"})
    try:
        told = {
            "TELEGRAM_BOT_TOKEN": replicas.server.token,
            "TELEGRAM_API_URL": replicas.server.url,
        }
        program = replicas.programs[2]
        refused = Installation(program.folder, {**program.settings, **told}).call("run")
        assert refused.returncode == 1
        assert "which this version does not know" in refused.stderr.splitlines()[-1]
        for number in range(REPLICAS):
            code, said = replicas.wait_for_end(number)
            assert code == 1
            assert "was brought to revision 0002_of_a_newer_version while this program ran" in said
    finally:
        with replicas.sessions.begin() as session:
            session.execute(revision, {"r": known})
    # What was in hand was finished.
    assert replicas.answers(asked) == Counter(dict.fromkeys(asked, 1))
    replicas.wait_until_done()


def _numbers(replicas: Replicas, asked: dict[int, int]) -> list[int]:
    """Return the updates of people's messages that were delivered."""
    wanted = set(asked.values())
    return [n for n in replicas.server.taken_by if replicas.server.message_of(n) in wanted]
