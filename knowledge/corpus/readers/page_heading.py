"""Extract a page's heading: a claim it reviews, its title, its description."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from embeddings.text.normalisation import visible
from knowledge.corpus.readers.claimreview_reader import read_claim_reviews
from knowledge.corpus.readers.file_decoding import Document, read_whole
from knowledge.corpus.readers.format_detection import detect
from knowledge.corpus.readers.html_reader import MAX_PAGE_BYTES, extractor, read_page
from knowledge.corpus.readers.markup_limits import excess
from knowledge.corpus.readers.reader_types import Defaults, Format
from knowledge.corpus.readers.received_documents import Received, as_document, host_of
from knowledge.domain import ReportDraft
from knowledge.errors import TooMuchToRead, UnreadableFile

#: Characters of a title or a description that are taken.
MAX_HEADING: Final = 300
#: Characters of markup that are parsed, scripts and styles left out: a page's head, and more.
MAX_MARKUP: Final = 2**17
_UNSEEN = re.compile(r"<(?:script|style)\b", re.IGNORECASE)
_SEEN_AGAIN = re.compile(r"</(?:script|style)[^<>]{0,99}>", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
#: What stands between a title and the name of its site.
_BETWEEN: Final = "|-–—·•:"


@dataclass(frozen=True, slots=True)
class Heading:
    """What a page is about, the most telling text first, and the host that says so.

    The host, not the name that the page gives itself: everybody may call themselves anything.
    """

    texts: tuple[str, ...]
    host: str


def read_heading(document: Received) -> Heading:
    """Return the heading of a page, or of a plain text. It may hold no text at all.

    Raises:
        UnreadableFile: it cannot be read as either.
    """
    host = host_of(document.url) or ""
    page = as_document(document)
    if document.content_type == "text/plain":
        texts = _of_text(page)
    else:
        # A review has to name an address and a publisher: its page's, where it does not.
        known = Defaults(url=document.url, publisher=host)
        texts = [*_reviewed(page, known), *_of_page(page)]
    return Heading(tuple(dict.fromkeys(filter(None, map(_bounded, texts)))), host)


def _of_text(document: Document) -> list[str]:
    text = read_whole(document, MAX_PAGE_BYTES).decode(errors="replace")
    return [text.lstrip().partition("\n")[0]]


def _of_page(document: Document) -> list[str]:
    markup = read_page(document)
    if too_much := excess(markup):
        raise TooMuchToRead(f"{document} has {too_much}; copy its title instead.")
    try:
        page = extractor().extract_metadata(_seen(markup), extensive=False)
    except Exception as error:  # Whatever its parsers raise over hostile markup.
        raise UnreadableFile(
            f"{document} cannot be parsed as HTML; copy its title instead."
        ) from error
    title = _without_site(page.title or "", page.sitename or "")
    return [title, page.description or ""]


def _seen(markup: str) -> str:
    """Return the beginning of ``markup`` without its scripts and styles."""
    first, *others = _UNSEEN.split(markup)
    # What is never closed hides all that follows.
    kept = (rest for each in others for rest in _SEEN_AGAIN.split(each, 1)[1:])
    return "".join((first, *kept))[:MAX_MARKUP]


def _reviewed(document: Document, known: Defaults) -> Iterator[str]:
    """Yield the first claim that the page reviews, if it reviews any."""
    if detect(document) is not Format.CLAIMREVIEW:
        return
    for draft in read_claim_reviews(document, known):
        if isinstance(draft, ReportDraft) and draft.statements:
            yield draft.statements[0].text
            return


def _without_site(title: str, site: str) -> str:
    """Return ``title`` without the name of its site behind it."""
    kept = title.strip().removesuffix(site.strip()).rstrip()
    bare = kept.rstrip(_BETWEEN).rstrip()
    return bare if site.strip() and bare and bare != kept else title


def _bounded(text: str) -> str:
    """Return ``text`` on one line, without what is not seen, cut after a word where it is long."""
    line = _SPACES.sub(" ", visible(text[: 2 * MAX_HEADING])).strip()
    return line if len(line) <= MAX_HEADING else line[:MAX_HEADING].rsplit(" ", 1)[0] + "…"
