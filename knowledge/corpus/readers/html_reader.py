"""Read saved web pages: their article, and the JSON-LD embedded in them."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

from knowledge.corpus.readers import fields
from knowledge.corpus.readers.fields import FieldError
from knowledge.corpus.readers.file_decoding import Document, decode_text, read_whole
from knowledge.corpus.readers.markup_limits import excess
from knowledge.corpus.readers.reader_types import Defaults
from knowledge.domain import ReportDraft
from knowledge.errors import BrokenFile, TooMuchToRead, UnreadableFile
from knowledge.text.language import guess_language
from knowledge.text.plain_text import single_line

#: A page's markup; trafilatura itself takes no downloads above 20 MB.
MAX_PAGE_BYTES = 16 * 2**20

# HTML's own rule: a declared encoding stands in the first 1,024 bytes.
_DECLARED_WITHIN = 1024
_DECLARED = re.compile(rb"charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
# Those that Arabic, English and French pages have been written in.
_ENCODINGS = frozenset({"windows-1256", "iso-8859-6", "windows-1252", "iso-8859-1", "iso-8859-15"})

# A date is taken only where markup names it the date of publication (Open Graph, schema.org, Dublin
# Core, Parse.ly). trafilatura's own search ends with any date in the text.
_TAG = re.compile(r"<(?:meta|time)\b([^<>]{0,2000})>", re.IGNORECASE)
_PUBLISHED = re.compile(
    r"article:published_time|datePublished|pubdate|publish(?:ed)?[-_]date|publication[-_]date"
    r"|dc(?:terms)?\.(?:date|created|issued)|parsely-pub-date",
    re.IGNORECASE,
)
_TAG_DAY = re.compile(r"(?:content|datetime)\s{0,9}=\s{0,9}[\"']?([0-9]{4}-[0-9]{2}-[0-9]{2})")
_JSON_DAY = re.compile(r"\"datePublished\"\s{0,9}:\s{0,9}\"([0-9]{4}-[0-9]{2}-[0-9]{2})")

_SCRIPT_START = re.compile(r"<script\b([^<>]{0,2000})>", re.IGNORECASE)
_SCRIPT_END = re.compile(r"</script", re.IGNORECASE)
_JSON_LD = re.compile(r"application/ld\+json", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """One embedded JSON-LD script; ``line`` is where it begins in the page."""

    line: int
    text: str


def read_page(document: Document) -> str:
    """Return a page's markup: UTF-8, or else the encoding it declares.

    Raises:
        UnreadableFile: it is in neither, or too large.
    """
    data = read_whole(document, MAX_PAGE_BYTES)
    try:
        return decode_text(document, data)
    except UnreadableFile:
        declared = _DECLARED.search(data[:_DECLARED_WITHIN])
        name = declared[1].decode("ascii").lower() if declared else ""
        if name not in _ENCODINGS:
            raise
        try:
            return data.decode(name)
        except UnicodeDecodeError as error:
            raise BrokenFile(
                f"{document} is not in {name} as it says (byte {error.start}); save it as UTF-8."
            ) from error


def json_ld(markup: str) -> Iterator[Block]:
    """Yield the page's JSON-LD scripts that speak of a ClaimReview."""
    at, line, counted = 0, 1, 0
    while start := _SCRIPT_START.search(markup, at):
        end = _SCRIPT_END.search(markup, start.end())
        if end is None:
            return
        text = markup[start.end() : end.start()]
        if _JSON_LD.search(start[1]) and "ClaimReview" in text:
            line, counted = line + markup.count("\n", counted, start.start()), start.start()
            yield Block(line, text)
        at = end.end()


def read_article(document: Document, defaults: Defaults) -> ReportDraft:
    """Return the article of a page, with what the page states about it.

    Raises:
        UnreadableFile: no article is found in it.
    """
    markup = read_page(document)
    if too_much := excess(markup):
        raise TooMuchToRead(f"{document} has {too_much}; save its text instead.")
    try:
        page = extractor().bare_extraction(markup, with_metadata=True, include_comments=False)
    except Exception as error:  # Whatever its parsers raise over hostile markup.
        raise UnreadableFile(
            f"{document} cannot be parsed as HTML; save its text instead."
        ) from error
    if page is None or isinstance(page, dict) or not (page.text or "").strip():
        raise UnreadableFile(
            f"{document} has no article that can be recognised; save its text instead."
        )
    try:
        body = fields.text_of(page.text, "body", fields.MAX_BODY) or ""
        title = fields.line_of(page.title, "title", fields.MAX_TITLE) or fields.title_from(body)
        publisher = fields.line_of(page.sitename, "publisher", fields.MAX_PUBLISHER)
        published_at = fields.day_of(_stated_day(markup), "publication date")
    except FieldError as error:
        raise UnreadableFile(f"{document} is not a report: {error}.") from error
    # The headline is often extracted twice: as the title and as the first line of the text.
    first, _, rest = body.partition("\n")
    body = rest.strip() if single_line(first) == title and rest.strip() else body
    return ReportDraft(
        title=title,
        publisher=publisher or defaults.publisher,
        url=_stated_url(page.url) or defaults.url,
        published_at=published_at or defaults.published_at,
        language=defaults.language or guess_language(body),
        body=body,
    )


def extractor() -> ModuleType:
    """Return trafilatura, which takes a quarter of a second to import: only pages cost that."""
    import trafilatura

    # Its warnings about a page repeat, less clearly, what is raised here.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    return trafilatura


def _stated_day(markup: str) -> str | None:
    for tag in _TAG.finditer(markup):
        day = _TAG_DAY.search(tag[1]) if _PUBLISHED.search(tag[1]) else None
        if day:
            return day[1]
    stated = _JSON_DAY.search(markup)
    return stated[1] if stated else None


def _stated_url(value: object) -> str | None:
    """The page's canonical address; pages state broken ones, which are worth no refusal."""
    try:
        return fields.url_of(value, "url")
    except FieldError:
        return None
