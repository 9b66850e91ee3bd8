"""``tathabbat check``: one claim, or a file of them."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bot.app import App
from bot.cli.progress import reporter
from bot.cli.rows import Row, answer_json, run_batch
from bot.cli.terminal import print_reply
from bot.conversation.catalogue import Language, catalogue
from bot.conversation.wording import answered
from knowledge.claims import claim_text
from knowledge.language import guess_language

#: Most matches of one claim that can be asked for.
MAX_TOP = 1000


@click.command()
@click.argument("claim", required=False)
@click.option("--batch", type=click.Path(path_type=Path), help="JSONL of {id, text} to answer.")
@click.option("--output", type=click.Path(path_type=Path), help="Where the batch's answers go.")
@click.option(
    "--top", type=click.IntRange(1, MAX_TOP), default=10, show_default=True, help="Matches a claim."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_obj
def check(
    app: App, claim: str | None, batch: Path | None, output: Path | None, top: int, as_json: bool
) -> None:
    """Check CLAIM against every published statement, or a whole file with --batch."""
    if batch is not None:
        if claim is not None or output is None:
            raise click.UsageError("--batch goes with --output and without CLAIM")
        _check_batch(app, batch, output, top)
        return
    if claim is None or output is not None:
        raise click.UsageError("give one CLAIM, or --batch with --output")
    # Refused before anything heavy is loaded.
    text = claim_text(claim)
    _ready(app)
    answer = app.answering.answer(claim, top)
    if as_json:
        click.echo(json.dumps({"claim": text, **answer_json(answer)}, ensure_ascii=False))
        return
    language = Language.ARABIC if guess_language(text) == "ar" else Language.ENGLISH
    print_reply(
        answered(answer, None, datetime.now().astimezone().date(), catalogue(language)),
        buttons=False,
    )


def _check_batch(app: App, source: Path, target: Path, top: int) -> None:
    if not source.is_file():
        raise click.ClickException(f"{source} is not a file; give a JSONL file of claims")

    def one(row: Row) -> dict[str, Any]:
        answer = app.answering.answer(row.fields["text"], top)
        return {"id": row.fields["id"], **answer_json(answer)}

    _ready(app)
    run_batch(source, target, ("id", "text"), one)


def _ready(app: App) -> None:
    app.index.current(reporter("Reading the knowledge base"))
