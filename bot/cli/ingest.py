"""``tathabbat ingest``: add reports from files and URLs to the knowledge base."""

import asyncio
import json
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Final

import click

from bot.app import App
from bot.cli.progress_bar import make_reporter, show_count
from bot.cli.word_counts import format_count
from bot.fetching.errors import FetchError
from bot.ingestion.url_reader import read_address
from knowledge.corpus.draft_warnings import Doubt, find_doubts
from knowledge.corpus.future_dates import latest_day
from knowledge.corpus.readers import Defaults, Format, Problem, read
from knowledge.corpus.readers.fields import Flaw
from knowledge.domain import ReportDraft, now
from knowledge.errors import UnreadableFile
from knowledge.index import serving_index
from knowledge.ingestion.report_batches import preview_batch, store_batch
from knowledge.storage.audit_log import COMMAND_LINE
from knowledge.text.plain_text import single_line

#: Reports stored per transaction.
_BATCH: Final = 200
#: Maximum reports that are named in the suggested next commands.
_NAMED: Final = 3
#: Default and maximum number of statements that `statements list` shows.
_LISTED, _MOST_LISTED = 50, 10_000


@dataclass(slots=True)
class _Tally:
    dry_run: bool
    reports_added: int = 0
    duplicates: int = 0
    statements_added: int = 0
    statements_published: int = 0
    without_statements: int = 0
    #: Invalid rows by reason, and files and URLs that cannot be read at all.
    left_out: Counter[Flaw] = field(default_factory=Counter)
    unreadable: int = 0
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    doubts: Counter[Doubt] = field(default_factory=Counter)
    #: Of known reports: statements published now, and those that stay withdrawn.
    known_published: int = 0
    known_withdrawn: int = 0
    #: Statements that are still drafts, and the first of their reports, one more than are named.
    statements_waiting: int = 0
    drafts: list[str] = field(default_factory=list)
    #: Content that a dry run has seen, since duplicates would not be added either.
    seen: set[str] = field(default_factory=set)


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
    help="Publish them at once, without review: PUBLISH_NEEDS_TWO does not apply here.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice([f.value for f in Format]),
    default=Format.AUTO.value,
    show_default=True,
    help="The files' format.",
)
@click.option("--publisher", help="The outlet, where a file does not state it.")
@click.option("--url", help="The address, where a file does not state it.")
@click.option("--date", "day", type=_Day(), help="The date of publication, like 2019-02-07.")
@click.option("--lang", help="The language of a report, like ar; detected if not given.")
@click.option("--dry-run", is_flag=True, help="Show what would be added, and add nothing.")
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
    dry_run: bool,
    as_json: bool,
) -> None:
    """Read reports from PATHS and keep their statements.

    Statements are drafts, which nobody is shown, unless you give --publish.
    A path that begins with https:// or http:// is fetched, from the public internet only.
    Reading the same content again adds nothing; with --publish its drafts are published. A row
    that cannot be read, or repeats an earlier ref, is reported with its line; the others are added.
    These only cause warnings: a date in the future, an as_of after the report, and a fact-check's
    claim whose rating is missing or unknown.
    """
    try:
        defaults = Defaults(publisher=publisher, url=url, published_at=day, language=lang)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    tally = _Tally(dry_run)
    fresh: list[int] = []
    for path in paths:
        try:
            items = _read(app, path, Format(kind), defaults)
            while batch := list(islice(items, _BATCH)):
                fresh += _store(app, _check_reports(path, batch, tally), publish, tally)
                show_count(f"{format_count(tally.reports_added + tally.duplicates, 'report')} read")
        except (UnreadableFile, FetchError) as error:
            tally.unreadable += 1
            _report_problem(tally, str(error))
    show_count("")
    if fresh:
        bar = make_reporter("Embedding the statements")
        serving_index.embed_published(app.sessions, app.encoder, fresh, bar)
    click.echo(_serialise_tally(tally) if as_json else "\n".join(_summarise(tally)))
    if tally.problems:
        raise click.exceptions.Exit(1)


def _read(app: App, path: str, kind: Format, defaults: Defaults) -> Iterator[ReportDraft | Problem]:
    if not path.lower().startswith(("http://", "https://")):
        return read(Path(path), kind, defaults)
    return iter(asyncio.run(read_address(app.fetcher, app.parsers, path, defaults, format=kind)))


def _check_reports(
    path: str, batch: list[ReportDraft | Problem], tally: _Tally
) -> list[ReportDraft]:
    """Return the reports of a batch; print warnings about doubtful ones, and the problems."""
    drafts: list[ReportDraft] = []
    for item in batch:
        if isinstance(item, ReportDraft):
            _warn(tally, path, item)
            drafts.append(item)
        else:
            place = f"line {item.line}: " if item.line is not None else ""
            tally.left_out[item.flaw] += 1
            _report_problem(tally, f"{path}: {place}{item.reason}")
    return drafts


def _store(app: App, drafts: list[ReportDraft], publish: bool, tally: _Tally) -> list[int]:
    """Store reports, unless it is a dry run; returns the ids of published statements."""
    published: list[int] = []
    if tally.dry_run:
        for found in app.sessions.read(preview_batch, drafts):
            known = found.known or found.content_hash in tally.seen
            tally.seen.add(found.content_hash)
            _count(tally, known, found.statements)
        return published
    for taken in app.sessions.write(store_batch, drafts, COMMAND_LINE, publish=publish):
        stored = taken.stored
        _count(tally, stored.duplicate, len(stored.statement_ids))
        tally.statements_published += taken.published
        if stored.duplicate:
            tally.known_withdrawn += stored.withdrawn
            tally.known_published += taken.published
        if taken.published:
            published += stored.statement_ids
        elif not publish and stored.waiting and stored.report_ref not in tally.drafts:
            tally.statements_waiting += stored.waiting
            if len(tally.drafts) <= _NAMED:
                tally.drafts.append(stored.report_ref)
    return published


def _count(tally: _Tally, known: bool, statements: int) -> None:
    if known:
        tally.duplicates += 1
        return
    tally.reports_added += 1
    tally.statements_added += statements
    tally.without_statements += not statements


def _warn(tally: _Tally, path: str, draft: ReportDraft) -> None:
    where = f"{path}: {draft.place}" if draft.place else path
    for found in find_doubts(draft, latest_day(now())):
        message = f"{where}: {found.message}"
        click.echo(f"tathabbat: warning: {single_line(message)}", err=True)
        tally.warnings.append(message)
        tally.doubts[found.doubt] += 1


def _report_problem(tally: _Tally, message: str) -> None:
    click.echo(f"tathabbat: {single_line(message)}", err=True)
    tally.problems.append(message)


def _serialise_tally(tally: _Tally) -> str:
    shown = {k: v for k, v in asdict(tally).items() if k not in ("drafts", "seen", "doubts")}
    shown["left_out"] = {flaw.name.lower(): n for flaw, n in tally.left_out.items()}
    return json.dumps(shown, ensure_ascii=False)


def _summarise(tally: _Tally) -> Iterator[str]:
    added, statements = (
        format_count(tally.reports_added, "report"),
        format_count(tally.statements_added, "statement"),
    )
    known = format_count(tally.duplicates, "was known already", "were known already")
    if tally.dry_run:
        yield f"{added} would be added with {statements}; {known}; nothing was kept"
    else:
        yield (f"{added} added with {statements}, {tally.statements_published} published; {known}")
    if tally.known_published:
        drafts = format_count(tally.known_published, "draft")
        yield f"{drafts} of what was known already published as well"
    if tally.known_withdrawn:
        stay = format_count(tally.known_withdrawn, "statement stays", "statements stay")
        yield (
            f"{stay} retracted or discarded; `tathabbat statements history REF` and"
            " `tathabbat statements undo` take that back"
        )
    if tally.without_statements:
        holds = format_count(
            tally.without_statements,
            "of them holds no checkable statement",
            "of them hold no checkable statement",
        )
        yield holds
    if tally.left_out:
        kinds = ", ".join(f"{n} {flaw.value}" for flaw, n in tally.left_out.most_common())
        yield f"{format_count(tally.left_out.total(), 'row')} left out: {kinds}"
    if tally.unreadable:
        yield (
            format_count(tally.unreadable, "file or address", "files or addresses")
            + " could not be read"
        )
    if tally.warnings:
        kinds = ", ".join(f"{n} {doubt.value}" for doubt, n in tally.doubts.most_common())
        yield f"{format_count(len(tally.warnings), 'warning')}: {kinds}"
    if tally.drafts:
        yield "Drafts are not served. Read and publish them with:"
        yield from (f"  tathabbat statements {words}" for words in _suggest_commands(tally))


def _suggest_commands(tally: _Tally) -> Iterator[str]:
    """Yield the commands that show and publish the drafts just added."""
    if len(tally.drafts) <= _NAMED:
        refs = [shlex.quote(ref) for ref in tally.drafts]
        yield from (f"show {ref}" for ref in refs)
        yield "publish " + " ".join(f"--report {ref}" for ref in refs)
        return
    limit = min(tally.statements_waiting, _MOST_LISTED)
    yield "list --status draft" + (f" --limit {limit}" if limit > _LISTED else "")
    yield "publish --all-drafts"
