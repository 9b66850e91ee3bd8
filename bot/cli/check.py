"""``tathabbat check``: one claim, or a file of them."""

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

import click

from bot.app import App
from bot.cli.progress import reporter
from bot.cli.rows import Row, answer_json, run_batch
from bot.cli.terminal import print_reply
from bot.conversation.catalogue import Catalogue, Language, catalogue
from bot.conversation.reply import Reply
from bot.conversation.wording import Part, answered, each_answered, small_talk
from knowledge.answering import Answer, Match, descending
from knowledge.claims import MAX_CHARACTERS, Message, read_message
from knowledge.domain import Outcome
from knowledge.errors import UnreadableClaim
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
    message = read_message(claim)
    language = Language.ARABIC if guess_language(claim) == "ar" else Language.ENGLISH
    if message.claims or as_json:
        _ready(app)
    if as_json:
        answer = _answered(app, claim, message.claims, top)
        click.echo(json.dumps({"claim": answer.claim, **answer_json(answer)}, ensure_ascii=False))
        return
    answers = [app.answering.answer(text, top) for text in message.claims]
    print_reply(_reply(message, answers, catalogue(language)), buttons=False)


def _answered(app: App, text: str, claims: Sequence[str], top: int) -> Answer:
    """Return one answer to a message; one that claims nothing is only told what comes closest."""
    if not claims:
        return app.answering.nearest(text[:MAX_CHARACTERS], top)
    answers = [app.answering.answer(claim, top) for claim in claims]
    if len(answers) == 1:
        return answers[0]
    return together(answers, app.answering.nearest(text, top), top)


def together(answers: Sequence[Answer], whole: Answer, top: int) -> Answer:
    """Return the answer to a message of several claims: it is as true as its least true claim.

    What settles a claim comes first, then what comes closest to the ``whole`` message, then the
    claims' other matches by turns.
    """
    outcome = next((o for o in _WORST_FIRST if o in {a.outcome for a in answers}), Outcome.NO_MATCH)
    if outcome is Outcome.SUPPORTED and any(a.outcome is not outcome for a in answers):
        outcome = Outcome.RELATED
    by_turns = [m for row in zip_longest(*(a.matches for a in answers)) for m in row if m]
    judged = {match.statement.id: match for match in sorted(by_turns, key=_settles)}
    order = dict.fromkeys(match.statement.id for match in (*whole.matches, *by_turns))
    known = {match.statement.id: match for match in whole.matches} | judged
    matches = sorted((known[each] for each in order), key=_settles, reverse=True)[:top]
    deciding = [a for a in answers if a.outcome is outcome] or answers
    confidence = min(a.confidence for a in deciding)
    return Answer("\n".join(a.claim for a in answers), outcome, confidence, descending(matches))


_WORST_FIRST = (Outcome.REFUTED, Outcome.RELATED, Outcome.SUPPORTED)


def _settles(match: Match) -> bool:
    return match.settles


def _reply(message: Message, answers: Sequence[Answer], words: Catalogue) -> Reply:
    if not answers:
        return small_talk(message.kind, words)
    today = datetime.now().astimezone().date()
    if len(answers) == 1 and not message.excerpt:
        return answered(answers[0], None, today, words)
    pairs = zip(message.claims, answers, strict=True)
    return each_answered([Part(text, answer, None) for text, answer in pairs], today, words)


def _check_batch(app: App, source: Path, target: Path, top: int) -> None:
    if not source.is_file():
        raise click.ClickException(f"{source} is not a file; give a JSONL file of claims")

    def one(row: Row) -> dict[str, Any]:
        text = row.fields["text"]
        return {"id": row.fields["id"], **answer_json(_answered(app, text, _claims(text), top))}

    _ready(app)
    run_batch(source, target, ("id", "text"), one)


def _claims(text: str) -> tuple[str, ...]:
    try:
        return read_message(text).claims
    except UnreadableClaim:
        # A batch goes on: nothing to check settles nothing.
        return ()


def _ready(app: App) -> None:
    app.index.current(reporter("Reading the knowledge base"))
