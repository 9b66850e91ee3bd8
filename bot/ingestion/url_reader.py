"""Fetch a URL and read its reports, or its title and description."""

import asyncio
import time
from dataclasses import replace
from typing import Final

from bot.fetching import ARTICLE, DOCUMENT, DocumentLimits, Fetched, Fetcher
from bot.media.errors import PictureBusy
from bot.parsing import parser_jobs
from bot.parsing.errors import ParserUnavailable
from bot.parsing.parser_jobs import Queue
from bot.parsing.parser_pool import ParserPool
from knowledge.corpus.readers import Defaults, Format
from knowledge.corpus.readers.page_heading import Heading
from knowledge.corpus.readers.received_documents import Found, Received
from knowledge.domain import ReportDraft
from knowledge.errors import UnreadableFile

#: Seconds to read a page whose link a person sent: they are waiting.
LINK_S: Final = 8.0
#: Limits of such a page: only its head is read.
LINKED: Final = replace(ARTICLE, limit=4 * 2**20)
#: Seconds to read a picture, including the wait for others.
PICTURE_S: Final = 30.0


def read_link(fetcher: Fetcher, parsers: ParserPool, url: str) -> Heading:
    """Return the title and description of the page at ``url``. Blocks: call it off the loop.

    Raises FetchError if it cannot be fetched or no parser is free, UnreadableFile if it cannot be
    read.
    """
    ends = time.monotonic() + LINK_S
    document = convert_fetched(asyncio.run(fetcher.fetch(url, LINKED)))
    return parsers.read(parser_jobs.read_heading(document), ends - time.monotonic())


def read_picture(parsers: ParserPool, data: bytes) -> str:
    """Return the text that is read in a picture with certainty. Blocks. Raises PictureError."""
    try:
        return parsers.read(parser_jobs.read_picture(data), PICTURE_S)
    except ParserUnavailable as error:
        raise PictureBusy(str(error)) from error


async def read_address(
    fetcher: Fetcher,
    parsers: ParserPool,
    url: str,
    defaults: Defaults,
    wanted: DocumentLimits = DOCUMENT,
    format: Format = Format.AUTO,  # noqa: A002 - as the readers have it
    queue: Queue = Queue.MODERATORS,
) -> Found:
    """Return the reports at ``url``, and a ``Problem`` for each invalid row.

    Raises FetchError if it cannot be fetched, UnreadableFile if it cannot be read.
    """
    document = convert_fetched(await fetcher.fetch(url, wanted))
    return await parsers.read_async(parser_jobs.read_received(document, defaults, format, queue))


def read_reports(fetcher: Fetcher, parsers: ParserPool, url: str) -> list[ReportDraft]:
    """Return the reports at ``url``, at least one. Blocks. Raises as ``read_address``."""
    found = asyncio.run(read_address(fetcher, parsers, url, Defaults()))
    drafts = [each for each in found if isinstance(each, ReportDraft)]
    if not drafts:
        raise UnreadableFile(f"{url} holds no report; check that it is the right address")
    return drafts


def convert_fetched(fetched: Fetched) -> Received:
    """Convert a fetched document to the readers' type."""
    return Received(fetched.url, fetched.content_type, fetched.charset, fetched.data)
