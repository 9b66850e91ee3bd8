"""Read documents that were fetched or uploaded, with the readers of files."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from knowledge.corpus.readers import fields
from knowledge.corpus.readers.file_decoding import MAX_DOCUMENT_BYTES, Document
from knowledge.corpus.readers.reader_types import Defaults, Format, Problem
from knowledge.domain import ReportDraft

#: What a document holds: its reports, and what is wrong with rows that are none.
Found: TypeAlias = Sequence[ReportDraft | Problem]

#: Reports taken from one document.
MAX_REPORTS: Final = 20_000
_SUFFIXES: Final = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "application/json": ".json",
    "application/ld+json": ".json",
    "text/json": ".json",
}
_UPLOADS: Final = (
    ".txt", ".html", ".htm", ".xhtml", ".json", ".jsonl", ".ndjson", ".jsonld", ".csv", ".tsv",
)  # fmt: skip
# Those that Arabic, English and French pages are written in: some of Python's codecs decompress.
_CHARSETS: Final = frozenset(
    "utf-8 utf-16 ascii cp1252 cp1256 iso8859-1 iso8859-6 iso8859-15".split()
)


@dataclass(frozen=True, slots=True)
class Received:
    """A document, where it was found in the end, and what its server says it is."""

    url: str
    content_type: str
    charset: str | None
    data: bytes


def read_received(
    document: Received,
    defaults: Defaults,
    format: Format = Format.AUTO,  # noqa: A002 - as ``read`` has it
) -> Found:
    """Return the reports in ``document``, and a ``Problem`` for each row that is none.

    A page speaks for its own host only: its publisher is the host unless it or ``defaults`` name
    one, and an address it states on another host is not believed.

    Raises:
        UnreadableFile: it cannot be read as reports.
    """
    host = host_of(document.url)
    known = replace(
        defaults, url=defaults.url or document.url, publisher=defaults.publisher or host
    )
    given = as_document(document)
    found = _read(given, format, known)
    if given.suffix != ".html":
        return found
    return [
        replace(item, url=document.url)
        if isinstance(item, ReportDraft) and host_of(item.url or "") != host
        else item
        for item in found
    ]


def read_upload(
    name: str,
    data: bytes,
    defaults: Defaults,
    format: Format = Format.AUTO,  # noqa: A002 - as ``read`` has it
) -> Found:
    """Return the reports in a file that somebody handed in under ``name``, and its problems.

    Raises:
        UnreadableFile: it cannot be read as reports.
    """
    suffix = next((s for s in _UPLOADS if name.lower().endswith(s)), "")
    return _read(Document.of(fields.shown(name), suffix, data), format, defaults)


def as_document(document: Received) -> Document:
    """Return ``document`` as the readers take it, in UTF-8 where its server names another."""
    suffix = _SUFFIXES.get(document.content_type, "")
    return Document.of(document.url, suffix, _in_utf8(document))


def _read(
    document: Document,
    format: Format,  # noqa: A002 - as ``read`` has it
    defaults: Defaults,
) -> list[ReportDraft | Problem]:
    from knowledge.corpus.readers import read_document

    return list(islice(read_document(document, format, defaults), MAX_REPORTS))


def host_of(url: str) -> str | None:
    """Return the host of an address without ``www.``; None if it has none."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


def as_text(data: bytes, charset: str | None) -> str:
    """Return ``data`` as text: by its mark, as UTF-8, else in ``charset`` if that is a usual one.

    What cannot be read becomes U+FFFD: the rest may still be of use.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode(_usual(charset) or "utf-8", errors="replace")


def _in_utf8(document: Received) -> bytes:
    """The bytes as the readers take them; they know UTF-8 and what a page itself declares."""
    if len(document.data) > MAX_DOCUMENT_BYTES or _usual(document.charset) is None:
        return document.data
    return as_text(document.data, document.charset).encode()


def _usual(charset: str | None) -> str | None:
    try:
        name = codecs.lookup(charset or "").name
    except (LookupError, ValueError):
        return None
    return name if name in _CHARSETS else None
