"""Random updates of the Bot API's own types, and spoilt ones, through the channel: what breaks.

    python -m benchmarks.fuzz [--updates 100000] [--seed 1] [--talk echo|real]

Intake, durable inbox, workers, handlers and sending are the program's; Telegram is played in this
process. ``echo`` answers by what was said, ``real`` is the program's conversation with functions of
a text in place of its models. Prints how many updates a second went through, what became of them
and every problem; the exit code is 1 where there is one.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.e2e.echo_bot import EchoTalk, sessions_in
from tests.fuzzing.talking import conversation
from tests.fuzzing.updates import seeded
from tests.fuzzing.withstanding import Withstood, withstand

_SHOWN = 50


def main() -> int:
    """Run the benchmark and print its figures; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--updates", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--talk", choices=("echo", "real"), default="echo")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        withstood = asyncio.run(_run(given, Path(folder)))
    rate = withstood.updates / withstood.seconds
    print(f"{withstood.updates} updates, seed {given.seed}: {rate:.0f} a second")
    for fate, count in withstood.fates.items():
        print(f"  {fate}: {count}")
    print(f"{len(withstood.problems)} problems")
    for problem, count in Counter(withstood.problems).most_common(_SHOWN):
        print(f"  {count} × {problem}")
    return 1 if withstood.problems else 0


async def _run(given: argparse.Namespace, folder: Path) -> Withstood:
    sessions = sessions_in(folder)
    talk = EchoTalk() if given.talk == "echo" else conversation(sessions, folder)
    return await withstand(seeded(given.seed, given.updates), talk, sessions)


if __name__ == "__main__":
    sys.exit(main())
