"""Files into reports: text, web pages, report rows, claim reviews and CSV."""

from collections.abc import Iterator
from pathlib import Path

from knowledge.corpus.readers.claimreview_reader import read_claim_reviews
from knowledge.corpus.readers.csv_reader import read_table
from knowledge.corpus.readers.file_decoding import Document, open_document, require_something
from knowledge.corpus.readers.format_detection import detect
from knowledge.corpus.readers.html_reader import read_article
from knowledge.corpus.readers.reader_types import Defaults, Format, Problem
from knowledge.corpus.readers.row_reader import read_rows
from knowledge.corpus.readers.text_reader import read_text
from knowledge.domain import ReportDraft
from knowledge.errors import UnreadableFile

__all__ = ["Defaults", "Format", "Problem", "read", "read_document"]

_NO_DEFAULTS = Defaults()


def read(
    path: Path,
    format: Format = Format.AUTO,  # noqa: A002 - the word the command line uses
    defaults: Defaults = _NO_DEFAULTS,
) -> Iterator[ReportDraft | Problem]:
    """Yield the reports in a file, and a ``Problem`` for each row that is none.

    The file is opened once. Rows (JSONL, CSV) are read one at a time, however long it is.

    Raises:
        UnreadableFile: the file as a whole cannot be read as reports; raised before the first is
            yielded.
    """
    with open_document(path) as document:
        yield from read_document(document, format, defaults)


def read_document(
    document: Document,
    format: Format = Format.AUTO,  # noqa: A002 - as ``read`` has it
    defaults: Defaults = _NO_DEFAULTS,
) -> Iterator[ReportDraft | Problem]:
    """Yield the reports in a document, like ``read``."""
    require_something(document)
    empty = True
    for draft in _read(document, format, defaults):
        empty = False
        yield draft
    if empty:
        raise UnreadableFile(f"{document} holds no report; check that it is the right file.")


def _read(
    document: Document,
    format: Format,  # noqa: A002 - as ``read`` has it
    defaults: Defaults,
) -> Iterator[ReportDraft | Problem]:
    match detect(document) if format is Format.AUTO else format:
        case Format.TEXT:
            yield read_text(document, defaults)
        case Format.HTML:
            yield read_article(document, defaults)
        case Format.CLAIMREVIEW:
            yield from read_claim_reviews(document, defaults)
        case Format.CSV:
            yield from read_table(document, defaults)
        case _:
            yield from read_rows(document, defaults)
