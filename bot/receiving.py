"""From an address to the reports found there, or to what a page is about."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.fetching import ARTICLE, DOCUMENT, Fetched, Fetcher, Wanted
from knowledge.domain import ReportDraft
from knowledge.readers import Defaults, Format, Problem
from knowledge.readers.heading import Heading, read_heading
from knowledge.readers.received import Received, read_received

#: Seconds that a page has whose link a person sent: they are waiting.
LINK_S: Final = 8.0
#: What is taken of such a page: its head is all that is read.
LINKED: Final = replace(ARTICLE, limit=4 * 2**20)


def read_link(fetcher: Fetcher, url: str) -> Heading:
    """Return what the page at ``url`` is about; waits for it, so keep it off the loop.

    Raises FetchError if it cannot be fetched, UnreadableFile if it cannot be read.
    """
    return read_heading(as_received(asyncio.run(fetcher.fetch(url, LINKED))))


async def read_address(
    fetcher: Fetcher,
    url: str,
    defaults: Defaults,
    wanted: Wanted = DOCUMENT,
    format: Format = Format.AUTO,  # noqa: A002 - as the readers have it
) -> Sequence[ReportDraft | Problem]:
    """Return the reports at ``url``, and a ``Problem`` for each row that is none.

    Raises FetchError if it cannot be fetched, UnreadableFile if it cannot be read.
    """
    document = as_received(await fetcher.fetch(url, wanted))
    # Parsing a long page takes a while, and the loop may be the bot's.
    return await asyncio.to_thread(read_received, document, defaults, format)


def as_received(fetched: Fetched) -> Received:
    """Return what was fetched as the readers take it."""
    return Received(fetched.url, fetched.content_type, fetched.charset, fetched.data)
