"""The claims about the sample report and what each is answered with, as a table.

python -m benchmarks.seed_claims
"""

import argparse
import json
import tempfile
from pathlib import Path

from bot.app import App
from knowledge import curation
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.checking.reranking import Reranker
from knowledge.corpus import reports
from knowledge.corpus.readers import read
from knowledge.domain import ReportDraft
from knowledge.index.serving_index import ServingIndex
from knowledge.storage.database import Sessions, open_engine
from knowledge.storage.schema import upgrade

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Answer every claim and print the table and its sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", default="seed_claims.jsonl", help="a file of tests/data")
    arguments = parser.parse_args()
    app = App(lambda _: None)
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/seed.db")
        upgrade(engine)
        sessions = Sessions(engine)
        with sessions.begin() as session:
            for draft in read(ROOT / "knowledge" / "samples" / "last-isis-pocket.txt"):
                if isinstance(draft, ReportDraft):
                    curation.publish(session, reports.store(session, draft).statement_ids, "-")
        index = ServingIndex(sessions, app.encoder, Path(folder) / "index")
        checker = ClaimChecker(
            sessions, app.encoder, index, app.judge, Reranker(app.reader), app.calibration
        )
        first = wrong = unsettled = about = expected_so = 0
        lines = (ROOT / "tests" / "data" / arguments.file).read_text("utf-8").splitlines()
        print("| kind | claim | expected | outcome | statement | right |")
        print("|---|---|---|---|---|---|")
        for row in map(json.loads, lines):
            answer = checker.answer(row["claim"])
            place = int(answer.matches[0].statement.ref.rpartition("-")[2])
            outcome, expected = answer.outcome.value, row["expected"]
            asserted = outcome in ("SUPPORTED", "REFUTED")
            about += bool(row["statements"])
            first += place in row["statements"]
            wrong += asserted and outcome != expected
            unsettled += row["must_settle"] and bool(row["statements"]) and outcome != expected
            ok = outcome == expected or (expected == "NOT_ASSERTED" and not asserted)
            expected_so += ok
            mark = "yes" if ok else "not settled"
            print(f"| {row['kind']} | {row['claim']} | {expected} | {outcome} | {place} | {mark} |")
        print(f"\nright statement first {first} of {about}, wrongly asserted {wrong},")
        print(f"answered as expected {expected_so} of {len(lines)},")
        print(f"not settled though a number, date or negation decides {unsettled}")
        engine.dispose()


if __name__ == "__main__":
    main()
