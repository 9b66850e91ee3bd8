"""Claims from many people, through the bot as it is run: how many a second, how late, how big.

    python -m benchmarks.load [--rows 100000] [--claims 10000] [--vectors FOLDER] [--workers 1]

`tathabbat run` against a Bot API server on loopback, which sends what 2,000 people ask as fast as
it is answered (a dozen under way at once), then evenly at half that rate. Once no claim repeats
another; once four in five do, as when a piece of news spreads. Memory is that of all its processes;
what they share counts once. Claims are statements of the index
in other words, with one thing exchanged, and headlines of the same newspapers that it lacks, by
turns. Telegram's own limit of 30 messages a second is lifted.
"""

import argparse
import random
import statistics
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from benchmarks.at_size import fill
from benchmarks.kept_vectors import open_bundled
from benchmarks.resident import shared_out, worked
from benchmarks.statements import REAL, rows, statements, unindexed
from benchmarks.swaps.generator import Swap, harmless, swapped
from tests.e2e.bot_api_server import PLACEHOLDER, BotApiServer
from tests.e2e.whole_bot import installation

SEED: Final = 6
PEOPLE: Final = 2_000
#: Claims under way at once: enough that the bot never waits; more would only wait in line.
AT_ONCE: Final = 12
#: One in so many is asked for the first time in a wave.
_NEW_IN_WAVE: Final = 5
#: Claims asked before anything is measured: caches fill, memory settles.
_WARM_UP: Final = 500
_FIRST_PERSON: Final = 10_000
_PATIENCE_S: Final = 120.0
_SETTINGS: Final = {"TELEGRAM_SENDS_PER_SECOND": "1000"}


@dataclass(slots=True)
class Round:
    """What came of some claims: when each was answered, after how long, and the memory then."""

    began: float = field(default_factory=time.perf_counter)
    waits: list[float] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    ended: float = 0.0
    #: Seconds of a processor.
    worked: float = 0.0

    def a_second(self) -> float:
        """Claims answered a second."""
        return len(self.waits) / (self.ended - self.began)

    def growth(self) -> float:
        """Memory of the last quarter of the time against the first's."""
        quarter = max(1, len(self.held) // 4)
        first, last = self.held[:quarter], self.held[-quarter:]
        return statistics.fmean(last) / statistics.fmean(first) - 1


class Crowd(BotApiServer):
    """People who ask, and note when they are answered."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: dict[str, deque[float]] = {}
        self._answered = threading.Condition()
        self._under_way = 0
        self.round = Round()

    async def answer(self, method: str, given: Mapping[str, str], caller: object) -> Any:
        """Do what is asked, and look whether it is an answer."""
        result = await super().answer(method, given, caller)
        if method in {"sendMessage", "editMessageText"} and PLACEHOLDER not in given["text"][:3]:
            with self._answered:
                began = self._asked[given["chat_id"]].popleft()
                self.round.waits.append(time.perf_counter() - began)
                self._under_way -= 1
                self._answered.notify_all()
        # What is remembered for tests would be all the memory, and all the time, of a long run.
        self.calls.clear()
        self.chats.sent.clear()
        return result

    def ask(self, person: int, text: str) -> None:
        """Ask, without waiting for the answer."""
        with self._answered:
            self._asked.setdefault(str(person), deque()).append(time.perf_counter())
            self._under_way += 1
        self.send_text(person, text)

    def wait_for_room(self, at_once: int) -> None:
        """Return when fewer than ``at_once`` claims are under way."""
        with self._answered:
            if not self._answered.wait_for(lambda: self._under_way < at_once, _PATIENCE_S):
                raise AssertionError(f"{self._under_way} claims are not answered; {self.problems}")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--rows", type=int, default=REAL)
    parser.add_argument("--claims", type=int, default=10_000)
    parser.add_argument("--vectors", type=Path, help="a folder that keeps vectors between runs")
    parser.add_argument("--workers", default="1", help="processes that answer (WORKERS)")
    given = parser.parse_args()
    texts = statements(given.rows)
    distinct = claims(texts, 2 * given.claims + _WARM_UP)
    with tempfile.TemporaryDirectory() as name, Crowd() as crowd:
        folder = Path(name)
        settings = {**_SETTINGS, "WORKERS": given.workers}
        bot = replace(installation(folder / "bot", given.models.resolve()), settings=settings)
        encoder = open_bundled(given.models, given.vectors)
        fill(bot.folder / "data" / "tathabbat.db", encoder, texts, rows(encoder, len(texts)))
        bot.call("reindex").check_returncode()
        people = cycle(range(_FIRST_PERSON, _FIRST_PERSON + PEOPLE))
        with bot.running(crowd, folder / "log") as process:
            _as_fast_as_answered(crowd, process.pid, people, _first(distinct, _WARM_UP))
            for kind in ("distinct", "wave"):
                ask = partial(_wave, distinct) if kind == "wave" else partial(_first, distinct)
                asked = ask(given.claims)
                fast = _as_fast_as_answered(crowd, process.pid, people, asked)
                print(
                    f"{kind}: {len(fast.waits)} claims, {fast.a_second():.1f} answered a second,"
                    f" {AT_ONCE} under way, {1000 * fast.worked / len(fast.waits):.0f} ms of a"
                    f" processor each; memory {fast.held[-1] / 2**20:.0f} MB, first to last"
                    f" quarter {fast.growth():+.1%}",
                    flush=True,
                )
                rate = fast.a_second() / 2
                late = _evenly(crowd, process.pid, people, ask(given.claims // 4), rate)
                middle, slowest = statistics.median(late.waits), percentile(late.waits)
                print(f"  at {rate:.1f} a second: median {middle:.2f} s, p99 {slowest:.2f} s")
        print(f"problems: {crowd.problems}")


def percentile(waits: Sequence[float]) -> float:
    """Return the wait that one in a hundred exceeds."""
    return statistics.quantiles(waits, n=100)[98]


def claims(texts: Sequence[str], count: int) -> Iterator[str]:
    """Yield up to ``count`` different claims: reworded, falsified and unknown ones by turns."""
    rng = random.Random(SEED)  # noqa: S311 - a sample, not a secret
    unknown = unindexed()
    seen = set(texts)
    known = iter(rng.sample(texts, len(texts)))
    turn = 0
    while len(seen) < len(texts) + count:
        match turn % 3:
            case 0:
                made = harmless(next(known), rng)
            case 1:
                text = next(known)
                made = next((s.text for k in Swap if (s := swapped(text, k, rng))), None)
            case _:
                made = next(unknown)
        turn += 1
        if made is not None and made not in seen:
            seen.add(made)
            yield made


def _first(distinct: Iterator[str], count: int) -> list[str]:
    """Return the next so many claims."""
    return list(islice(distinct, count))


def _wave(distinct: Iterator[str], count: int) -> list[str]:
    """Return so many claims of which four in five were asked before, popular ones more often."""
    rng = random.Random(SEED)  # noqa: S311
    found: list[str] = []
    for number in range(count):
        new = number % _NEW_IN_WAVE == 0
        found.append(next(distinct) if new else rng.choice(found))
    return found


def _as_fast_as_answered(
    crowd: Crowd, process: int, people: Iterator[int], asked: Sequence[str]
) -> Round:
    with _watched(crowd, process) as one:
        for text in asked:
            crowd.wait_for_room(AT_ONCE)
            crowd.ask(next(people), text)
        crowd.wait_for_room(1)
    return one


def _evenly(
    crowd: Crowd, process: int, people: Iterator[int], asked: Sequence[str], rate: float
) -> Round:
    with _watched(crowd, process) as one:
        begin = time.perf_counter()
        for number, text in enumerate(asked):
            time.sleep(max(0.0, begin + number / rate - time.perf_counter()))
            crowd.ask(next(people), text)
        crowd.wait_for_room(1)
    return one


@contextmanager
def _watched(crowd: Crowd, process: int) -> Iterator[Round]:
    """Give a round, with the process's memory looked at once a second."""
    one = crowd.round = Round()
    before = worked(process)
    over = threading.Event()

    def look() -> None:
        while not over.wait(1.0):
            one.held.append(shared_out(process))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield one
    finally:
        one.ended, one.worked = time.perf_counter(), worked(process) - before
        over.set()
        looking.join()
        one.held.append(shared_out(process))


if __name__ == "__main__":
    main()
