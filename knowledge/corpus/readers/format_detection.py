"""Detect the format of a file: by its extension, then by its content."""

from itertools import islice

from knowledge.corpus.readers import html_reader, json_documents
from knowledge.corpus.readers.claimreview_reader import is_claim_review
from knowledge.corpus.readers.file_decoding import Document, from_start
from knowledge.corpus.readers.reader_types import Format, Problem
from knowledge.errors import UnreadableFile

_BY_SUFFIX = {
    ".txt": Format.TEXT,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".xhtml": Format.HTML,
    ".json": Format.REPORT,
    ".jsonl": Format.REPORT,
    ".ndjson": Format.REPORT,
    ".jsonld": Format.REPORT,
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
}
_BY_FIRST_BYTE = {b"<": Format.HTML, b"{": Format.REPORT, b"[": Format.REPORT}
_BEGINNING_BYTES = 1024


def detect(document: Document) -> Format:
    """Return the format of a file, never ``AUTO``.

    Pages and JSON are claim reviews if they hold any, else an article and report rows.

    Raises:
        UnreadableFile: it cannot be read far enough to tell.
    """
    looks = _BY_SUFFIX.get(document.suffix.lower()) or _by_content(document)
    if looks is Format.HTML and any(
        map(_holds_reviews, html_reader.json_ld(html_reader.read_page(document)))
    ):
        return Format.CLAIMREVIEW
    if looks is Format.REPORT and is_claim_review(_first_value(document)):
        return Format.CLAIMREVIEW
    return looks


def _holds_reviews(block: html_reader.Block) -> bool:
    try:
        return is_claim_review(json_documents.parse_json(block.text))
    except json_documents.JsonError:
        return False


def _by_content(document: Document) -> Format:
    beginning = from_start(document).read(_BEGINNING_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    return _BY_FIRST_BYTE.get(beginning[:1], Format.TEXT)


def _first_value(document: Document) -> object:
    """The first row that is JSON, since a broken one may come before it."""
    for value in islice(json_documents.read_values(document), json_documents.PEEKED_ROWS):
        if not isinstance(value, Problem):
            return value.content
    raise UnreadableFile(
        f"{document} holds no JSON in its first rows; check that it is the right file."
    )
