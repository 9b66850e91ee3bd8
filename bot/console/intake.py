"""What a moderator puts in, as reports: pasted text, a dropped file, an address."""

import asyncio
from collections.abc import Sequence
from typing import Final

from bot.console.errors import BadForm
from bot.console.forms import Form, Upload
from bot.fetching import Fetcher
from bot.parsing import jobs
from bot.parsing.pool import ParserPool
from bot.receiving import read_address
from knowledge.domain import ReportDraft, ReportKind
from knowledge.language import UNDETERMINED, guess_language
from knowledge.readers import Defaults, Problem, fields
from knowledge.readers.fields import FieldError

#: Characters of a pasted report.
MAX_REPORT: Final = 2_000_000
#: Reports of one file that are taken: more belong into `tathabbat ingest`.
MAX_REPORTS: Final = 2_000
_TITLE: Final = 500
_URL: Final = 2_000


def drafts(sent: Form, fetcher: Fetcher, parsers: ParserPool) -> Sequence[ReportDraft | Problem]:
    """Return the reports that a form holds: its file's, else its text, else its address's.

    Raises BadForm, FetchError or UnreadableFile.
    """
    defaults = _defaults(sent)
    if "file" in sent.uploads:
        return _from_file(sent.uploads["file"], defaults, parsers)
    if sent.text("body", MAX_REPORT):
        return (_pasted(sent, defaults),)
    if defaults.url:
        return asyncio.run(read_address(fetcher, parsers, defaults.url, defaults))
    raise BadForm("body", "nothing was pasted, dropped or named")


def _defaults(sent: Form) -> Defaults:
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


def _pasted(sent: Form, defaults: Defaults) -> ReportDraft:
    body = sent.text("body", MAX_REPORT)
    title = sent.line("title", _TITLE)
    if not title:
        # As in a text file, the first line is the title, if anything stands below it.
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
        body=body,
    )


def _from_file(
    upload: Upload, defaults: Defaults, parsers: ParserPool
) -> Sequence[ReportDraft | Problem]:
    found = parsers.read(jobs.read_upload(upload.name, upload.content, defaults))
    if len(found) > MAX_REPORTS:
        raise BadForm("file", f"more than {MAX_REPORTS} reports")
    return found
