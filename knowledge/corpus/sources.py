"""Manage sources and their feeds: add, pause, trust, each with its audit entry."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, joinedload

from knowledge.corpus.readers import fields
from knowledge.corpus.readers.fields import FieldError
from knowledge.domain import FeedKind, SubjectKind
from knowledge.errors import FeedProblem, NotFound, UnusableFeed
from knowledge.models import Feed, FeedItem, Report, Source
from knowledge.storage.audit_log import record
from knowledge.storage.pagination import bound_limit
from knowledge.text.plain_text import single_line

#: Bounds of the polling interval, in minutes: from polite to a week.
MIN_MINUTES: Final = 5
MAX_MINUTES: Final = 7 * 24 * 60
#: A feed's number, or what a person types: its number or its address.
FeedRef: TypeAlias = int | str
#: A source's number, or its name.
SourceRef: TypeAlias = int | str
#: A text of this many digits is taken for an address, not a feed's number.
_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed and the state of its polling."""

    id: int
    url: str
    kind: FeedKind
    minutes: int
    paused: bool
    polled_at: datetime | None
    next_poll_at: datetime
    failures: int
    error: str | None


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source, its feeds, and how many reports it has."""

    id: int
    name: str
    homepage: str | None
    trusted: bool
    reports: int
    feeds: tuple[FeedState, ...]


def add_feed(
    session: Session,
    name: str,
    url: str,
    kind: FeedKind,
    minutes: int,
    actor: str,
    homepage: str | None = None,
) -> int:
    """Poll ``url`` for the source ``name``, created if new; returns the feed's number.

    Raises UnusableFeed if a value is invalid or the address is polled already.
    """
    try:
        named = fields.line_of(name, "name", fields.MAX_PUBLISHER)
        address = fields.url_of(url, "url")
        home = fields.url_of(homepage, "homepage")
    except FieldError as error:
        field = str(error).partition(":")[0]
        message = f"the feed cannot be added: {error}"
        raise UnusableFeed(message, FeedProblem.BAD_FIELD, field=field) from error
    if named is None or address is None:
        raise UnusableFeed(
            "the feed cannot be added: give the source's name and the address",
            FeedProblem.INCOMPLETE,
        )
    if not MIN_MINUTES <= minutes <= MAX_MINUTES:
        raise UnusableFeed(
            f"a feed is polled every {MIN_MINUTES} to {MAX_MINUTES} minutes",
            FeedProblem.BAD_INTERVAL,
            least=MIN_MINUTES,
            most=MAX_MINUTES,
        )
    if session.scalar(select(Feed.id).where(Feed.url == address)) is not None:
        raise UnusableFeed(
            f"{address} is polled already; see `tathabbat sources list`", FeedProblem.KNOWN
        )
    source = session.scalar(select(Source).where(Source.name == named)) or Source(name=named)
    before = {"homepage": source.homepage}
    source.homepage = home or source.homepage
    feed = Feed(source=source, url=address, kind=kind, interval_minutes=minutes)
    session.add(feed)
    session.flush()
    after = {
        "source": named,
        "url": address,
        "kind": kind.value,
        "minutes": minutes,
        # It decides which pages count as the publisher's own.
        "homepage": source.homepage,
    }
    record(session, actor, "added", SubjectKind.FEED, feed.id, before=before, after=after)
    return feed.id


def pause(session: Session, ref: FeedRef, actor: str, reason: str | None = None) -> None:
    """Stop polling a feed until it is resumed. Raises NotFound."""
    feed = _feed(session, ref)
    if not feed.paused:
        feed.paused = True
        before, after = {"paused": False}, {"paused": True}
        record(
            session,
            actor,
            "paused",
            SubjectKind.FEED,
            feed.id,
            before=before,
            after=after,
            reason=reason,
        )


def resume(session: Session, ref: FeedRef, now: datetime, actor: str) -> None:
    """Poll a paused feed again, at once. Raises NotFound."""
    feed = _feed(session, ref)
    if feed.paused:
        feed.paused, feed.next_poll_at, feed.failures = False, now, 0
        before, after = {"paused": True}, {"paused": False}
        record(session, actor, "resumed", SubjectKind.FEED, feed.id, before=before, after=after)


def remove(session: Session, ref: FeedRef, actor: str, reason: str | None = None) -> None:
    """Delete a feed; its reports stay. Raises NotFound."""
    feed = _feed(session, ref)
    before = {"source": feed.source.name, "url": feed.url, "kind": feed.kind.value}
    session.execute(delete(FeedItem).where(FeedItem.feed_id == feed.id))
    session.delete(feed)
    session.flush()
    record(session, actor, "removed", SubjectKind.FEED, feed.id, before=before, reason=reason)


def trust(session: Session, ref: SourceRef, actor: str, reason: str | None = None) -> None:
    """Publish what the source's feeds bring from now on, without review. Raises NotFound."""
    _set_trust(session, ref, True, actor, reason)


def distrust(session: Session, ref: SourceRef, actor: str, reason: str | None = None) -> None:
    """Store what the source's feeds bring from now on as drafts. Raises NotFound."""
    _set_trust(session, ref, False, actor, reason)


def find_feeds(session: Session, refs: Sequence[FeedRef]) -> list[int]:
    """Return the number of each named feed. Raises NotFound."""
    return [_feed(session, ref).id for ref in refs]


def list_feeds(session: Session) -> list[FeedState]:
    """Return every feed, by number."""
    return [_state(feed) for feed in session.scalars(select(Feed).order_by(Feed.id))]


def list_sources(
    session: Session, after: str | None = None, limit: int = 50
) -> tuple[SourceState, ...]:
    """Return up to ``limit`` sources after the name ``after``, by name."""
    query = select(Source).order_by(Source.name).limit(bound_limit(limit))
    if after is not None:
        query = query.where(Source.name > after)
    rows = session.scalars(query).all()
    return _states(session, rows)


def list_polled(session: Session) -> tuple[SourceState, ...]:
    """Return the sources that have feeds, by name."""
    query = select(Source).where(Source.id.in_(select(Feed.source_id))).order_by(Source.name)
    return _states(session, session.scalars(query).all())


def _states(session: Session, rows: Sequence[Source]) -> tuple[SourceState, ...]:
    ids = [row.id for row in rows]
    of_source: dict[int, list[FeedState]] = defaultdict(list)
    for feed in session.scalars(select(Feed).where(Feed.source_id.in_(ids)).order_by(Feed.id)):
        of_source[feed.source_id].append(_state(feed))
    counted = (
        select(Report.source_id, func.count())
        .where(Report.source_id.in_(ids))
        .group_by(Report.source_id)
    )
    reports = {row[0]: row[1] for row in session.execute(counted)}
    return tuple(
        SourceState(
            row.id,
            single_line(row.name),
            row.homepage,
            row.trusted,
            reports.get(row.id, 0),
            tuple(of_source[row.id]),
        )
        for row in rows
    )


def _state(feed: Feed) -> FeedState:
    return FeedState(
        feed.id,
        feed.url,
        feed.kind,
        feed.interval_minutes,
        feed.paused,
        feed.polled_at,
        feed.next_poll_at,
        feed.failures,
        feed.error,
    )


def _set_trust(
    session: Session, ref: SourceRef, trusted: bool, actor: str, reason: str | None
) -> None:
    source = _source(session, ref)
    if source.trusted != trusted:
        source.trusted = trusted
        action = "trusted" if trusted else "distrusted"
        before: dict[str, Any] = {"trusted": not trusted}
        after: dict[str, Any] = {"trusted": trusted}
        if trusted:
            # Trusted with it: its feeds, and the homepage whose pages count as its own.
            urls = select(Feed.url).where(Feed.source_id == source.id).order_by(Feed.id)
            after |= {"homepage": source.homepage, "feeds": list(session.scalars(urls))}
        record(
            session,
            actor,
            action,
            SubjectKind.SOURCE,
            source.id,
            before=before,
            after=after,
            reason=reason,
        )


def _source(session: Session, ref: SourceRef) -> Source:
    if isinstance(ref, int):
        found, said = session.get(Source, ref), f"has the number {ref}"
    else:
        named = Source.name.in_({ref.strip(), single_line(ref)})
        found, said = session.scalar(select(Source).where(named)), f"is named {ref!r}"
    if found is None:
        raise NotFound(f"no source {said}; see `tathabbat sources list`")
    return found


def _feed(session: Session, ref: FeedRef) -> Feed:
    numbered = isinstance(ref, int) or (ref.isdecimal() and len(ref) < _DIGITS)
    that = Feed.id == int(ref) if numbered else Feed.url == ref
    found = session.scalar(select(Feed).where(that).options(joinedload(Feed.source)))
    if found is None:
        said = f"number {ref}" if isinstance(ref, int) else f"number or address {ref!r}"
        raise NotFound(f"no feed has the {said}; see `tathabbat sources list`")
    return found
