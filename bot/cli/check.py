"""``tathabbat check``: check one claim, or a file of them."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bot.app import App
from bot.cli.batch_rows import Row, run_batch, serialise_answer
from bot.cli.progress_bar import make_reporter
from bot.cli.terminal_replies import print_reply
from bot.conversation.answer_texts import Part, compose_answer, compose_answers
from bot.conversation.reply import Reply
from bot.conversation.small_talk_texts import compose_small_talk
from bot.conversation.translations import BY_CODE, Catalogue, Language, load_catalogue
from knowledge.checking.outcomes import Answer
from knowledge.claims import Message, read_message
from knowledge.claims.arabizi import language_spoken

#: Maximum of --top.
MAX_TOP = 1000


@click.command()
@click.argument("claim", required=False)
@click.option("--batch", type=click.Path(path_type=Path), help="JSONL of {id, text} to answer.")
@click.option(
    "--output", type=click.Path(path_type=Path), help="Where to write the batch's answers."
)
@click.option(
    "--top", type=click.IntRange(1, MAX_TOP), default=10, show_default=True, help="Matches a claim."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_obj
def check(
    app: App, claim: str | None, batch: Path | None, output: Path | None, top: int, as_json: bool
) -> None:
    """Check CLAIM, or a file of claims, against what is published.

    --batch answers each row of a file and writes the answers to --output. A row that cannot be
    used is reported with its line; the others are answered.
    """
    if batch is not None:
        if claim is not None or output is None or as_json:
            raise click.UsageError("--batch goes with --output, without CLAIM and --json")
        _check_batch(app, batch, output, top)
        return
    if claim is None or output is not None:
        raise click.UsageError("give one CLAIM, or --batch with --output")
    # Check the usage before loading anything heavy.
    message = read_message(claim)
    language = BY_CODE.get(language_spoken(claim), Language.ENGLISH)
    if message.claims or as_json:
        _prepare(app)
    if as_json:
        answer = app.checker.answer_message(claim, top)
        click.echo(
            json.dumps({"claim": answer.claim, **serialise_answer(answer)}, ensure_ascii=False)
        )
        return
    answers = [app.checker.answer(each, top, crossed=message.crossed) for each in message.claims]
    print_reply(_reply(message, answers, load_catalogue(language)), buttons=False)


def _reply(message: Message, answers: Sequence[Answer], words: Catalogue) -> Reply:
    if not answers:
        return compose_small_talk(message.intent, words)
    today = datetime.now().astimezone().date()
    if len(answers) == 1 and not message.excerpt:
        return compose_answer(answers[0], None, today, words)
    pairs = zip(message.claims, answers, strict=True)
    return compose_answers([Part(text, answer, None) for text, answer in pairs], today, words)


def _check_batch(app: App, source: Path, target: Path, top: int) -> None:
    if not source.is_file():
        raise click.ClickException(f"{source} is not a file; give a JSONL file of claims")

    def one(row: Row) -> dict[str, Any]:
        answer = app.checker.answer_message(row.fields["text"], top)
        return {"id": row.fields["id"], **serialise_answer(answer)}

    _prepare(app)
    run_batch(source, target, ("id", "text"), one)


def _prepare(app: App) -> None:
    app.index.current(make_reporter("Reading the knowledge base"))
