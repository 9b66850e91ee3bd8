"""``tathabbat ingest``: files and addresses into the knowledge base."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path

import click

from bot.app import App
from bot.cli.progress import reporter, show_count
from bot.fetching.errors import FetchError
from bot.receiving import read_address
from knowledge import curation, indexing, reports
from knowledge.audit import COMMAND_LINE
from knowledge.domain import ReportDraft
from knowledge.errors import UnreadableFile
from knowledge.readers import Defaults, Format, Problem, read
from knowledge.text import single_line

#: Reports kept in one transaction.
_BATCH = 200


@dataclass(slots=True)
class _Tally:
    reports_added: int = 0
    duplicates: int = 0
    statements_added: int = 0
    statements_published: int = 0
    without_statements: int = 0
    problems: list[str] = field(default_factory=list)


class _Day(click.ParamType[date]):
    name = "DATE"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()  # noqa: DTZ007 (a day)
        except ValueError:
            self.fail(f"{value!r} is not a date; write it like 2019-02-07", param, ctx)


@click.command()
@click.argument("paths", nargs=-1, required=True)
@click.option(
    "--publish",
    is_flag=True,
    help="Serve them at once, without review: PUBLISH_NEEDS_TWO does not hold here.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice([f.value for f in Format]),
    default=Format.AUTO.value,
    show_default=True,
    help="What the files are.",
)
@click.option("--publisher", help="The outlet, where a file does not state it.")
@click.option("--url", help="The address, where a file does not state it.")
@click.option("--date", "day", type=_Day(), help="The date of publication, like 2019-02-07.")
@click.option("--lang", help="The language of a report, like ar; detected if not given.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_obj
def ingest(
    app: App,
    paths: tuple[str, ...],
    publish: bool,
    kind: str,
    publisher: str | None,
    url: str | None,
    day: date | None,
    lang: str | None,
    as_json: bool,
) -> None:
    """Read reports from PATHS and keep their statements, as drafts unless --publish is given.

    A path that begins with https:// or http:// is fetched, from the public internet only.
    The same content a second time adds nothing. A row that cannot be read is named with its line;
    the others go in.
    """
    try:
        defaults = Defaults(publisher=publisher, url=url, published_at=day, language=lang)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    tally = _Tally()
    fresh: list[int] = []
    for path in paths:
        try:
            items = _read(app, path, Format(kind), defaults)
            while batch := list(islice(items, _BATCH)):
                fresh += _keep(app, path, batch, publish, tally)
                show_count(f"{tally.reports_added + tally.duplicates} reports read")
        except (UnreadableFile, FetchError) as error:
            _problem(tally, str(error))
    show_count("")
    if fresh:
        bar = reporter("Embedding the statements")
        indexing.embed_published(app.sessions, app.encoder, fresh, bar)
    click.echo(json.dumps(asdict(tally), ensure_ascii=False) if as_json else _summary(tally))
    if tally.problems:
        raise click.exceptions.Exit(1)


def _read(app: App, path: str, kind: Format, defaults: Defaults) -> Iterator[ReportDraft | Problem]:
    if not path.lower().startswith(("http://", "https://")):
        return read(Path(path), kind, defaults)
    return iter(asyncio.run(read_address(app.fetcher, app.parsers, path, defaults, format=kind)))


def _keep(
    app: App, path: str, batch: list[ReportDraft | Problem], publish: bool, tally: _Tally
) -> list[int]:
    """Keep a batch in one transaction; returns the ids of the statements it published."""
    published: list[int] = []
    with app.sessions.begin() as session:
        for item in batch:
            if isinstance(item, Problem):
                place = f"line {item.line}: " if item.line is not None else ""
                _problem(tally, f"{path}: {place}{item.reason}")
                continue
            stored = reports.store(session, item)
            if stored.duplicate:
                tally.duplicates += 1
            else:
                tally.reports_added += 1
                tally.statements_added += len(stored.statement_ids)
                tally.without_statements += not stored.statement_ids
            if publish:
                moved = curation.publish(session, stored.statement_ids, COMMAND_LINE)
                tally.statements_published += moved
                published += stored.statement_ids if moved else ()
    return published


def _problem(tally: _Tally, message: str) -> None:
    click.echo(f"tathabbat: {single_line(message)}", err=True)
    tally.problems.append(message)


def _summary(tally: _Tally) -> str:
    return "\n".join(_lines(tally))


def _lines(tally: _Tally) -> Iterator[str]:
    yield (
        f"{tally.reports_added} reports added with {tally.statements_added} statements,"
        f" {tally.statements_published} published; {tally.duplicates} were known already"
    )
    if tally.without_statements:
        yield f"{tally.without_statements} of them hold no checkable statement"
    if tally.statements_added > tally.statements_published:
        yield "Drafts are not served: publish them with `tathabbat statements publish REF`"
    if tally.problems:
        yield f"{len(tally.problems)} could not be read"
