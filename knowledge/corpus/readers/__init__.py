"""Files into reports: text, web pages, report rows, claim reviews and CSV."""

from collections.abc import Iterator

from knowledge.corpus.readers.claimreview_reader import read_claim_reviews
from knowledge.corpus.readers.csv_reader import read_table
from knowledge.corpus.readers.file_decoding import Source, require_readable
from knowledge.corpus.readers.format_detection import detect
from knowledge.corpus.readers.html_reader import read_article
from knowledge.corpus.readers.reader_types import Defaults, Format, Problem
from knowledge.corpus.readers.row_reader import read_rows
from knowledge.corpus.readers.text_reader import read_text
from knowledge.domain import ReportDraft
from knowledge.errors import UnreadableFile

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
