"""``tathabbat compare``: judge pairs of claim and statement, without retrieval."""

from pathlib import Path
from typing import Any, Final

import click

from bot.app import App
from bot.cli.batch_rows import Row, run_batch, serialise_judgement
from knowledge.agreement.judgement import Evidence

#: Optional fields of a row.
_CONTEXT: Final = ("title", "before", "speaker")


@click.command()
@click.option(
    "--batch",
    type=click.Path(path_type=Path),
    required=True,
    help="JSONL of {id, claim, statement}, and title, before, speaker if you have them.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, help="Where to write the relations."
)
@click.pass_obj
def compare(app: App, batch: Path, output: Path) -> None:
    """Judge each statement of a file against its claim.

    Each row is answered SUPPORTS, REFUTES or NOT_ENOUGH_INFO.
    If a row has the report's title, the sentence before and the speaker, the judge reads them too.
    """

    def one(row: Row) -> dict[str, Any]:
        given = row.fields
        evidence = Evidence(given["statement"], given["title"], given["speaker"], given["before"])
        (judgement,) = app.judge.judge(given["claim"], [evidence])
        return {"id": given["id"], **serialise_judgement(judgement)}

    run_batch(batch, output, ("id", "claim", "statement"), one, _CONTEXT)
