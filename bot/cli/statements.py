"""``tathabbat statements``: list, review, publish and retract statements, and undo it."""

import json

import click

from bot.app import App
from bot.cli.confirmation import YES, require_yes
from bot.cli.progress_bar import make_reporter
from bot.cli.word_counts import format_count, say_empty
from knowledge import curation
from knowledge.corpus import reports
from knowledge.corpus.reports import SourcedStatement
from knowledge.curation import MoveResult
from knowledge.domain import StatementStatus, SubjectKind
from knowledge.index import serving_index
from knowledge.storage.audit_log import COMMAND_LINE
from knowledge.text.plain_text import single_line


@click.group()
def statements() -> None:
    """List, show, review, publish and retract statements.

    PUBLISH_NEEDS_TWO does not apply here: the command line needs no second person.
    """


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
    found = app.sessions.read(reports.load_latest, wanted, limit)
    if not found and not as_json:
        say_empty(
            f"no statement is {wanted.value}"
            if wanted
            else "no statements yet; add some with `tathabbat ingest FILE`"
        )
    for statement in found:
        if as_json:
            click.echo(json.dumps(_serialise(statement), ensure_ascii=False))
        else:
            click.echo(
                f"{statement.ref}  {statement.status.value:10}  {single_line(statement.text)}"
            )


@statements.command()
@click.argument("ref")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
@click.pass_obj
def show(app: App, ref: str, as_json: bool) -> None:
    """Show the statement, or the whole report, that REF names."""
    for statement in app.sessions.read(curation.load_named, ref):
        if as_json:
            click.echo(json.dumps(_serialise(statement), ensure_ascii=False))
            continue
        click.echo(f"{statement.ref} ({statement.status.value})\n«{single_line(statement.text)}»")
        for label, value in (
            ("said by", statement.speaker),
            ("rating", statement.rating_text or statement.rating),
            ("report", f"{statement.report_ref}: {statement.title}"),
            ("publisher", statement.publisher or "not stated"),
            ("date", statement.published_at or "undated"),
            ("link", statement.url),
        ):
            if value:
                click.echo(f"  {label}: {single_line(str(value))}")


@statements.command()
@click.argument("ref")
@click.option("--reason", help="Why, for the audit.")
@click.pass_obj
def review(app: App, ref: str, reason: str | None) -> None:
    """Mark the draft that REF names as reviewed.

    If REF names a report, all of its drafts.
    """
    moved = app.sessions.write(curation.move_named, curation.review, ref, COMMAND_LINE, reason)
    click.echo(_summarise(moved, "reviewed"))


@statements.command()
@click.argument("refs", nargs=-1)
@click.option("--report", "reports_", multiple=True, help="A report's reference; may be repeated.")
@click.option("--all-drafts", is_flag=True, help="Every draft, reviewed or not.")
@YES
@click.option("--reason", help="Why, for the audit.")
@click.pass_obj
def publish(
    app: App,
    refs: tuple[str, ...],
    reports_: tuple[str, ...],
    all_drafts: bool,
    yes: bool,
    reason: str | None,
) -> None:
    """Publish the statements that REFS name.

    A reference names a statement, or a report with all of its statements.
    --all-drafts publishes every draft, and asks first.
    """
    if bool(refs or reports_) == all_drafts:
        raise click.UsageError("name what `statements list` shows, or use --all-drafts")
    if all_drafts:
        ids = app.sessions.read(curation.list_drafts)
        if not ids:
            click.echo("no drafts wait to be published")
            return
        require_yes(f"this publishes {format_count(len(ids), 'draft')}, reviewed or not", yes)
    else:
        ids = app.sessions.read(curation.find_all, refs, reports_)
    moved = app.sessions.write(curation.move, curation.publish, ids, COMMAND_LINE, reason)
    bar = make_reporter("Embedding the statements")
    serving_index.embed_published(app.sessions, app.encoder, ids, bar)
    click.echo(_summarise(moved, "published"))


@statements.command()
@click.argument("ref")
@click.option("--reason", required=True, help="Why, for the audit.")
@click.pass_obj
def retract(app: App, ref: str, reason: str) -> None:
    """Withdraw the statement that REF names.

    If REF names a report, all of its statements. They stay withdrawn, and people who were shown one
    are told.
    """
    moved = app.sessions.write(curation.move_named, curation.retract, ref, COMMAND_LINE, reason)
    click.echo(_summarise(moved, "retracted"))


@statements.command()
@click.argument("ref")
@click.option("--reason", required=True, help="Why, for the audit.")
@click.pass_obj
def discard(app: App, ref: str, reason: str) -> None:
    """Discard the draft that REF names, so that it is never published.

    If REF names a report, all of its drafts.
    """
    moved = app.sessions.write(curation.move_named, curation.discard, ref, COMMAND_LINE, reason)
    click.echo(_summarise(moved, "discarded"))


@statements.command()
@click.argument("ref")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
@click.pass_obj
def history(app: App, ref: str, as_json: bool) -> None:
    """Show what was done to the statement REF, and what it answers.

    If REF names a report, of all of its statements.
    """
    acts = app.sessions.read(curation.list_acts, ref)
    if not acts and not as_json:
        say_empty("nothing was done to it yet")
    for act in acts:
        entry, by = act.entry, act.by
        if as_json:
            row = {
                "entry": entry.id,
                "at": entry.at.isoformat(),
                "ref": act.ref,
                "action": entry.action,
                "by": by,
                "approved_by": act.approved_by,
                "reason": entry.reason,
            }
            click.echo(json.dumps(row, ensure_ascii=False))
            continue
        if act.approved_by:
            by += f", approved by {act.approved_by}"
        why = f": {entry.reason}" if entry.reason else ""
        done = entry.action
        if entry.subject is not SubjectKind.STATEMENT:
            done += f" ({entry.subject.value} {entry.subject_id})"
        click.echo(
            f"{entry.id:6}  {entry.at:%Y-%m-%d %H:%M}  {act.ref}  {done}"
            f" by {single_line(by)}{single_line(why)}"
        )


@statements.command()
@click.argument("entry", type=click.IntRange(1, 2**63 - 1))
@click.option("--reason", required=True, help="Why, for the audit.")
@click.pass_obj
def undo(app: App, entry: int, reason: str) -> None:
    """Undo what ENTRY of the audit log did.

    `statements history` shows the numbers.
    People who were told an answer are told that it was taken back.
    """
    app.sessions.write(curation.undo, entry, COMMAND_LINE, reason)
    click.echo(f"entry {entry} is taken back")


def _summarise(moved: MoveResult, how: str) -> str:
    """Say how many changed; if none did, their status and who set it."""
    count, found = f"{format_count(moved.count, 'statement')} {how}", moved.standing
    if found is None:
        return count
    done = found.done
    by = f", {done.action} by {single_line(done.by)} at {done.at:%Y-%m-%d %H:%M}" if done else ""
    more = f" (and {found.others} more)" if found.others else ""
    return f"{count}: {found.ref} is {found.status.value}{by}{more}"


def _serialise(statement: SourcedStatement) -> dict[str, str | None]:
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
