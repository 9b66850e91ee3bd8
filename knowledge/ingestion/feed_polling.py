"""Schedule feed polls and store new items.

Several processes may poll: a feed is free when it is due, and leasing it moves the due time ahead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.orm import Session, joinedload

from knowledge import curation
from knowledge.backoff import Backoff
from knowledge.corpus import reports
from knowledge.corpus.readers.received_documents import host_of
from knowledge.domain import FeedKind, ReportDraft
from knowledge.models import Feed, FeedItem, Source
from knowledge.storage.batches import in_batches
from knowledge.storage.leases import Lease
from knowledge.text.plain_text import single_line

LEASE: Final = Lease(Feed.next_poll_at, Feed.holder)
#: How long a feed is leased.
TURN: Final = timedelta(minutes=15)
#: The longest pause of a failing feed.
_LONGEST: Final = timedelta(days=1)
_MAX_ERROR: Final = 500
#: How old ``seen_at`` of a listed item may become: not every poll writes it.
_SEEN_ANEW: Final = timedelta(days=1)
#: How long an unlisted item is remembered: publishers bring old ones back.
UNLISTED: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class DueFeed:
    """A feed leased for polling, with the validators of our copy for its server."""

    id: int
    url: str
    kind: FeedKind
    source: str
    homepage: str | None
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What an item added: counts."""

    reports: int = 0
    published: int = 0


def lease_next(session: Session, now: datetime, holder: str | None = None) -> DueFeed | None:
    """Lease the feed that is due longest; None if none is due."""
    due = (
        select(Feed.id)
        .where(Feed.next_poll_at <= now, Feed.paused.is_(False))
        .order_by(Feed.next_poll_at)
    )
    for number in session.scalars(due).all():
        if taken := _take(session, number, now, now, holder):
            return taken
    return None


def lease(
    session: Session, feed_id: int, now: datetime, holder: str | None = None
) -> DueFeed | None:
    """Lease a feed whether or not it is due; None if it is paused or gone."""
    return _take(session, feed_id, now, now + timedelta(days=366), holder)


def list_unseen(session: Session, feed_id: int, keys: Sequence[str], now: datetime) -> set[str]:
    """Return those of ``keys``, all listed by the feed now, that were never stored."""
    seen: set[str] = set()
    of_feed = FeedItem.feed_id == feed_id
    for batch in in_batches(keys):
        these = FeedItem.key.in_(batch)
        rows = session.execute(select(FeedItem.key, FeedItem.seen_at).where(of_feed, these)).all()
        seen.update(row.key for row in rows)
        stale = now - _SEEN_ANEW
        if any(row.seen_at < stale for row in rows):
            session.execute(
                update(FeedItem)
                .where(of_feed, these, FeedItem.seen_at < stale)
                .values(seen_at=now),
                execution_options={"synchronize_session": False},
            )
    return set(keys) - seen


def forget_unlisted(session: Session) -> int:
    """Delete items that their feeds have not listed for long; returns how many.

    Counted back from the latest copy that was read: a feed that does not change, is paused or
    cannot be reached still lists what it did.
    """
    latest = select(FeedItem.feed_id, func.max(FeedItem.seen_at)).group_by(FeedItem.feed_id)
    gone = 0
    for feed_id, read_at in session.execute(latest).all():
        unlisted = FeedItem.seen_at < read_at - UNLISTED
        gone += len(
            session.scalars(
                delete(FeedItem)
                .where(FeedItem.feed_id == feed_id, unlisted)
                .returning(FeedItem.key),
                execution_options={"synchronize_session": False},
            ).all()
        )
    return gone


def keep(
    session: Session, feed: DueFeed, key: str, drafts: Sequence[ReportDraft], now: datetime
) -> Kept:
    """Store an item's reports, and that it was read, even if it holds none.

    Reports of a trusted source's feed are published if they are on the source's own hosts;
    otherwise a feed that links elsewhere would let others publish. Known reports stay as they are:
    a moderator may have entered them and chosen their statements.
    """
    session.add(FeedItem(feed_id=feed.id, key=key, seen_at=now))
    # Read now: trust may have been withdrawn since the feed was leased.
    trusted = session.scalar(select(Source.trusted).join(Feed).where(Feed.id == feed.id))
    added = published = 0
    for draft in drafts:
        stored = reports.store(session, draft)
        if stored.duplicate:
            continue
        added += 1
        if trusted and (feed.kind is FeedKind.CLAIMREVIEW or is_own(feed, draft.url)):
            published += curation.publish(session, stored.statement_ids, f"feed {feed.id}")
    session.flush()
    return Kept(added, published)


def is_own(feed: DueFeed, url: str | None) -> bool:
    """Return whether ``url`` is on the host of the feed or of its source, or a subdomain."""
    host = host_of(url or "")
    own = {host_of(feed.url), host_of(feed.homepage or "")} - {None}
    return host is not None and any(host == each or host.endswith(f".{each}") for each in own)


def record_success(
    session: Session, feed_id: int, now: datetime, etag: str | None, last_modified: str | None
) -> None:
    """Record that a feed was read completely, and schedule the next poll."""
    feed = session.get(Feed, feed_id)
    if feed is not None:  # Removed meanwhile otherwise.
        feed.polled_at, feed.next_poll_at = now, now + timedelta(minutes=feed.interval_minutes)
        feed.etag, feed.last_modified, feed.holder = etag, last_modified, None
        feed.failures, feed.error = 0, None


def record_failure(session: Session, feed_id: int, now: datetime, error: str) -> None:
    """Record why a feed could not be read; the pause doubles each time."""
    feed = session.get(Feed, feed_id)
    if feed is not None:
        usual = timedelta(minutes=feed.interval_minutes)
        # A feed that is polled once a week is not polled more often because it fails.
        wait = Backoff(usual, max(_LONGEST, usual)).pause(feed.failures + 1)
        feed.polled_at, feed.next_poll_at = now, now + wait
        feed.failures, feed.error = feed.failures + 1, error[:_MAX_ERROR]
        feed.holder = None


def _take(
    session: Session, feed_id: int, now: datetime, due_by: datetime, holder: str | None
) -> DueFeed | None:
    row = and_(Feed.id == feed_id, Feed.paused.is_(False))
    if LEASE.take(session, row, due_by, now + TURN, holder) is None:
        return None
    feed = session.get_one(Feed, feed_id, options=[joinedload(Feed.source)])
    source = feed.source
    return DueFeed(
        feed.id,
        feed.url,
        feed.kind,
        single_line(source.name),
        source.homepage,
        feed.etag,
        feed.last_modified,
    )
