"""``tathabbat updates``: list and retry messages that could not be answered."""

import json

import click

from bot.app import App
from bot.cli.word_counts import format_count, say_empty
from bot.observability.redaction import redact
from knowledge.domain import now
from knowledge.update_queue import queued_updates


@click.group()
def updates() -> None:
    """List messages that could not be answered, and retry them."""


@updates.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="At most."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
@click.pass_obj
def list_updates(app: App, limit: int, as_json: bool) -> None:
    """List messages that could not be answered, newest first.

    These are messages that were given up, and those that failed and are being retried.
    Their text is not shown: it is encrypted, and deleted once the message is answered.
    """
    found = app.sessions.read(queued_updates.list_failed, limit)
    if not found and not as_json:
        say_empty("no message was given up, and none is being retried")
    for trouble in found:
        # An error stored by an earlier version may contain a secret.
        error = None if trouble.error is None else redact(trouble.error)
        if as_json:
            row = {
                "update_id": trouble.id,
                "state": trouble.state.value,
                "tries": trouble.tries,
                "error": error,
                "arrived_at": trouble.arrived_at.isoformat(),
            }
            click.echo(json.dumps(row, ensure_ascii=False))
        else:
            click.echo(
                f"{trouble.id}  {trouble.state.value:9}  {trouble.arrived_at:%Y-%m-%d %H:%M}"
                f"  {error or ''}"
            )


@updates.command()
@click.argument("update_ids", type=click.IntRange(0, 2**63 - 1), nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that were given up.")
@click.pass_obj
def retry(app: App, update_ids: tuple[int, ...], every: bool) -> None:
    """Let the running bot retry UPDATE_IDS, which were given up.

    `updates list` shows them.
    """
    if bool(update_ids) == every:
        raise click.UsageError("name the updates that `updates list` shows, or use --all")
    again = app.sessions.write(queued_updates.retry, update_ids, now())
    click.echo(f"{format_count(again, 'update')} will be tried again")
