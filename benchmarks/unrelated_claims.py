"""Count what is asserted of claims that the index has nothing on.

    python -m benchmarks.unrelated_claims

The index holds CheckThat! 2021's 7,265 Arabic claims (2016-2020) as news statements; 2,000
SaudiNewsNet headlines (2015), none of them seen in training, are asked. Prints how many got each
outcome, and those that were asserted something.
"""

import argparse
import random
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.datasets import rows
from benchmarks.training.pairs import headlines
from bot.app import App
from bot.cli.progress_bar import make_reporter
from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import Outcome, ReportDraft, ReportKind, StatementDraft
from knowledge.text.plain_text import plain_text, single_line

SEED = 5
ASKED = 2_000


def main() -> None:
    """Ask, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--asked", type=int, default=ASKED)
    given = parser.parse_args()
    claims = random.Random(SEED).sample(headlines(held_out=True), given.asked)  # noqa: S311
    with (
        tempfile.TemporaryDirectory() as folder,
        App(make_reporter).isolated_app(Path(folder)) as app,
    ):
        _fill(app)
        outcomes: Counter[Outcome] = Counter()
        for claim in claims:
            answer = app.checker.answer(claim, top=3)
            outcomes[answer.outcome] += 1
            if answer.outcome in (Outcome.SUPPORTED, Outcome.REFUTED):
                found = answer.matches[0]
                print(
                    f"{answer.outcome} {answer.confidence:.2f}: {claim}\n    {found.statement.text}"
                )
    asserted = outcomes[Outcome.SUPPORTED] + outcomes[Outcome.REFUTED]
    share = asserted / given.asked
    print(f"{given.asked} unrelated headlines: {dict(outcomes)}; asserted {share:.4f}")


def _fill(app: App) -> None:
    with app.sessions.begin() as session:
        for row in rows("checkthat2021-ar", "claims.jsonl"):
            draft = ReportDraft(
                ref=row["vclaim_id"],
                publisher="CheckThat! 2021",
                title=single_line(row["title"]),
                language="ar",
                kind=ReportKind.NEWS,
                statements=(StatementDraft(text=plain_text(row["vclaim"] or row["title"])),),
            )
            curation.publish(session, reports.store(session, draft).statement_ids, "benchmark")
    app.index.current(make_reporter("Embedding"))


if __name__ == "__main__":
    main()
