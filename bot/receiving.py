"""From an address to the reports found there."""

import asyncio
from collections.abc import Sequence

from bot.fetching import DOCUMENT, Fetched, Fetcher, Wanted
from knowledge.domain import ReportDraft
from knowledge.readers import Defaults, Format, Problem
from knowledge.readers.received import Received, read_received


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
