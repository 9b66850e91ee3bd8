"""Export the statements published last as RSS 2.0."""

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final, TypeAlias
from xml.etree import ElementTree as Xml

from knowledge.corpus.ratings import SUPPORTING_RATINGS
from knowledge.corpus.reports import SourcedStatement
from knowledge.domain import Rating, ReportKind
from knowledge.text.plain_text import displayable

#: Names a rating in a language.
RatingNames: TypeAlias = Callable[[Rating, str], str]
#: Most characters of a fact-checker's wording to count as a label; longer ones explain.
_LABEL: Final = 40
# Characters that no XML 1.0 document may hold.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Channel:
    """The feed's title, link and description."""

    title: str
    link: str
    description: str


def rss(
    items: Iterable[tuple[SourcedStatement, datetime]], channel: Channel, name: RatingNames
) -> str:
    """Return the document for ``items`` (each with the time of publication), newest first.

    Many readers show only titles: a claim that a fact-checker does not support begins with the
    rating, in its own wording or as ``name`` calls it in the statement's language.
    """
    root = Xml.Element("rss", version="2.0")
    top = Xml.SubElement(root, "channel")
    _add(top, "title", channel.title)
    _add(top, "link", channel.link)
    _add(top, "description", channel.description)
    for statement, at in items:
        item = Xml.SubElement(top, "item")
        _add(item, "title", _as_html(_title(statement, name)))
        if statement.url:
            _add(item, "link", statement.url)
        _add(item, "description", _description(statement, name))
        guid = _add(item, "guid", f"{statement.ref}#{statement.id}")
        guid.set("isPermaLink", "false")
        _add(item, "pubDate", format_datetime(at))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(root, "unicode") + "\n"


def _title(s: SourcedStatement, name: RatingNames) -> str:
    if s.rating is None and s.rating_text is None:
        # A fact-check's prose without a rating repeats the falsehoods it is about.
        return s.title if s.kind is ReportKind.FACT_CHECK else s.text
    if s.rating in SUPPORTING_RATINGS:
        return s.text
    own = s.rating_text if s.rating_text and len(s.rating_text) <= _LABEL else None
    rating = own or (
        name(s.rating, s.language) if s.rating else f"{s.rating_text or '':.{_LABEL}}…"
    )
    return f"{rating[:1].upper()}{rating[1:]}: {s.text}"


def _description(s: SourcedStatement, name: RatingNames) -> str:
    """Return who states it, where and when, with a fact-checker's verdict, in HTML."""
    rating = s.rating_text or (name(s.rating, s.language) if s.rating else None)
    day = s.published_at.isoformat() if s.published_at else None
    place = " · ".join(part for part in (s.title, s.publisher, day) if part)
    lines = (f"«{s.text}»", s.speaker, rating, place)
    return "<br>".join(_as_html(line) for line in lines if line)


def _as_html(text: str) -> str:
    # Readers show titles and descriptions as HTML; statements must not become markup there.
    return html.escape(displayable(text), quote=False)


def _add(parent: Xml.Element, name: str, text: str) -> Xml.Element:
    child = Xml.SubElement(parent, name)
    child.text = _NOT_XML.sub("", text)
    return child
