"""Parse RSS and Atom feeds into the items that they list (pure)."""

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime
from html.entities import html5
from typing import Any, Final
from urllib.parse import urljoin
from xml.parsers import expat

from knowledge.corpus.readers import fields
from knowledge.corpus.readers.fields import FieldError
from knowledge.corpus.readers.received_documents import as_text
from knowledge.errors import UnusableFeed

#: The most items of one feed.
MAX_ITEMS: Final = 20_000
#: The most elements of a feed, fifteen per item, and their depth: items are at depth three.
MAX_ELEMENTS: Final = 15 * MAX_ITEMS
MAX_DEPTH: Final = 100
#: The most attributes of one element, namespaces included, and characters of their values.
#: feedparser compares each with all before it.
MAX_ATTRIBUTES: Final = 100
MAX_VALUES: Final = 2**17
#: The most characters between two tags: an article's whole text, or its markup as text.
MAX_TEXT: Final = 2 * 2**20
_MAX_KEY: Final = 4_000
_MAX_DATE: Final = 100

_ELEMENTS: Final = f"more than {MAX_ELEMENTS:,} elements"
_DEPTH: Final = f"elements nested more than {MAX_DEPTH} deep"
_ATTRIBUTES: Final = f"an element with more than {MAX_ATTRIBUTES} attributes"
_VALUES: Final = f"an element whose attributes have more than {MAX_VALUES:,} characters"
_TEXT: Final = f"a text of more than {MAX_TEXT:,} characters"

_DECLARATION = re.compile(r"\s*<\?xml[^<>]{0,200}\?>")
_ENCODING = re.compile(rb"<\?xml[^<>]{0,100}encoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9_-]{1,40})")
_DOCTYPE = re.compile(r"<!DOCTYPE|<!ENTITY", re.IGNORECASE)
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31};)")
_XML_NAMES: Final = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a feed: its identity, and the address of its report."""

    key: str
    url: str
    published_at: date | None


def parse_feed(data: bytes, charset: str | None, url: str) -> tuple[Item, ...]:
    """Return the distinct items of the feed found at ``url``, in its order.

    Items without an address are left out: there is nothing to read.

    Raises:
        UnusableFeed: it is no feed, is broken XML, has more of something than any feed needs, or
            declares entities (which expand without end).
    """
    text = _well_formed(data, charset, url)
    # Importing it takes a quarter of a second, which only polling should cost.
    import feedparser

    # Passed as a file: a plain string would be opened as an address or a path.
    parsed = feedparser.parse(
        io.BytesIO(text.encode()),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    if not parsed.version:
        raise UnusableFeed(f"{url} is XML but neither RSS nor Atom; check the address")
    items = {item.key: item for item in _items(parsed.entries[:MAX_ITEMS], url)}
    return tuple(items.values())


def key_of(identity: str) -> str:
    """Return the hash by which an item is recognised."""
    return hashlib.sha256(identity[:_MAX_KEY].encode(errors="replace")).hexdigest()


def _items(entries: list[Any], base: str) -> Iterator[Item]:
    for entry in entries:
        try:
            link = fields.url_of(urljoin(base, str(entry.get("link") or "")), "link")
        except (FieldError, ValueError):
            continue
        if link is None or not entry.get("link"):
            continue
        yield Item(key_of(str(entry.get("id") or link)), link, _day(entry))


def _day(entry: Any) -> date | None:
    """Return the day of publication as written: the feed's time zone is its readers'."""
    written = str(entry.get("published") or "")[:_MAX_DATE]
    try:
        return fields.day_of(written, "published")
    except FieldError:
        pass
    try:
        return parsedate_to_datetime(written).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _well_formed(data: bytes, charset: str | None, url: str) -> str:
    """Return the feed's XML as text without a declaration, checked to be free of entities."""
    declared = _ENCODING.search(data[:1024])
    text = as_text(data, charset or (declared[1].decode("ascii") if declared else None))
    if _DOCTYPE.search(text):
        raise UnusableFeed(f"{url} declares a document type or entities; no feed needs them")
    # HTML's named entities (&nbsp;) are what breaks most feeds.
    text = _NAMED.sub(_spelled, _DECLARATION.sub("", text, count=1))
    try:
        _Counter(url).parse(text.encode())
    except expat.ExpatError as error:
        raise UnusableFeed(
            f"{url} is broken XML at line {error.lineno}; ask its publisher to correct it"
        ) from error
    return text


class _Counter:
    """Counts elements, attributes and text while expat parses, building nothing."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._elements = self._depth = self._text = 0

    def parse(self, data: bytes) -> None:
        """Parse ``data``. Raises ExpatError, or UnusableFeed if there is too much of it."""
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.Parse(data, True)

    def _start(self, name: str, attributes: list[str]) -> None:
        self._elements += 1
        self._depth += 1
        self._text = 0
        self._require(self._elements <= MAX_ELEMENTS, _ELEMENTS)
        self._require(self._depth <= MAX_DEPTH, _DEPTH)
        # Names and values alternate.
        self._require(len(attributes) <= 2 * MAX_ATTRIBUTES, _ATTRIBUTES)
        self._require(sum(map(len, attributes)) <= MAX_VALUES, _VALUES)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._text = 0

    def _characters(self, text: str) -> None:
        self._text += len(text)
        self._require(self._text <= MAX_TEXT, _TEXT)

    def _require(self, is_within: bool, too_much: str) -> None:
        if not is_within:
            raise UnusableFeed(f"{self._url} has {too_much}; ask its publisher to correct it")


def _spelled(named: re.Match[str]) -> str:
    known = html5.get(named[1]) if named[1] not in _XML_NAMES else None
    return "".join(f"&#{ord(letter)};" for letter in known) if known else named[0]
