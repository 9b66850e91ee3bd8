"""CheckThat! 2021 Arabic dev through the command line: ingest the pool, check the tweets, MAP@5.

    python -m benchmarks.retrieval

Prints MAP@5 and how often the right claim is first. The pool goes in as fact-check rows and the
tweets through `check --batch`, as an admin would do it; nothing here is known to the ranking.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.datasets import average_precision, qrels, rows

_SET = "checkthat2021-ar"


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=("train", "dev"), default="dev")
    split = parser.parse_args().split
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        pool = work / "pool.jsonl"
        claims = list(rows(_SET, "claims.jsonl"))
        _write(
            pool,
            [
                {
                    "ref": c["vclaim_id"],
                    "publisher": "CheckThat! 2021",
                    "title": c["title"],
                    "language": "ar",
                    "kind": "fact_check",
                    # 235 claims of the pool have a title only.
                    "statements": [{"ref": c["vclaim_id"], "text": c["vclaim"] or c["title"]}],
                }
                for c in claims
            ],
        )
        asked = work / "asked.jsonl"
        queries = list(rows(_SET, f"queries_{split}.jsonl"))
        _write(asked, [{"id": q["tweet_id"], "text": q["tweet_text"]} for q in queries])
        started = time.perf_counter()
        _run(work, "ingest", str(pool), "--publish")
        ingested = time.perf_counter()
        _run(work, "check", "--batch", str(asked), "--output", str(work / "out.jsonl"))
        answered = time.perf_counter()
        right = qrels(_SET, f"qrels_{split}.tsv")
        precisions, first = [], 0
        outcomes: dict[str, int] = {}
        for line in (work / "out.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            outcomes[row["outcome"]] = outcomes.get(row["outcome"], 0) + 1
            if row["id"] not in right:
                continue
            ranked = [match["statement_ref"] for match in row["matches"]]
            precisions.append(average_precision(ranked, right[row["id"]], 5))
            first += bool(ranked) and ranked[0] in right[row["id"]]
    print(f"pool {len(claims)}, {split} tweets {len(precisions)}, outcomes {outcomes}")
    print(f"MAP@5 {sum(precisions) / len(precisions):.4f}")
    print(f"right claim first {first / len(precisions):.4f}")
    print(f"ingest {ingested - started:.1f} s, check {answered - ingested:.1f} s")


def _write(path: Path, data: list[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in data)


def _run(work: Path, *arguments: str) -> None:
    command = Path(sys.executable).with_name("tathabbat")
    environment = {**os.environ, "DATA_DIR": str(work / "data")}
    subprocess.run([command, *arguments], env=environment, check=True)  # noqa: S603


if __name__ == "__main__":
    main()
