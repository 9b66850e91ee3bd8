"""Kill a bot while many people ask; count repeated and lost answers.

    python -m benchmarks.kills [--talk real|echo] [--kills 20] [--latency 0.05]

A bot process against a Bot API server on loopback, under 50 claims a second of 300 people, each of
whom asks again once answered; ``kill -9`` at seeded moments, started again at once. Prints for each
kill how many messages (answers, and placeholders that stay) are there twice for it, and how long
processes take from their first ``getUpdates`` to their first answer.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Final

from tests.e2e.kills_under_load import Crowd, Load, measure
from tests.e2e.whole_bot import ROOT, SAMPLE, installation

SEED: Final = 11
#: Different claims in all, as when a piece of news spreads.
_CLAIMS: Final = 20


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--talk", choices=("real", "echo"), default="real")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds a request takes")
    parser.add_argument("--sends-per-second", type=float, default=30.0)
    parser.add_argument("--longest", type=float, default=6.0, help="seconds of a life under load")
    parser.add_argument("--database-url", help="a PostgreSQL database that is empty")
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        Crowd(Load(latency=given.latency), _claims()) as crowd,
    ):
        folder = Path(name)
        with (folder / "log").open("wb") as log:
            opened = _echo if given.talk == "echo" else _real
            begin = opened(crowd, folder, given, log)

            def start() -> Callable[[], None]:
                process = begin()

                def kill() -> None:
                    process.kill()
                    process.wait()

                return kill

            outcome = measure(crowd, start, given.kills, given.seed, given.longest)
    polls = [life.until_poll for life in outcome.lives]
    print(f"{given.talk}: {outcome.asked} asked, {outcome.lost} lost, {given.kills} kills")
    print(f"twice for each kill: {outcome.twice}, {sum(outcome.twice)} in all")
    print(f"  placeholders among them: {[life.orphaned for life in outcome.lives[:-1]]}")
    if answers := outcome.until_answer:
        print(
            f"first poll to first answer: median {statistics.median(answers):.2f} s,"
            f" longest {max(answers):.2f} s ({len(answers)} of {given.kills} answered)"
        )
    print(f"start to first poll: median {statistics.median(polls):.2f} s, longest {max(polls):.2f}")
    print(f"problems {crowd.problems}")


def _claims() -> list[str]:
    lines = (ROOT / "tests" / "data" / "seed_claims.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["claim"] for line in lines[:_CLAIMS]]


def _echo(
    crowd: Crowd, folder: Path, given: argparse.Namespace, log: IO[bytes]
) -> Callable[[], subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.e2e.echo_bot", crowd.url, str(folder)]
    rate = ["--sends-per-second", str(given.sends_per_second)]
    return lambda: subprocess.Popen([*command, *rate], stdout=log, stderr=log)  # noqa: S603


def _real(
    crowd: Crowd, folder: Path, given: argparse.Namespace, log: IO[bytes]
) -> Callable[[], subprocess.Popen[bytes]]:
    bot = installation(folder / "bot", given.models.resolve())
    bot.settings["TELEGRAM_SENDS_PER_SECOND"] = str(given.sends_per_second)
    if given.database_url:
        bot.settings["DATABASE_URL"] = given.database_url
    bot.call("ingest", SAMPLE, "--publish").check_returncode()
    bot.call("reindex").check_returncode()
    return partial(bot.launch, crowd, log)


if __name__ == "__main__":
    main()
