"""``tathabbat statements``: look at statements, publish and retract them."""

import json

import click

from bot.app import App
from knowledge import curation, indexing, reports
from knowledge.models import StatementStatus
from knowledge.reports import SourcedStatement

_ACTOR = "command line"


@click.group()
def statements() -> None:
    """List, show, publish and retract statements."""


@statements.command("list")
@click.option(
    "--status", type=click.Choice([s.value for s in StatementStatus]), help="Only those that are."
)
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
@click.pass_obj
def list_statements(app: App, status: str | None, limit: int, as_json: bool) -> None:
    """List statements, newest first."""
    wanted = StatementStatus(status) if status else None
    with app.sessions() as session:
        found = reports.latest(session, wanted, limit)
    for statement in found:
        if as_json:
            click.echo(json.dumps(_json(statement), ensure_ascii=False))
        else:
            click.echo(f"{statement.ref}  {statement.status.value:10}  {statement.text}")


@statements.command()
@click.argument("ref")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
@click.pass_obj
def show(app: App, ref: str, as_json: bool) -> None:
    """Show the statement, or the report's statements, that REF names."""
    with app.sessions() as session:
        found = reports.by_ids(session, curation.find(session, ref))
    for statement in found:
        if as_json:
            click.echo(json.dumps(_json(statement), ensure_ascii=False))
            continue
        click.echo(f"{statement.ref} ({statement.status.value})\n«{statement.text}»")
        for label, value in (
            ("said by", statement.speaker),
            ("rating", statement.rating_text or statement.rating),
            ("report", f"{statement.report_ref}: {statement.title}"),
            ("publisher", statement.publisher or "not stated"),
            ("date", statement.published_at or "undated"),
            ("link", statement.url),
        ):
            if value:
                click.echo(f"  {label}: {value}")


@statements.command()
@click.argument("ref")
@click.option("--reason", help="Why, for the audit.")
@click.pass_obj
def publish(app: App, ref: str, reason: str | None) -> None:
    """Publish the statement, or the report's statements, that REF names."""
    with app.sessions.begin() as session:
        ids = curation.find(session, ref)
        moved = curation.publish(session, ids, _ACTOR, reason)
    indexing.embed_published(app.sessions, app.encoder, ids)
    click.echo(f"{moved} statements published" + ("" if moved else f": {ref} has no draft"))


@statements.command()
@click.argument("ref")
@click.option("--reason", required=True, help="Why, for the audit.")
@click.pass_obj
def retract(app: App, ref: str, reason: str) -> None:
    """Withdraw the statement, or the report's statements, that REF names; they stay withdrawn."""
    with app.sessions.begin() as session:
        moved = curation.retract(session, curation.find(session, ref), _ACTOR, reason)
    none = f": nothing of {ref} is published"
    click.echo(f"{moved} statements retracted" + ("" if moved else none))


def _json(statement: SourcedStatement) -> dict[str, str | None]:
    return {
        "ref": statement.ref,
        "status": statement.status.value,
        "text": statement.text,
        "speaker": statement.speaker,
        "rating": statement.rating.value if statement.rating else None,
        "report_ref": statement.report_ref,
        "title": statement.title,
        "publisher": statement.publisher,
        "published_at": statement.published_at.isoformat() if statement.published_at else None,
        "url": statement.url,
    }
