"""Read the reports that a moderator submits: pasted text, an uploaded file, or a URL."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter, ValidationError

from bot.console.errors import BadForm, FutureDate
from bot.console.forms import Form, Upload
from bot.fetching import Fetcher
from bot.ingestion.url_reader import read_address
from bot.parsing import parser_jobs
from bot.parsing.parser_pool import ParserPool
from knowledge.corpus.extraction import extract
from knowledge.corpus.future_dates import find_future_dates, latest_day
from knowledge.corpus.readers import Defaults, Problem, fields
from knowledge.corpus.readers.fields import FieldError
from knowledge.domain import ReportDraft, ReportKind, StatementDraft
from knowledge.text.language import UNDETERMINED, guess_language
from knowledge.text.plain_text import plain_text

#: Maximum characters of a pasted report.
MAX_REPORT: Final = 2_000_000
#: Maximum reports of one file: for more there is `tathabbat ingest`.
MAX_REPORTS: Final = 2_000
_TITLE: Final = 500
_URL: Final = 2_000
#: The hidden field with a statement that the report brought along.
CARRIED: Final = "carried"
_STATEMENT: Final = TypeAdapter(StatementDraft)


def read_drafts(
    sent: Form, fetcher: Fetcher, parsers: ParserPool
) -> Sequence[ReportDraft | Problem]:
    """Return a form's reports: from its file, else its text, else its URL.

    Raises BadForm, FetchError or UnreadableFile.
    """
    defaults = _read_defaults(sent)
    if "file" in sent.uploads:
        return _read_file(sent.uploads["file"], defaults, parsers)
    if sent.text("body", MAX_REPORT):
        return (_read_pasted_report(sent, defaults),)
    if defaults.url:
        return asyncio.run(read_address(fetcher, parsers, defaults.url, defaults))
    raise BadForm("body", "nothing was pasted, dropped or named")


def read_report(sent: Form, fetcher: Fetcher, parsers: ParserPool) -> ReportDraft:
    """Return a form's report with its statements; it may come from the page before.

    Typed values win over those read from the URL. Raises BadForm, FetchError or UnreadableFile.
    """
    if sent.texts(CARRIED):
        found: Sequence[ReportDraft | Problem] = (_read_carried_report(sent),)
    else:
        found = read_drafts(sent, fetcher, parsers)
    read = [each for each in found if isinstance(each, ReportDraft)]
    if len(read) != 1:
        raise BadForm("body", "not one report")
    draft, typed = read[0], _read_defaults(sent)
    body = plain_text(draft.body or "").strip()
    draft = replace(
        draft,
        title=sent.line("title", _TITLE) or draft.title,
        publisher=typed.publisher or draft.publisher,
        published_at=typed.published_at or draft.published_at,
        kind=sent.choice("kind", ReportKind) or draft.kind,
        body=body or None,
    )
    return replace(draft, extracted=None if draft.statements else _decode_statements(draft))


def require_past_dates(drafts: Sequence[ReportDraft], now: datetime) -> None:
    """Raise FutureDate for the first date of a report or statement that lies in the future."""
    for draft in drafts:
        for name, day in find_future_dates(draft, latest_day(now)).items():
            raise FutureDate(name.rpartition(".")[2], day)


def _decode_statements(draft: ReportDraft) -> tuple[StatementDraft, ...]:
    return extract(draft.body or "", draft.title, draft.language)


def encode_statements(report: ReportDraft) -> tuple[str, ...]:
    """Encode the statements a report brought along, as hidden fields for the next page."""
    return tuple(_STATEMENT.dump_json(each).decode() for each in report.statements)


def _read_carried_report(sent: Form) -> ReportDraft:
    try:
        kept = tuple(_STATEMENT.validate_json(each) for each in sent.texts(CARRIED))
    except ValidationError as error:
        raise BadForm(CARRIED, "no statement") from error
    if any(len(each.text) > fields.MAX_STATEMENT for each in kept):
        raise BadForm(CARRIED, "a statement that is too long")
    return replace(_read_pasted_report(sent, _read_defaults(sent)), statements=kept)


def _read_defaults(sent: Form) -> Defaults:
    try:
        return Defaults(
            publisher=sent.line("publisher", _TITLE) or None,
            url=sent.line("url", _URL) or None,
            published_at=sent.day("published_at"),
            language=sent.line("language") or None,
        )
    except FieldError as error:
        field, _, why = str(error).partition(": ")
        raise BadForm(field, why) from error


def _read_pasted_report(sent: Form, defaults: Defaults) -> ReportDraft:
    body = sent.text("body", MAX_REPORT)
    title = sent.line("title", _TITLE)
    if not title and body:
        # As in a text file, the first line is the title if anything follows.
        first, _, rest = body.partition("\n")
        title = fields.title_from(first)
        body = rest.strip() or body
    guessed = guess_language(body)
    return ReportDraft(
        title=title,
        publisher=defaults.publisher,
        url=defaults.url,
        published_at=defaults.published_at,
        language=defaults.language or ("ar" if guessed == UNDETERMINED else guessed),
        kind=sent.choice("kind", ReportKind) or ReportKind.NEWS,
        body=body or None,
    )


def _read_file(
    upload: Upload, defaults: Defaults, parsers: ParserPool
) -> Sequence[ReportDraft | Problem]:
    found = parsers.read(parser_jobs.read_upload(upload.name, upload.content, defaults))
    if len(found) > MAX_REPORTS:
        raise BadForm("file", f"more than {MAX_REPORTS} reports")
    return found
