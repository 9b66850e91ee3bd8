"""Measure a claim whose answer is kept: processor time by thread, and statements of SQL.

    python -m benchmarks.repeated_claim [--rows 2000] [--claims 2000] [--statements] [--profile]

The program as `tathabbat run` runs it, in a process of its own, against a Bot API server on
loopback. A few claims are asked once, so that their answers are kept, then again and again by many
people, a dozen under way at once. Prints the processor milliseconds that a claim takes, in all and
by thread: the event loop, the threads that talk, the one that commits, all others. With
``--statements`` it prints how many statements of SQL each of them runs for a claim, with
``--profile`` which functions take the time (everything takes longer then, small functions most).
"""

import argparse
import cProfile
import json
import pstats
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from benchmarks.at_size import fill
from benchmarks.kept_vectors import open_bundled
from benchmarks.load import AT_ONCE, PEOPLE, Crowd, claims
from benchmarks.statements import rows, statements
from tests.e2e.bot_api_server import TOKEN
from tests.e2e.whole_bot import Installation, installation

#: Different claims, whose answers are kept.
DIFFERENT: Final = 30
#: Rounds that are printed, each apart: others may use the processors.
ROUNDS: Final = 4
_OF_A_REPORT: Final = 20
_FIRST_PERSON: Final = 10_000
_SETTINGS: Final = {"TELEGRAM_SENDS_PER_SECOND": "200", "OMP_NUM_THREADS": "1"}
_FUNCTIONS: Final = 45
#: The threads' names without their number.
_STAGE: Final = re.compile(r"(MainThread|talk|commits)")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--claims", type=int, default=2_000)
    parser.add_argument("--vectors", type=Path, help="a folder that keeps vectors between runs")
    parser.add_argument("--statements", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--bot", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bot:
        _run_bot(count=given.statements, profile=given.profile)
        return
    texts = statements(given.rows)
    asked = cycle(islice(claims(texts, DIFFERENT), DIFFERENT))
    with tempfile.TemporaryDirectory() as name, Crowd() as crowd:
        bot = replace(installation(Path(name) / "bot", given.models.resolve()), settings=_SETTINGS)
        encoder = open_bundled(given.models, given.vectors)
        database, vectors = bot.folder / "data" / "tathabbat.db", rows(encoder, len(texts))
        fill(database, encoder, texts, vectors, _OF_A_REPORT)
        bot.call("reindex").check_returncode()
        flags = [f"--{each}" for each in ("statements", "profile") if getattr(given, each)]
        process = _start(bot, crowd, flags)
        try:
            crowd.wait_for_call("getUpdates", timeout=300)
            people = cycle(range(_FIRST_PERSON, _FIRST_PERSON + PEOPLE))
            # Whoever asks for the first time gets a row: everybody has asked before.
            _ask(crowd, people, islice(asked, DIFFERENT))
            _ask(crowd, people, islice(asked, given.claims))
            for _ in range(ROUNDS):
                before, began = _look(process), time.perf_counter()
                _ask(crowd, people, islice(asked, given.claims))
                passed = time.perf_counter() - began
                _print(before, _look(process), given.claims, passed)
        finally:
            process.terminate()
            rest, _ = process.communicate(timeout=60)
        print(rest)
        print(f"problems: {crowd.problems}")


def _start(bot: Installation, crowd: Crowd, flags: list[str]) -> "subprocess.Popen[str]":
    environment = bot.environment() | {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": crowd.url}
    log = (bot.folder / "log").open("wb")
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "benchmarks.repeated_claim", "--bot", *flags],
        cwd=bot.folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )


def _ask(crowd: Crowd, people: Iterator[int], asked: Iterator[str]) -> None:
    for text in asked:
        crowd.wait_for_room(AT_ONCE)
        crowd.ask(next(people), text)
    crowd.wait_for_room(1)


def _look(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdin is not None  # noqa: S101 - piped
    assert process.stdout is not None  # noqa: S101
    process.stdin.write("look\n")
    process.stdin.flush()
    seen: dict[str, Any] = json.loads(process.stdout.readline())
    return seen


def _print(before: Mapping[str, Any], after: Mapping[str, Any], count: int, passed: float) -> None:
    whole = (after["process"] - before["process"]) / count * 1e3
    parts = {
        name: (spent - before["threads"].get(name, 0)) / count / 1e6
        for name, spent in after["threads"].items()
    }
    rest = whole - sum(parts.values())
    told = ", ".join(f"{name} {ms:.2f}" for name, ms in sorted(parts.items()))
    print(f"{whole:.2f} ms a claim: {told}, others {rest:.2f}; {count / passed:.0f} a second")
    for name, number in sorted(after["statements"].items()):
        ran = (number - before["statements"].get(name, 0)) / count
        if ran >= 0.05:
            print(f"  {ran:.2f} {name}")


def _run_bot(*, count: bool, profile: bool) -> None:
    """Run the program; a line of standard input asks for what was spent so far."""
    counted: Counter[str] = Counter()
    if count:
        _count_statements(counted)
    profiles: dict[str, list[cProfile.Profile]] = {}
    if profile:
        _profile_threads(profiles)
    threading.Thread(target=_tell, args=(counted,), name="tell", daemon=True).start()
    from bot.cli.main import main as run

    try:
        sys.argv = ["tathabbat", "run"]
        run()
    finally:
        for name, each in profiles.items():
            stats = pstats.Stats(each[0], stream=sys.stdout)
            for other in each[1:]:
                stats.add(other)
            print(name)
            stats.sort_stats("tottime").print_stats(_FUNCTIONS)
            stats.sort_stats("cumtime").print_stats(_FUNCTIONS)


def _tell(counted: Mapping[str, int]) -> None:
    for _ in sys.stdin:
        threads: Counter[str] = Counter()
        for each in threading.enumerate():
            stage = _STAGE.match(each.name)
            if stage and each.native_id is not None:
                # Linux: nanoseconds on a processor, then others.
                spent = Path(f"/proc/self/task/{each.native_id}/schedstat").read_text()
                threads[stage[1]] += int(spent.split()[0])
        seen = {"process": time.process_time(), "threads": threads, "statements": dict(counted)}
        print(json.dumps(seen), flush=True)


def _count_statements(counted: Counter[str]) -> None:
    from sqlalchemy import Engine, event

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        name = re.sub(r"\W*\d+$", "", threading.current_thread().name)
        counted[f"{name}: {' '.join(statement.split())[:150]}"] += 1

    event.listen(Engine, "before_cursor_execute", note)


def _profile_threads(profiles: dict[str, list[cProfile.Profile]]) -> None:
    """Profile the main thread, and each thread that starts from now on."""

    def begin(*_: object) -> None:
        stage = _STAGE.match(threading.current_thread().name)
        if stage is None:
            sys.setprofile(None)
            return
        profile = cProfile.Profile(time.thread_time)
        profiles.setdefault(stage[1], []).append(profile)
        profile.enable()

    threading.setprofile(begin)
    begin()


if __name__ == "__main__":
    main()
