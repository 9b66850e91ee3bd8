"""``tathabbat compare``: what the judge says of pairs, without retrieval."""

from pathlib import Path
from typing import Any

import click

from bot.app import App
from bot.cli.rows import Row, judgement_json, run_batch
from knowledge.agreement.judgement import Evidence


@click.command()
@click.option(
    "--batch",
    type=click.Path(path_type=Path),
    required=True,
    help="JSONL of {id, claim, statement}.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, help="Where the relations go."
)
@click.pass_obj
def compare(app: App, batch: Path, output: Path) -> None:
    """Judge each statement of a file against its claim: SUPPORTS, REFUTES or NOT_ENOUGH_INFO."""

    def one(row: Row) -> dict[str, Any]:
        judgement = app.judge.judge(row.fields["claim"], [Evidence(row.fields["statement"])])[0]
        return {"id": row.fields["id"], **judgement_json(judgement)}

    run_batch(batch, output, ("id", "claim", "statement"), one)
