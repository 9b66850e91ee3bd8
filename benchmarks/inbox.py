"""Measure what the durable inbox costs, and what one person's flood does to others.

    python -m benchmarks.inbox [--postgresql [--shared-limits]]

The channel with a conversation that answers at once, as a process of its own, against a Bot API
server on loopback, with 150 sends a second let through instead of Telegram's 30: everything but
the answering. Prints how many claims a second are stored, answered, sent and recorded when all
arrive at once, and how long others wait before and while one person sends 500 messages in 10
seconds. The database is SQLite, or a PostgreSQL server of the benchmark's own that never waits for
the disk; with ``--shared-limits`` rate limits are kept there, as where several processes answer.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from itertools import count
from pathlib import Path

from knowledge.storage.database import open_engine
from knowledge.storage.schema import upgrade
from tests.e2e.bot_api_server import BotApiServer
from tests.integration import postgres

_CLAIMS = 3000
_FLOOD, _FLOOD_S = 500, 10.0
#: Floods, each of another person, between times without one: of fewer the slowest in a hundred are
#: two or three.
_ROUNDS = 8
_OTHERS_A_SECOND = 15
_NUMBERS = count(1)


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--shared-limits", action="store_true")
    given = parser.parse_args()
    options = ["--shared-limits"] if given.shared_limits else []
    if not given.postgresql:
        _measure(options)
        return
    programs = postgres.binaries()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with postgres.running(programs) as server:
        address = server.format("postgres")
        engine = open_engine(address)
        upgrade(engine)
        engine.dispose()
        _measure([*options, "--database", address])


def _measure(options: list[str]) -> None:
    before: list[float] = []
    during: list[float] = []
    with tempfile.TemporaryDirectory() as folder, BotApiServer() as server:
        command = [sys.executable, "-m", "tests.e2e.echo_bot", server.url, folder]
        process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, "--sends-per-second", "150", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            server.wait_for_call("getUpdates", timeout=120)
            started = time.perf_counter()
            # Fewer at once than are turned away for being too many.
            for begin in range(0, _CLAIMS, 500):
                people = [10_000 + begin + number for number in range(500)]
                for person in people:
                    server.send_text(person, "claim")
                for person in people:
                    server.wait_for_message(person, timeout=60)
            passed = time.perf_counter() - started
            spent = _processor_seconds(process.pid) / _CLAIMS * 1000
            print(
                f"{_CLAIMS / passed:.0f} claims a second, 500 at a time;"
                f" {spent:.1f} ms of the processor each"
            )
            for _ in range(_ROUNDS):
                before += _waits(server, _FLOOD_S)
                flood = threading.Thread(target=_flood, args=(server, next(_NUMBERS)))
                flood.start()
                during += _waits(server, _FLOOD_S)
                flood.join()
        finally:
            process.terminate()
            process.wait(60)
    for name, waits in (("before", before), ("during a flood", during)):
        print(
            f"others {name}: median {statistics.median(waits):.0f} ms,"
            f" p99 {statistics.quantiles(waits, n=100)[98]:.0f} ms"
        )
    print(f"problems {server.problems}")


def _processor_seconds(process: int) -> float:
    """Return the processor time a process took so far (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _waits(server: BotApiServer, seconds: float) -> list[float]:
    """Return what people wait, in milliseconds, who come evenly over a time."""
    waits: list[float] = []

    def ask(person: int) -> None:
        started = time.perf_counter()
        server.send_text(person, "claim")
        server.wait_for_message(person)
        waits.append((time.perf_counter() - started) * 1000)

    asking = []
    for _ in range(round(seconds * _OTHERS_A_SECOND)):
        asking.append(threading.Thread(target=ask, args=(100_000 + next(_NUMBERS),)))
        asking[-1].start()
        time.sleep(1 / _OTHERS_A_SECOND)
    for each in asking:
        each.join()
    return waits


def _flood(server: BotApiServer, person: int) -> None:
    for number in range(_FLOOD):
        server.send_text(person, f"number {number}")
        time.sleep(_FLOOD_S / _FLOOD)


if __name__ == "__main__":
    main()
