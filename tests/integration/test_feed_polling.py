"""Polling real feeds of a server on loopback into a real database."""

import asyncio
import gzip
import json
import signal
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from sqlalchemy import select

from bot.fetching import DocumentLimits, Fetcher
from bot.ingestion.feed_poller import MAX_PAGES, Poller, Tally
from bot.ingestion.url_reader import read_address
from bot.parsing.parser_jobs import Queue
from bot.parsing.parser_pool import ParserPool
from bot.parsing.parser_worker import Limits
from bot.scheduled_jobs import Job, JobRunner
from knowledge.corpus import sources
from knowledge.corpus.readers import Defaults, Problem
from knowledge.domain import FeedKind, ReportDraft, StatementStatus
from knowledge.ingestion import feed_polling
from knowledge.models import AuditEntry, ChangeLogEntry, Feed, FeedItem, Report, Statement
from knowledge.models import ScheduledJob as Row
from knowledge.storage.database import Sessions
from tests.integration.hostile import ATTRIBUTES, ENDLESS_FEED, ENDLESS_PAGE, ProcessWatch
from tests.integration.web import Web, answer, serving

NOW = datetime(2024, 4, 5, 12, tzinfo=UTC)
XML = "application/rss+xml"
REVIEW = {
    "@type": "ClaimReview",
    "url": "https://checks.example/1",
    "claimReviewed": "The bridge is closed for ever",
    "headline": "The bridge reopens in May",
    "author": {"name": "Example Check"},
    "reviewRating": {"alternateName": "False"},
}


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as started:
        yield started


class FeedPolling:
    """Polls at a time of the test's choosing."""

    def __init__(self, sessions: Sessions, web: Web, parsers: ParserPool) -> None:
        self.sessions, self.web, self.now = sessions, web, NOW
        self.parsers = parsers
        self.poller = Poller(sessions, web.fetcher(), parsers, lambda: self.now)

    def add(
        self, url: str, name: str = "Example News", kind: FeedKind = FeedKind.SYNDICATION
    ) -> int:
        with self.sessions.begin() as session:
            number = sources.add_feed(session, name, url, kind, 30, "tester")
            session.get_one(Feed, number).next_poll_at = NOW
        return number

    def trust(self, name: str = "Example News") -> None:
        with self.sessions.begin() as session:
            sources.trust(session, name, "tester")

    def poll(self, later: timedelta = timedelta()) -> Tally:
        self.now += later
        return asyncio.run(self.poller.poll_due())

    def feed(self, number: int) -> sources.FeedState:
        with self.sessions() as session:
            return next(feed for feed in sources.list_feeds(session) if feed.id == number)

    def reports(self) -> list[tuple[str | None, str | None]]:
        with self.sessions() as session:
            rows = session.scalars(select(Report).order_by(Report.id)).all()
            return [(row.url, row.source.name if row.source else None) for row in rows]

    def statuses(self) -> set[StatementStatus]:
        with self.sessions() as session:
            return set(session.scalars(select(Statement.status)))


@pytest.fixture
def polling(sessions: Sessions, web: Web, parsers: ParserPool) -> FeedPolling:
    return FeedPolling(sessions, web, parsers)


def article(number: int) -> str:
    return (
        f"<html><head><title>Bridge {number} closed</title></head><body><article>"
        f"<p>The road office closed bridge number {number} on Thursday after a large accident in"
        f" the old town.</p><p>Repairs will take {number} months, its spokesman said on Friday, and"
        " will cost one million dinars.</p></article></body></html>"
    )


def rss(*urls: str) -> str:
    items = "".join(f"<item><guid>{url}</guid><link>{url}</link></item>" for url in urls)
    return f'<rss version="2.0"><channel>{items}</channel></rss>'


def serve_feed(web: Web, count: int, path: str = "/feed") -> str:
    pages = [web.serve(f"{path}/{n}", article(n)) for n in range(2, count + 2)]
    return web.serve(path, rss(*pages), XML)


HOUR = timedelta(hours=1)


class TestWhatAFeedBrings:
    def test_becomes_drafts_of_its_source(self, polling: FeedPolling) -> None:
        number = polling.add(serve_feed(polling.web, 3))
        tally = polling.poll()
        assert (tally.feeds, tally.reports, tally.published, tally.problems) == (1, 3, 0, [])
        assert {publisher for _, publisher in polling.reports()} == {"Example News"}
        assert polling.statuses() == {StatementStatus.DRAFT}
        feed = polling.feed(number)
        assert (feed.polled_at, feed.next_poll_at) == (NOW, NOW + timedelta(minutes=30))
        assert (feed.failures, feed.error) == (0, None)

    def test_is_fetched_once(self, polling: FeedPolling) -> None:
        polling.add(serve_feed(polling.web, 3))
        polling.poll()
        assert polling.poll(HOUR).reports == 0
        assert polling.web.asked == {"/feed": 2, "/feed/2": 1, "/feed/3": 1, "/feed/4": 1}

    def test_is_published_at_once_if_the_source_is_trusted(self, polling: FeedPolling) -> None:
        number = polling.add(serve_feed(polling.web, 2))
        polling.trust()
        tally = polling.poll()
        assert tally.published > 0
        assert polling.statuses() == {StatementStatus.PUBLISHED}
        with polling.sessions() as session:
            actors = session.scalars(
                select(AuditEntry.actor).where(AuditEntry.action == "published")
            )
            assert set(actors) == {f"feed {number}"}
            assert len(session.scalars(select(ChangeLogEntry)).all()) == tally.published

    def test_from_another_site_is_not_published_whatever_the_trust(
        self, polling: FeedPolling
    ) -> None:
        """A trusted feed that links elsewhere does not lend its trust."""
        with serving() as elsewhere:
            page = elsewhere.serve("/1", article(4)).replace("127.0.0.1", "localhost")
            polling.web.serve("/feed", rss(page), XML)
            polling.add(polling.web.url("/feed"))
            polling.trust()
            here = polling.web.fetcher()
            here._policy = lambda address, port: True
            polling.poller = Poller(polling.sessions, here, polling.parsers, lambda: NOW)
            tally = polling.poll()
        assert (tally.reports, tally.published) == (1, 0)
        assert polling.reports() == [(page, "localhost")]
        assert polling.statuses() == {StatementStatus.DRAFT}

    def test_an_item_that_holds_no_report_is_told_and_not_asked_for_again(
        self, polling: FeedPolling
    ) -> None:
        web = polling.web
        bad = [web.url("/gone"), web.serve("/picture", b"x", "image/png"), web.serve("/empty", "")]
        good = web.serve("/good", article(5))
        polling.add(web.serve("/feed", rss(*bad, good), XML))
        first = polling.poll()
        assert (first.reports, len(first.problems)) == (1, 3)
        assert polling.poll(HOUR).problems == []
        assert web.asked["/gone"] == 1

    def test_an_item_that_cannot_be_reached_now_is_asked_for_again(
        self, polling: FeedPolling
    ) -> None:
        web = polling.web
        page = web.url("/page")
        web.answers["/page"] = lambda handler: answer(handler, 503, b"")
        web.serve("/feed", rss(page), XML, etag='"1"')
        number = polling.add(web.url("/feed"))
        assert len(polling.poll().problems) == 1
        web.serve("/page", article(5))
        assert polling.poll(HOUR).reports == 1
        assert polling.feed(number).failures == 0

    def test_ten_thousand_items_come_a_part_at_a_time(self, polling: FeedPolling) -> None:
        web = polling.web
        web.serve("/page", article(5))
        urls = [web.url(f"/page?{n}") for n in range(10_000)]
        for n in range(2 * MAX_PAGES):
            web.serve(f"/page?{n}", article(n))
        number = polling.add(web.serve("/feed", rss(*urls), XML, etag='"1"'))
        assert polling.poll().reports == MAX_PAGES
        assert polling.poll(HOUR).reports == MAX_PAGES
        assert web.asked[f"/page?{2 * MAX_PAGES - 1}"] == 1
        assert web.asked[f"/page?{2 * MAX_PAGES}"] == 0
        assert polling.feed(number).failures == 0

    def test_time_for_one_feed_ends(self, polling: FeedPolling) -> None:
        left = threading.Event()

        def slow(handler: BaseHTTPRequestHandler) -> None:
            left.wait(10)

        polling.web.answers["/slow"] = slow
        number = polling.add(polling.web.serve("/feed", rss(polling.web.url("/slow")), XML))
        polling.poller = Poller(
            polling.sessions,
            polling.web.fetcher(),
            polling.parsers,
            lambda: polling.now,
            feed_s=0.3,
        )
        assert polling.poll().feeds == 1
        left.set()
        assert polling.feed(number).failures == 0
        polling.web.serve("/slow", article(5))
        assert polling.poll(HOUR).reports == 1


class TestReviews:
    def test_are_taken_and_published_if_trusted(self, polling: FeedPolling) -> None:
        feed = {"@type": "DataFeed", "dataFeedElement": [REVIEW, {**REVIEW, "claimReviewed": None}]}
        url = polling.web.serve("/feed", json.dumps(feed), "application/json")
        polling.add(url, "Example Check", FeedKind.CLAIMREVIEW)
        polling.trust("Example Check")
        tally = polling.poll()
        assert (tally.reports, tally.published, len(tally.problems)) == (1, 1, 1)
        assert polling.reports() == [("https://checks.example/1", "Example Check")]
        assert polling.poll(HOUR).reports == 0

    def test_a_rating_that_changes_comes_in_anew(self, polling: FeedPolling) -> None:
        url = polling.web.serve("/feed", json.dumps([REVIEW]), "application/json")
        polling.add(url, "Example Check", FeedKind.CLAIMREVIEW)
        polling.poll()
        changed = {**REVIEW, "reviewRating": {"alternateName": "True"}}
        polling.web.serve("/feed", json.dumps([changed]), "application/json")
        assert polling.poll(HOUR).reports == 1


class TestConditionalRequests:
    def test_an_unchanged_feed_is_not_sent_again(self, polling: FeedPolling) -> None:
        body = rss(polling.web.serve("/page", article(3))).encode()
        asked: list[tuple[str | None, str | None]] = []

        def conditional(handler: BaseHTTPRequestHandler) -> None:
            asked.append((handler.headers["if-none-match"], handler.headers["if-modified-since"]))
            if asked[-1][0] == '"1"':
                answer(handler, 304, b"")
            else:
                answer(handler, 200, body, XML, etag='"1"', last_modified="yesterday")

        polling.web.answers["/feed"] = conditional
        number = polling.add(polling.web.url("/feed"))
        assert polling.poll().reports == 1
        second = polling.poll(HOUR)
        assert (second.feeds, second.unchanged, second.reports) == (1, 1, 0)
        polling.poll(HOUR)
        assert asked == [(None, None), ('"1"', "yesterday"), ('"1"', "yesterday")]
        assert polling.feed(number).polled_at == polling.now


class TestTrouble:
    def test_one_broken_feed_beside_a_good_one(self, polling: FeedPolling) -> None:
        broken = polling.add(polling.web.serve("/broken", "<rss><channel>", XML), "Broken")
        good = polling.add(serve_feed(polling.web, 2))
        tally = polling.poll()
        assert (tally.feeds, tally.reports) == (2, 2)
        assert len(tally.problems) == 1
        assert "broken XML" in (polling.feed(broken).error or "")
        assert (polling.feed(broken).failures, polling.feed(good).failures) == (1, 0)

    def test_a_feed_that_fails_is_asked_ever_more_seldom(self, polling: FeedPolling) -> None:
        number = polling.add(polling.web.url("/nothing"))
        waits = []
        for _ in range(8):
            polling.poll()
            waits.append(polling.feed(number).next_poll_at - polling.now)
            polling.now = polling.feed(number).next_poll_at
        assert waits[:4] == [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR]
        assert waits[-1] == timedelta(days=1)
        assert polling.feed(number).failures == 8
        polling.web.serve("/nothing", rss(), XML)
        polling.poll()
        assert (polling.feed(number).failures, polling.feed(number).error) == (0, None)

    @pytest.mark.parametrize(
        "target",
        ["http://127.0.0.1:9/", "http://10.0.0.1/", "http://169.254.169.254/", "http://[::1]:9/",
         "http://[::ffff:127.0.0.1]:9/", "http://[fe80::1]/", "file:///etc/passwd"],
    )  # fmt: skip
    def test_a_feed_that_redirects_inside(self, polling: FeedPolling, target: str) -> None:
        number = polling.add(polling.web.redirect("/feed", target))
        assert polling.poll().reports == 0
        assert polling.feed(number).failures == 1

    def test_an_item_that_leads_inside(self, polling: FeedPolling) -> None:
        page = polling.web.redirect("/page", "http://127.0.0.1:9/admin")
        direct = "http://192.168.0.1/"
        polling.add(polling.web.serve("/feed", rss(page, direct), XML))
        tally = polling.poll()
        assert tally.reports == 0
        assert all("not on the public internet" in problem for problem in tally.problems)
        assert len(tally.problems) == 2

    def test_a_feed_without_end(self, polling: FeedPolling) -> None:
        def endless(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n\r\n<rss><channel>")
            while True:
                handler.wfile.write(b"<item><link>https://n.example/</link></item>" * 1_000)

        polling.web.answers["/feed"] = endless
        number = polling.add(polling.web.url("/feed"))
        polling.poll()
        assert "larger than" in (polling.feed(number).error or "")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\x00" * 1_000,
            gzip.compress(b"<rss>", mtime=0),
            b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><rss version="2.0">&b;</rss>',
            '<rss version="2.0"><channel><item><title>\u202e</title></item></channel>'.encode(),
        ],
    )
    def test_a_feed_that_cannot_be_read(self, polling: FeedPolling, body: bytes) -> None:
        number = polling.add(polling.web.serve("/feed", body, XML))
        polling.poll()
        assert polling.feed(number).failures == 1

    def test_what_a_parser_trips_over_is_one_feeds_trouble(
        self, polling: FeedPolling, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def trips(data: bytes, charset: str | None, url: str) -> None:
            raise RecursionError

        monkeypatch.setattr("bot.parsing.parser_jobs.read_feed", trips)
        number = polling.add(serve_feed(polling.web, 1))
        polling.poll()
        assert "see the log" in (polling.feed(number).error or "")

    def test_a_page_that_a_parser_trips_over_does_not_keep_out_those_behind_it(
        self, polling: FeedPolling, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def trips(
            fetcher: Fetcher,
            parsers: ParserPool,
            url: str,
            defaults: Defaults,
            wanted: DocumentLimits,
            queue: Queue,
        ) -> Sequence[ReportDraft | Problem]:
            if url.endswith("/2"):
                raise RecursionError
            return await read_address(fetcher, parsers, url, defaults, wanted, queue=queue)

        monkeypatch.setattr("bot.ingestion.feed_poller.read_address", trips)
        number = polling.add(serve_feed(polling.web, 3))
        assert any("see the log" in problem for problem in polling.poll().problems)
        assert len(polling.reports()) == 2
        assert polling.feed(number).failures == 0
        polling.poll(HOUR)
        assert len(polling.reports()) == 2


class TestWhatTakesForEver:
    """A document that is made to be slow costs its own time and nothing else."""

    @pytest.fixture
    def strict_pool(self) -> Iterator[ParserPool]:
        with ParserPool(Limits(cpu_s=1)) as pool:
            yield pool

    @pytest.fixture
    def polling(self, sessions: Sessions, web: Web, strict_pool: ParserPool) -> FeedPolling:
        return FeedPolling(sessions, web, strict_pool)

    def test_a_feed_fails_and_is_asked_more_seldom(self, polling: FeedPolling) -> None:
        slow = polling.add(polling.web.serve("/slow", ENDLESS_FEED, XML), "Slow")
        many = polling.add(polling.web.serve("/many", ATTRIBUTES, XML), "Many")
        good = polling.add(serve_feed(polling.web, 2))
        tally = polling.poll()
        assert (tally.feeds, tally.reports, len(tally.problems)) == (3, 2, 2)
        assert "/slow takes too long to read" in (polling.feed(slow).error or "")
        assert "more than 100 attributes" in (polling.feed(many).error or "")
        assert [polling.feed(each).failures for each in (slow, many, good)] == [1, 1, 0]
        assert polling.feed(slow).next_poll_at == polling.now + HOUR

    def test_a_page_is_told_and_not_asked_for_again(self, polling: FeedPolling) -> None:
        slow = polling.web.serve("/slow", ENDLESS_PAGE)
        good = polling.web.serve("/good", article(5))
        number = polling.add(polling.web.serve("/feed", rss(slow, good), XML))
        tally = polling.poll()
        assert (tally.reports, len(tally.problems)) == (1, 1)
        assert "/slow takes too long to read" in tally.problems[0]
        assert polling.feed(number).failures == 0
        polling.poll(HOUR)
        assert polling.web.asked["/slow"] == 1

    def test_other_jobs_are_run_meanwhile_and_a_stop_ends_it(
        self, polling: FeedPolling, parsers: ParserPool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun, other = ProcessWatch(monkeypatch), threading.Event()
        number = polling.add(polling.web.serve("/feed", ENDLESS_FEED, XML))
        polling.poller = Poller(polling.sessions, polling.web.fetcher(), parsers, lambda: NOW)

        async def poll(_: datetime) -> str:
            await polling.poller.poll_due()
            return "polled"

        async def run(_: datetime) -> None:
            if begun.event.is_set():
                other.set()

        listed = [Job("feeds", HOUR, poll), Job("retention", timedelta(), run)]
        with JobRunner(polling.sessions, listed, lambda: NOW).in_background(look_s=0.01):
            assert begun.event.wait(20)
            assert other.wait(20)
        assert begun.ended() == -signal.SIGKILL
        with polling.sessions() as session:
            assert session.get_one(Row, "feeds").last_result == "given up half-way"
        assert polling.feed(number).failures == 0


class TestTurns:
    def test_a_paused_feed_is_left_alone(self, polling: FeedPolling) -> None:
        number = polling.add(serve_feed(polling.web, 1))
        with polling.sessions.begin() as session:
            sources.pause(session, number, "tester")
        assert polling.poll().feeds == 0
        assert asyncio.run(polling.poller.poll([number])).feeds == 0

    def test_a_feed_can_be_polled_before_its_turn(self, polling: FeedPolling) -> None:
        number = polling.add(serve_feed(polling.web, 1))
        polling.poll()
        assert asyncio.run(polling.poller.poll([number])).feeds == 1

    def test_two_pollers_at_once_share_the_feeds(self, polling: FeedPolling) -> None:
        for n in range(6):
            polling.add(serve_feed(polling.web, 2, f"/feed{n}"), f"Source {n}")
        tallies: list[Tally] = []

        def work() -> None:
            poller = Poller(polling.sessions, polling.web.fetcher(), polling.parsers, lambda: NOW)
            tallies.append(asyncio.run(poller.poll_due()))

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(tally.feeds for tally in tallies) == 6
        assert set(polling.web.asked.values()) == {1}
        with polling.sessions() as session:
            assert len(session.scalars(select(FeedItem)).all()) == 12

    def test_the_same_item_stored_by_another_at_this_moment_is_left_to_it(
        self, polling: FeedPolling, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One poller is late: what it found unseen was taken meanwhile."""
        number = polling.add(serve_feed(polling.web, 1))
        polling.poll()
        monkeypatch.setattr(feed_polling, "list_unseen", lambda session, feed, keys, now: set(keys))
        tally = asyncio.run(polling.poller.poll([number]))
        assert (tally.reports, tally.problems) == (0, [])
        assert len(polling.reports()) == 1

    def test_a_feed_whose_poller_died_comes_back(self, polling: FeedPolling) -> None:
        polling.add(serve_feed(polling.web, 1))
        with polling.sessions.begin() as session:
            assert feed_polling.lease_next(session, NOW) is not None
        assert polling.poll().feeds == 0
        assert polling.poll(feed_polling.TURN).reports == 1


class TestRemembering:
    """What was taken is remembered for as long as its feed lists it, and a while longer."""

    DAY = timedelta(days=1)

    def forget(self, polling: FeedPolling) -> int:
        with polling.sessions.begin() as session:
            return feed_polling.forget_unlisted(session)

    def test_what_is_still_listed_is_never_taken_again(self, polling: FeedPolling) -> None:
        polling.add(serve_feed(polling.web, 3))
        polling.poll()
        for _ in range(3):
            polling.poll(feed_polling.UNLISTED * 0.4)
            assert self.forget(polling) == 0
        assert polling.poll(self.DAY).reports == 0
        assert len(polling.reports()) == 3

    def test_what_is_long_gone_from_it_is_forgotten(self, polling: FeedPolling) -> None:
        polling.add(serve_feed(polling.web, 3))
        polling.poll()
        serve_feed(polling.web, 1)
        polling.poll(feed_polling.UNLISTED)
        assert self.forget(polling) == 0
        polling.poll(self.DAY * 2)
        assert self.forget(polling) == 2
        with polling.sessions() as session:
            assert len(session.scalars(select(FeedItem)).all()) == 1

    def test_a_feed_that_does_not_change_for_long_forgets_nothing(
        self, polling: FeedPolling
    ) -> None:
        polling.add(serve_feed(polling.web, 2))
        polling.poll()
        polling.web.answers["/feed"] = lambda handler: answer(handler, 304, b"")
        polling.poll(feed_polling.UNLISTED * 3)
        assert self.forget(polling) == 0
        serve_feed(polling.web, 2)
        polling.poll(self.DAY)
        assert self.forget(polling) == 0
        assert len(polling.reports()) == 2
