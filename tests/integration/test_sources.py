"""Sources and feeds: what may be done with them, and that it is accounted for."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from knowledge.corpus import sources
from knowledge.domain import FeedKind
from knowledge.errors import NotFound, UnusableFeed
from knowledge.models import AuditEntry, FeedItem
from knowledge.storage.database import Sessions

URL = "https://news.example/feed"
NOW = datetime(2024, 4, 5, 12, tzinfo=UTC)


def added(sessions: Sessions, name: str = "Example News", url: str = URL) -> int:
    with sessions.begin() as session:
        return sources.add_feed(session, name, url, FeedKind.SYNDICATION, 30, "tester")


def audit(sessions: Sessions) -> list[tuple[str, str, str]]:
    with sessions() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(row.actor, row.action, row.subject.value) for row in rows]


def test_a_feed_is_added_paused_resumed_and_removed(sessions: Sessions) -> None:
    number = added(sessions)
    with sessions.begin() as session:
        session.add(FeedItem(feed_id=number, key="k"))
        sources.pause(session, number, "tester", "too loud")
        sources.pause(session, number, "tester", "twice is once")
        assert [feed.paused for feed in sources.list_feeds(session)] == [True]
        sources.resume(session, number, NOW, "tester")
        assert sources.list_feeds(session)[0].next_poll_at == NOW
        sources.remove(session, number, "tester")
        assert sources.list_feeds(session) == []
        assert [source.name for source in sources.list_sources(session)] == ["Example News"]
        assert sources.list_polled(session) == ()
    assert audit(sessions) == [
        ("tester", action, "feed") for action in ("added", "paused", "resumed", "removed")
    ]


def test_trust_is_given_and_taken(sessions: Sessions) -> None:
    added(sessions)
    with sessions.begin() as session:
        sources.trust(session, " Example News ", "tester")
        sources.trust(session, sources.list_sources(session)[0].id, "tester")
        assert sources.list_sources(session)[0].trusted
        sources.distrust(session, " Example News ", "tester", "a retraction")
        assert not sources.list_sources(session)[0].trusted
    assert audit(sessions)[1:] == [
        ("tester", "trusted", "source"),
        ("tester", "distrusted", "source"),
    ]


def test_sources_are_listed_by_name_a_page_at_a_time(sessions: Sessions) -> None:
    for name in "cab":
        added(sessions, name, f"https://{name}.example/")
    added(sessions, "a", "https://a.example/second")
    with sessions() as session:
        first = sources.list_sources(session, limit=2)
        assert [(source.name, len(source.feeds)) for source in first] == [("a", 2), ("b", 1)]
        assert [source.name for source in sources.list_sources(session, after="b")] == ["c"]


@pytest.mark.parametrize(
    ("name", "url", "minutes"),
    [
        ("", URL, 30),
        (" ", URL, 30),
        ("x" * 301, URL, 30),
        ("a\x00", URL, 30),
        ("a", "", 30),
        ("a", "ftp://news.example/", 30),
        ("a", "javascript:alert(1)", 30),
        ("a", "https://" + "x" * 2_000, 30),
        ("a", URL, 4),
        ("a", URL, 10_081),
    ],
)
def test_what_is_no_feed_is_not_added(
    sessions: Sessions, name: str, url: str, minutes: int
) -> None:
    with sessions.begin() as session, pytest.raises(UnusableFeed):
        sources.add_feed(session, name, url, FeedKind.SYNDICATION, minutes, "tester")
    assert audit(sessions) == []


def test_a_feed_is_added_once(sessions: Sessions) -> None:
    added(sessions)
    with pytest.raises(UnusableFeed, match="polled already"):
        added(sessions, "another")


def test_a_feed_is_found_by_number_and_address(sessions: Sessions) -> None:
    number = added(sessions)
    with sessions() as session:
        assert sources.find_feeds(session, [str(number), URL, number]) == [number] * 3
        for ref in ("99", "nothing", "9" * 40, "٣"):
            with pytest.raises(NotFound):
                sources.find_feeds(session, [ref])


def test_what_is_not_there_is_told(sessions: Sessions) -> None:
    with sessions() as session:
        with pytest.raises(NotFound):
            sources.trust(session, "nobody", "tester")
        with pytest.raises(NotFound):
            sources.trust(session, 99, "tester")
        with pytest.raises(NotFound):
            sources.pause(session, 99, "tester")
