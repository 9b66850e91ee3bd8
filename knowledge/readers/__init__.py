"""Files into reports: text, web pages, report rows, claim reviews and CSV."""

from collections.abc import Iterator

from knowledge.domain import ReportDraft
from knowledge.errors import UnreadableFile
from knowledge.readers.claimreview import read_claim_reviews
from knowledge.readers.detect import detect
from knowledge.readers.files import Source, require_readable
from knowledge.readers.html import read_article
from knowledge.readers.model import Defaults, Format, Problem
from knowledge.readers.rows import read_rows
from knowledge.readers.table import read_table
from knowledge.readers.text import read_text

__all__ = ["Defaults", "Format", "Problem", "read"]

_NO_DEFAULTS = Defaults()


def read(
    path: Source,
    format: Format = Format.AUTO,  # noqa: A002 - the word the command line uses
    defaults: Defaults = _NO_DEFAULTS,
) -> Iterator[ReportDraft | Problem]:
    """Yield the reports in a file, and a ``Problem`` for each row that is none.

    Rows (JSONL, CSV) are read one at a time, however long the file.

    Raises:
        UnreadableFile: the file as a whole cannot be read as reports; raised before the first is
            yielded.
    """
    require_readable(path)
    empty = True
    for draft in _read(path, format, defaults):
        empty = False
        yield draft
    if empty:
        raise UnreadableFile(f"{path} holds no report; check that it is the right file.")


def _read(path: Source, format: Format, defaults: Defaults) -> Iterator[ReportDraft | Problem]:  # noqa: A002
    match detect(path) if format is Format.AUTO else format:
        case Format.TEXT:
            yield read_text(path, defaults)
        case Format.HTML:
            yield read_article(path, defaults)
        case Format.CLAIMREVIEW:
            yield from read_claim_reviews(path, defaults)
        case Format.CSV:
            yield from read_table(path, defaults)
        case _:
            yield from read_rows(path, defaults)
