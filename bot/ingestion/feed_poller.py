"""Poll feeds, and store their new items in the knowledge base."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from bot.fetching import ARTICLE, FEED, REVIEWS, CacheValidators, Fetched, Fetcher
from bot.fetching.errors import FetchError, Unreachable
from bot.ingestion.url_reader import convert_fetched, read_address
from bot.observability.redaction import redact
from bot.parsing import parser_jobs
from bot.parsing.parser_jobs import Queue
from bot.parsing.parser_pool import ParserPool
from knowledge.corpus.readers import Defaults, Format, Problem
from knowledge.corpus.readers.received_documents import Found
from knowledge.corpus.reports import content_hash
from knowledge.domain import FeedKind, ReportDraft
from knowledge.errors import KnowledgeError, UnreadableFile, WriteConflict
from knowledge.ingestion import feed_polling
from knowledge.ingestion.feed_parser import Item, key_of
from knowledge.ingestion.feed_polling import DueFeed
from knowledge.storage.database import Sessions

#: Maximum new pages of a feed fetched per poll, and reviews stored; the others wait for the next.
MAX_PAGES: Final = 50
MAX_REVIEWS: Final = 2_000
#: Seconds for one feed and its pages.
FEED_S: Final = 180.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """The counts and problems of a poll."""

    feeds: int = 0
    unchanged: int = 0
    reports: int = 0
    published: int = 0
    #: Messages about items without a report, and about feeds that could not be read.
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FeedTrial:
    """The result of reading a URL as a feed once."""

    items: int
    #: Number of reviews without a report.
    unusable: int = 0


async def try_feed(fetcher: Fetcher, parsers: ParserPool, url: str, kind: FeedKind) -> FeedTrial:
    """Fetch and read a feed once without storing anything.

    Raises FetchError if it cannot be fetched, UnusableFeed or UnreadableFile if it is not a feed.
    """
    if kind is FeedKind.SYNDICATION:
        fetched = await fetcher.fetch(url, FEED)
        listed = parser_jobs.read_feed(fetched.data, fetched.charset, fetched.url)
        return FeedTrial(len(await parsers.read_async(listed)))
    document = convert_fetched(await fetcher.fetch(url, REVIEWS))
    # The reviews' publisher is given when the feed is added.
    reviews = parser_jobs.read_received(
        document, Defaults(publisher="-"), Format.CLAIMREVIEW, Queue.FEEDS
    )
    found = await parsers.read_async(reviews)
    unusable = sum(1 for _ in _list_problems(found))
    return FeedTrial(len(found) - unusable, unusable)


class Poller:
    """Polls feeds one after the other; a failure of one does not affect the others."""

    def __init__(
        self,
        sessions: Sessions,
        fetcher: Fetcher,
        parsers: ParserPool,
        clock: Callable[[], datetime],
        feed_s: float = FEED_S,
        holder: str | None = None,
    ) -> None:
        self._sessions, self._fetcher, self._clock = sessions, fetcher, clock
        self._parsers, self._feed_s, self._holder = parsers, feed_s, holder

    async def poll_due(self) -> Tally:
        """Poll every feed that is due."""
        tally = Tally()
        while feed := self._next():
            await self._poll(feed, tally)
        return tally

    async def poll(self, feed_ids: Iterable[int]) -> Tally:
        """Poll these feeds now, due or not, except paused ones."""
        tally = Tally()
        for number in feed_ids:
            feed = self._sessions.write(feed_polling.lease, number, self._clock(), self._holder)
            if feed is not None:
                await self._poll(feed, tally)
        return tally

    def _next(self) -> DueFeed | None:
        return self._sessions.write(feed_polling.lease_next, self._clock(), self._holder)

    async def _poll(self, feed: DueFeed, tally: Tally) -> None:
        tally.feeds += 1
        try:
            known = await self._read(feed, tally)
        except (FetchError, KnowledgeError) as error:
            self._record_failure(feed, str(error), tally)
        except Exception:  # noqa: BLE001 - whatever parsers raise over hostile input
            _log.exception("polling feed %d failed", feed.id)
            self._record_failure(feed, f"{feed.url} cannot be read; see the log", tally)
        else:
            self._sessions.write(
                feed_polling.record_success,
                feed.id,
                self._clock(),
                known.etag,
                known.last_modified,
            )

    def _record_failure(self, feed: DueFeed, why: str, tally: Tally) -> None:
        why = redact(why)
        tally.problems.append(f"feed {feed.id}: {why}")
        self._sessions.write(feed_polling.record_failure, feed.id, self._clock(), why)

    async def _read(self, feed: DueFeed, tally: Tally) -> CacheValidators:
        """Store a feed's new items; returns the cache validators if it was read completely."""
        known = CacheValidators(feed.etag, feed.last_modified)
        wanted = FEED if feed.kind is FeedKind.SYNDICATION else REVIEWS
        fetched = await self._fetcher.fetch_if_changed(feed.url, wanted, known)
        if fetched is None:
            tally.unchanged += 1
            return known
        if feed.kind is FeedKind.SYNDICATION:
            whole = await self._store_pages(feed, fetched, tally)
        else:
            whole = await self._store_reviews(feed, fetched, tally)
        # Otherwise "not modified" would hide the items that are left for the next poll.
        return fetched.known if whole else CacheValidators()

    async def _store_pages(self, feed: DueFeed, fetched: Fetched, tally: Tally) -> bool:
        """Store new pages; returns whether none is left for the next poll."""
        listed = parser_jobs.read_feed(fetched.data, fetched.charset, fetched.url)
        items = await self._parsers.read_async(listed)
        fresh = self._select_new(feed, [item.key for item in items])
        waiting = [item for item in items if item.key in fresh]
        whole = len(waiting) <= MAX_PAGES
        try:
            async with asyncio.timeout(self._feed_s):
                for item in waiting[:MAX_PAGES]:
                    whole &= await self._store_page(feed, item, tally)
        except TimeoutError:
            return False
        return whole

    async def _store_page(self, feed: DueFeed, item: Item, tally: Tally) -> bool:
        """Fetch and store one page; returns whether it is settled, stored or not."""
        defaults = Defaults(published_at=item.published_at)
        found: Found = ()
        try:
            found = await read_address(
                self._fetcher, self._parsers, item.url, defaults, ARTICLE, queue=Queue.FEEDS
            )
        except Unreachable as error:
            tally.problems.append(f"feed {feed.id}: {error}")
            return False
        except (FetchError, UnreadableFile) as error:
            # It will never be a report: record it as seen, so that it is not fetched again.
            tally.problems.append(f"feed {feed.id}: {error}")
        except Exception:  # noqa: BLE001 - whatever parsers raise over hostile input
            # One page must not block those after it for ever.
            _log.exception("a page of feed %d cannot be read: %s", feed.id, item.url)
            tally.problems.append(f"feed {feed.id}: {item.url} cannot be read; see the log")
        tally.problems += (
            f"feed {feed.id}: {item.url} {each.reason}" for each in _list_problems(found)
        )
        return await self._store(feed, item.key, list(_set_publisher(feed, found)), tally)

    async def _store_reviews(self, feed: DueFeed, fetched: Fetched, tally: Tally) -> bool:
        """Store new reviews; returns whether none is left for the next poll."""
        defaults = Defaults(publisher=feed.source)
        by_key: dict[str, ReportDraft] = {}
        reviews = parser_jobs.read_received(
            convert_fetched(fetched), defaults, Format.CLAIMREVIEW, Queue.FEEDS
        )
        for found in await self._parsers.read_async(reviews):
            if isinstance(found, Problem):
                tally.problems.append(f"feed {feed.id}: {found.reason}")
            else:
                by_key[key_of(content_hash(found, found.statements))] = found
        fresh = self._select_new(feed, list(by_key))
        waiting = [key for key in by_key if key in fresh]
        kept = [await self._store(feed, key, [by_key[key]], tally) for key in waiting[:MAX_REVIEWS]]
        return all(kept) and len(waiting) <= MAX_REVIEWS

    def _select_new(self, feed: DueFeed, keys: list[str]) -> set[str]:
        return self._sessions.write(feed_polling.list_unseen, feed.id, keys, self._clock())

    async def _store(
        self, feed: DueFeed, key: str, drafts: list[ReportDraft], tally: Tally
    ) -> bool:
        """Store an item's reports; False if another process is storing the same item."""
        try:
            # Off the loop: thousands of statements take seconds, and other jobs share the loop.
            kept = await asyncio.to_thread(
                self._sessions.write, feed_polling.keep, feed, key, drafts, self._clock()
            )
        except WriteConflict:
            return False  # Or somebody removed the feed.
        tally.reports += kept.reports
        tally.published += kept.published
        return True


def _list_problems(found: Iterable[ReportDraft | Problem]) -> Iterator[Problem]:
    return (item for item in found if isinstance(item, Problem))


def _set_publisher(feed: DueFeed, found: Iterable[ReportDraft | Problem]) -> Iterator[ReportDraft]:
    """Return a page's reports; those on the source's own host get the source as publisher."""
    for item in found:
        if isinstance(item, ReportDraft):
            own = feed_polling.is_own(feed, item.url)
            yield replace(item, publisher=feed.source) if own else item
