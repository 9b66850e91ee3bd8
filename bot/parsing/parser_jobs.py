"""Define the jobs of a parser process, and serialise their arguments and results.

Both are JSON, validated by pydantic. Pickle is unsafe: the answer of a process that a malicious
document took over could run code here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter

from bot.media import read_picture as _read_picture
from bot.media.errors import OcrMissing, TooLarge, UnreadablePicture
from knowledge.corpus.extraction import extract
from knowledge.corpus.readers import Defaults, Format, Problem, fields
from knowledge.corpus.readers import page_heading as headings
from knowledge.corpus.readers import received_documents as documents
from knowledge.corpus.readers.page_heading import Heading
from knowledge.corpus.readers.received_documents import Received
from knowledge.domain import ReportDraft
from knowledge.errors import BrokenFile, TooMuchToRead, UnreadableFile, UnusableFeed
from knowledge.ingestion.feed_parser import Item, parse_feed

_Result_co = TypeVar("_Result_co", covariant=True)
Found = tuple[ReportDraft | Problem, ...]


class Job(StrEnum):
    """What to do with a document."""

    FEED = "feed"
    RECEIVED = "received"
    UPLOAD = "upload"
    HEADING = "heading"
    PICTURE = "picture"


class Queue(StrEnum):
    """The queues of documents; one queue's documents never wait for another's."""

    FEEDS = "feeds"
    MODERATORS = "moderators"
    LINKS = "links"
    PICTURES = "pictures"


@dataclass(frozen=True, slots=True)
class Kind:
    """How a job is done: the function to call with a document's bytes and ``arguments``.

    Exceeding a limit raises ``too_much``, a document that cannot be parsed ``refused``; both
    messages end with ``way_out``.
    """

    function: Callable[..., Any]
    arguments: TypeAdapter[Any]
    result: TypeAdapter[Any]
    refused: type[Exception]
    too_much: type[Exception]
    way_out: str


@dataclass(frozen=True, slots=True)
class Call(Generic[_Result_co]):
    """A document to read; errors call it ``name``."""

    job: Job
    queue: Queue
    name: str
    data: bytes = field(repr=False)
    arguments: tuple[object, ...] = ()


def read_feed(data: bytes, charset: str | None, url: str) -> Call[tuple[Item, ...]]:
    """Return a call of ``feed_parser.parse_feed``, which raises UnusableFeed."""
    return Call(Job.FEED, Queue.FEEDS, url, data, (charset, url))


def read_received(
    document: Received,
    defaults: Defaults,
    format: Format = Format.AUTO,  # noqa: A002 - as the readers have it
    queue: Queue = Queue.MODERATORS,
) -> Call[Found]:
    """Return a call of ``received_documents.read_received`` that also extracts statements.

    It raises UnreadableFile.
    """
    asked = (document.url, document.content_type, document.charset, defaults, format)
    return Call(Job.RECEIVED, queue, document.url, document.data, asked)


def read_upload(name: str, data: bytes, defaults: Defaults) -> Call[Found]:
    """Return a call of ``received_documents.read_upload`` that also extracts statements.

    It raises UnreadableFile.
    """
    return Call(Job.UPLOAD, Queue.MODERATORS, fields.shown(name), data, (name, defaults))


def read_heading(document: Received) -> Call[Heading]:
    """Return a call of ``page_heading.read_heading``, which raises UnreadableFile."""
    asked = (document.url, document.content_type, document.charset)
    return Call(Job.HEADING, Queue.LINKS, document.url, document.data, asked)


def read_picture(data: bytes) -> Call[str]:
    """Return a call of ``ocr.read_picture``, which raises PictureError."""
    return Call(Job.PICTURE, Queue.PICTURES, "the picture", data)


def _run_received(
    data: bytes,
    url: str,
    content_type: str,
    charset: str | None,
    defaults: Defaults,
    format: Format,  # noqa: A002 - as the readers have it
) -> Found:
    document = Received(url, content_type, charset, data)
    return _extract_all(documents.read_received(document, defaults, format))


def _run_upload(data: bytes, name: str, defaults: Defaults) -> Found:
    return _extract_all(documents.read_upload(name, data, defaults))


def _extract_all(found: documents.Found) -> Found:
    return tuple(map(_extract, found))


def _extract(item: ReportDraft | Problem) -> ReportDraft | Problem:
    """Extract the statements here too: for a long text that takes longer than reading it."""
    if isinstance(item, Problem) or item.statements or not item.body:
        return item
    extracted = extract(item.body, item.title, item.language)
    if len(extracted) > fields.MAX_STATEMENTS:
        return Problem(
            None,
            f"states more than {fields.MAX_STATEMENTS:,} things; split it up",
            fields.Flaw.TOO_LONG,
        )
    return replace(item, extracted=extracted)


def _run_heading(data: bytes, url: str, content_type: str, charset: str | None) -> Heading:
    return headings.read_heading(Received(url, content_type, charset, data))


_SAVE: Final = "save what matters as a file"
_FOUND: Final = TypeAdapter(Found)

KINDS: Final = {
    Job.FEED: Kind(
        parse_feed,
        TypeAdapter(tuple[str | None, str]),
        TypeAdapter(tuple[Item, ...]),
        UnusableFeed,
        UnusableFeed,
        "ask its publisher to correct it",
    ),
    Job.RECEIVED: Kind(
        _run_received,
        TypeAdapter(tuple[str, str, str | None, Defaults, Format]),
        _FOUND,
        UnreadableFile,
        TooMuchToRead,
        _SAVE,
    ),
    Job.UPLOAD: Kind(
        _run_upload,
        TypeAdapter(tuple[str, Defaults]),
        _FOUND,
        UnreadableFile,
        TooMuchToRead,
        _SAVE,
    ),
    Job.HEADING: Kind(
        _run_heading,
        TypeAdapter(tuple[str, str, str | None]),
        TypeAdapter(Heading),
        UnreadableFile,
        TooMuchToRead,
        "copy its title instead",
    ),
    Job.PICTURE: Kind(
        _read_picture,
        TypeAdapter(tuple[()]),
        TypeAdapter(str),
        UnreadablePicture,
        UnreadablePicture,
        "send another",
    ),
}
#: Readers' errors by their serialised names.
ERRORS: Final = {
    kind.__name__: kind
    for kind in (
        UnreadableFile,
        TooMuchToRead,
        BrokenFile,
        UnusableFeed,
        UnreadablePicture,
        TooLarge,
        OcrMissing,
    )
}
