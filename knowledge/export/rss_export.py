"""What was published last, as RSS 2.0."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.etree import ElementTree as Xml

from knowledge.corpus.reports import SourcedStatement
from knowledge.plain_text import displayable

# What no XML 1.0 document may hold, however it is written.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Channel:
    """What the feed says of itself."""

    title: str
    link: str
    description: str


def rss(items: Iterable[tuple[SourcedStatement, datetime]], channel: Channel) -> str:
    """Return the document for ``items`` (each with when it was published), newest first."""
    root = Xml.Element("rss", version="2.0")
    top = Xml.SubElement(root, "channel")
    _add(top, "title", channel.title)
    _add(top, "link", channel.link)
    _add(top, "description", channel.description)
    for statement, at in items:
        item = Xml.SubElement(top, "item")
        _add(item, "title", _as_html(statement.text))
        if statement.url:
            _add(item, "link", statement.url)
        _add(item, "description", _description(statement))
        guid = _add(item, "guid", f"{statement.ref}#{statement.id}")
        guid.set("isPermaLink", "false")
        _add(item, "pubDate", format_datetime(at))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(root, "unicode") + "\n"


def _description(s: SourcedStatement) -> str:
    """Who says it, where and when, and a fact-checker's verdict as theirs, in HTML."""
    rating = s.rating_text or (s.rating.value.replace("_", " ") if s.rating else None)
    day = s.published_at.isoformat() if s.published_at else None
    place = " · ".join(part for part in (s.title, s.publisher, day) if part)
    lines = (f"«{s.text}»", s.speaker, rating, place)
    return "<br>".join(_as_html(line) for line in lines if line)


def _as_html(text: str) -> str:
    # Readers show titles and descriptions as HTML; nothing of ours may become markup there.
    return html.escape(displayable(text), quote=False)


def _add(parent: Xml.Element, name: str, text: str) -> Xml.Element:
    child = Xml.SubElement(parent, name)
    child.text = _NOT_XML.sub("", text)
    return child
