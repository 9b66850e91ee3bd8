"""Measure a whole answer, in encodings of its claim, and where the time goes.

    python -m benchmarks.speed

2,000 held-out SaudiNewsNet headlines are the index; each claim is a reworded, swapped or unknown
headline, so that some are judged and some are not. Everything is warm and no claim repeats, so the
cache of answers is not measured; what it saves is printed apart.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.swaps.generator import Swap, harmless, swapped
from benchmarks.training.pairs import headlines
from bot.app import App
from bot.cli.progress_bar import make_reporter
from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import ReportDraft, StatementDraft
from knowledge.text.plain_text import plain_text

SEED = 9
INDEXED = 2_000


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--claims", type=int, default=200)
    parser.add_argument("--warm-up", type=int, default=20)
    given = parser.parse_args()
    rng = random.Random(SEED)  # noqa: S311
    titles = rng.sample(headlines(held_out=True), INDEXED + given.claims)
    known, unknown = titles[:INDEXED], titles[INDEXED:]
    with (
        tempfile.TemporaryDirectory() as folder,
        App(make_reporter).isolated_app(Path(folder)) as app,
    ):
        _fill(app, known)
        claims = _claims(known, unknown, given.claims + given.warm_up, rng)
        spent: dict[str, list[float]] = defaultdict(list)
        app.checker.prepare()
        _timed(app.encoder, "encode_claims", spent["encoding the claim"])
        _timed(app.judge, "judge", spent["judging"])
        whole: list[float] = []
        for claim in claims:
            whole.append(_milliseconds(partial(app.checker.answer, claim)))
        repeated = [_milliseconds(partial(app.checker.answer, c)) for c in claims[-50:]]
    measured = whole[given.warm_up :]
    encoding = statistics.median(spent["encoding the claim"][given.warm_up :])
    answer = statistics.median(measured)
    print(f"{len(measured)} claims, {len(known)} statements")
    print(f"one encoding of the claim: median {encoding:.1f} ms")
    for name, values in spent.items():
        print(f"  {name}: {sum(values) / sum(whole):.0%} of the time, {len(values)} calls")
    print(f"whole answer: median {answer:.1f} ms = {answer / encoding:.1f} encodings")
    print(f"asked again: median {statistics.median(repeated):.2f} ms")


def _fill(app: App, titles: list[str]) -> None:
    with app.sessions.begin() as session:
        for title in titles:
            draft = ReportDraft(title="", statements=(StatementDraft(text=plain_text(title)),))
            curation.publish(session, reports.store(session, draft).statement_ids, "benchmark")
    app.index.current(make_reporter("Embedding"))


def _claims(known: list[str], unknown: list[str], count: int, rng: random.Random) -> list[str]:
    """Return claims by turns: reworded, swapped, unknown."""
    found: dict[str, None] = {}
    titles = iter(known)
    while len(found) < count:
        title = next(titles)
        turn = len(found) % 3
        made = (
            harmless(title, rng)
            if turn == 0
            else next((s.text for k in Swap if (s := swapped(title, k, rng))), None)
            if turn == 1
            else unknown.pop()
        )
        if made:
            found[made] = None
    return list(found)


def _timed(owner: Any, name: str, spent: list[float]) -> None:
    """Note what every call of a method takes."""
    call = getattr(owner, name)

    def measured(*given: Any) -> Any:
        started = time.perf_counter()
        result = call(*given)
        spent.append((time.perf_counter() - started) * 1000)
        return result

    setattr(owner, name, measured)


def _milliseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
