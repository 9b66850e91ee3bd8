"""CheckThat! tweets through the command line: ingest the pool, check the tweets, MAP@5.

    python -m benchmarks.retrieval [--set ar|en] [--split train|dev] [--rated]

Arabic (2021, padded with headlines) and English (2022). Prints MAP@5, how often a right claim is
first, and the share of the right claims among the first 5, 10 and 20. The pool goes in as report
rows and the tweets through `check --batch`, as an admin would do it; nothing here is known to the
ranking. With ``--rated`` every fact-check is rated false, and it also prints how many people would
be told what the right one says, what another one says, and that there is no match.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from benchmarks.pools import POOLS, Pool, PoolStatement, Tweet
from knowledge.domain import Outcome, Rating, ReportKind
from knowledge.evaluation.metrics import average_precision

_TOP: Final = 20


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=tuple(POOLS), help="both unless it is named")
    parser.add_argument("--split", choices=("train", "dev"), default="dev")
    parser.add_argument("--rated", action="store_true", help="rate every fact-check false")
    wanted = parser.parse_args()
    for name in [wanted.set] if wanted.set else POOLS:
        pool = POOLS[name]()
        tweets = pool.train if wanted.split == "train" else pool.dev
        with tempfile.TemporaryDirectory() as folder:
            _measure(Path(folder), pool, tweets, rated=wanted.rated)


def _measure(work: Path, pool: Pool, tweets: tuple[Tweet, ...], *, rated: bool) -> None:
    reports, asked, answers = work / "pool.jsonl", work / "asked.jsonl", work / "answers.jsonl"
    _write(reports, [_report(pool, statement, rated=rated) for statement in pool.statements])
    _write(asked, [{"id": tweet.id, "text": tweet.text} for tweet in tweets])
    started = time.perf_counter()
    _run(work, "ingest", str(reports), "--publish")
    _run(work, "reindex")
    ingested = time.perf_counter()
    _run(work, "check", "--batch", str(asked), "--output", str(answers), "--top", str(_TOP))
    answered = time.perf_counter()
    found = {row["id"]: row for row in map(json.loads, answers.read_text("utf-8").splitlines())}
    ranked = {
        tweet: [match["statement_ref"] for match in found[tweet.id]["matches"]] for tweet in tweets
    }
    outcomes = Counter(found[tweet.id]["outcome"] for tweet in tweets)
    print(f"{pool.name}: {len(pool.statements)} statements, {len(tweets)} tweets, {dict(outcomes)}")
    if rated:
        told = [(t, ranked[t][0]) for t in tweets if found[t.id]["outcome"] == Outcome.REFUTED]
        right = sum(first in tweet.right for tweet, first in told)
        silent = sum(
            found[tweet.id]["outcome"] == Outcome.NO_MATCH and refs[0] in tweet.right
            for tweet, refs in ranked.items()
        )
        print(
            f"told by the right fact-check {right / len(tweets):.4f}, by another"
            f" {(len(told) - right) / len(tweets):.4f}; the right one first and yet no match"
            f" {silent / len(tweets):.4f}"
        )
    map5 = _mean([average_precision(refs, t.right, 5) for t, refs in ranked.items()])
    first = _mean([refs[:1] != [] and refs[0] in t.right for t, refs in ranked.items()])
    recall = [
        f"{_mean([len(t.right & set(refs[:k])) / len(t.right) for t, refs in ranked.items()]):.4f}"
        for k in (5, 10, 20)
    ]
    held = {statement.ref for statement in pool.statements}
    ceiling = _mean([min(len(t.right & held), 5) / min(len(t.right), 5) for t in tweets])
    print(f"MAP@5 {map5:.4f} (at most {ceiling:.4f} with this pool)")
    print(f"right claim first {first:.4f}, recall at 5, 10, 20: {', '.join(recall)}")
    print(f"ingest {ingested - started:.1f} s, check {answered - ingested:.1f} s")


def _report(pool: Pool, statement: PoolStatement, *, rated: bool) -> dict[str, Any]:
    stated = {"ref": statement.ref, "text": statement.text}
    if rated and statement.kind is ReportKind.FACT_CHECK:
        stated["rating"] = Rating.FALSE
    return {
        "ref": statement.ref,
        "publisher": pool.name,
        "title": statement.title,
        "language": pool.language,
        "kind": str(statement.kind),
        "statements": [stated],
    }


def _mean(values: list[float] | list[bool]) -> float:
    return sum(values) / len(values)


def _write(path: Path, data: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in data)


def _run(work: Path, *arguments: str) -> None:
    command = Path(sys.executable).with_name("tathabbat")
    environment = {**os.environ, "DATA_DIR": str(work / "data")}
    subprocess.run([command, *arguments], env=environment, check=True)  # noqa: S603


if __name__ == "__main__":
    main()
