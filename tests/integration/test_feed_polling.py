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
from tests.integration.hostile import ATTRIBUTES, ENDLESS_FEED, ENDLESS_PAGE, Begun
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


class Desk:
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
def desk(sessions: Sessions, web: Web, parsers: ParserPool) -> Desk:
    return Desk(sessions, web, parsers)


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
    def test_becomes_drafts_of_its_source(self, desk: Desk) -> None:
        number = desk.add(serve_feed(desk.web, 3))
        tally = desk.poll()
        assert (tally.feeds, tally.reports, tally.published, tally.problems) == (1, 3, 0, [])
        assert {publisher for _, publisher in desk.reports()} == {"Example News"}
        assert desk.statuses() == {StatementStatus.DRAFT}
        feed = desk.feed(number)
        assert (feed.polled_at, feed.next_poll_at) == (NOW, NOW + timedelta(minutes=30))
        assert (feed.failures, feed.error) == (0, None)

    def test_is_fetched_once(self, desk: Desk) -> None:
        desk.add(serve_feed(desk.web, 3))
        desk.poll()
        assert desk.poll(HOUR).reports == 0
        assert desk.web.asked == {"/feed": 2, "/feed/2": 1, "/feed/3": 1, "/feed/4": 1}

    def test_is_published_at_once_if_the_source_is_trusted(self, desk: Desk) -> None:
        number = desk.add(serve_feed(desk.web, 2))
        desk.trust()
        tally = desk.poll()
        assert tally.published > 0
        assert desk.statuses() == {StatementStatus.PUBLISHED}
        with desk.sessions() as session:
            actors = session.scalars(
                select(AuditEntry.actor).where(AuditEntry.action == "published")
            )
            assert set(actors) == {f"feed {number}"}
            assert len(session.scalars(select(ChangeLogEntry)).all()) == tally.published

    def test_from_another_site_is_not_published_whatever_the_trust(self, desk: Desk) -> None:
        """A trusted feed that links elsewhere does not lend its trust."""
        with serving() as elsewhere:
            page = elsewhere.serve("/1", article(4)).replace("127.0.0.1", "localhost")
            desk.web.serve("/feed", rss(page), XML)
            desk.add(desk.web.url("/feed"))
            desk.trust()
            here = desk.web.fetcher()
            here._policy = lambda address, port: True
            desk.poller = Poller(desk.sessions, here, desk.parsers, lambda: NOW)
            tally = desk.poll()
        assert (tally.reports, tally.published) == (1, 0)
        assert desk.reports() == [(page, "localhost")]
        assert desk.statuses() == {StatementStatus.DRAFT}

    def test_an_item_that_holds_no_report_is_told_and_not_asked_for_again(self, desk: Desk) -> None:
        web = desk.web
        bad = [web.url("/gone"), web.serve("/picture", b"x", "image/png"), web.serve("/empty", "")]
        good = web.serve("/good", article(5))
        desk.add(web.serve("/feed", rss(*bad, good), XML))
        first = desk.poll()
        assert (first.reports, len(first.problems)) == (1, 3)
        assert desk.poll(HOUR).problems == []
        assert web.asked["/gone"] == 1

    def test_an_item_that_cannot_be_reached_now_is_asked_for_again(self, desk: Desk) -> None:
        web = desk.web
        page = web.url("/page")
        web.answers["/page"] = lambda handler: answer(handler, 503, b"")
        web.serve("/feed", rss(page), XML, etag='"1"')
        number = desk.add(web.url("/feed"))
        assert len(desk.poll().problems) == 1
        web.serve("/page", article(5))
        assert desk.poll(HOUR).reports == 1
        assert desk.feed(number).failures == 0

    def test_ten_thousand_items_come_a_part_at_a_time(self, desk: Desk) -> None:
        web = desk.web
        web.serve("/page", article(5))
        urls = [web.url(f"/page?{n}") for n in range(10_000)]
        for n in range(2 * MAX_PAGES):
            web.serve(f"/page?{n}", article(n))
        number = desk.add(web.serve("/feed", rss(*urls), XML, etag='"1"'))
        assert desk.poll().reports == MAX_PAGES
        assert desk.poll(HOUR).reports == MAX_PAGES
        assert web.asked[f"/page?{2 * MAX_PAGES - 1}"] == 1
        assert web.asked[f"/page?{2 * MAX_PAGES}"] == 0
        assert desk.feed(number).failures == 0

    def test_time_for_one_feed_ends(self, desk: Desk) -> None:
        left = threading.Event()

        def slow(handler: BaseHTTPRequestHandler) -> None:
            left.wait(10)

        desk.web.answers["/slow"] = slow
        number = desk.add(desk.web.serve("/feed", rss(desk.web.url("/slow")), XML))
        desk.poller = Poller(
            desk.sessions, desk.web.fetcher(), desk.parsers, lambda: desk.now, feed_s=0.3
        )
        assert desk.poll().feeds == 1
        left.set()
        assert desk.feed(number).failures == 0
        desk.web.serve("/slow", article(5))
        assert desk.poll(HOUR).reports == 1


class TestReviews:
    def test_are_taken_and_published_if_trusted(self, desk: Desk) -> None:
        feed = {"@type": "DataFeed", "dataFeedElement": [REVIEW, {**REVIEW, "claimReviewed": None}]}
        url = desk.web.serve("/feed", json.dumps(feed), "application/json")
        desk.add(url, "Example Check", FeedKind.CLAIMREVIEW)
        desk.trust("Example Check")
        tally = desk.poll()
        assert (tally.reports, tally.published, len(tally.problems)) == (1, 1, 1)
        assert desk.reports() == [("https://checks.example/1", "Example Check")]
        assert desk.poll(HOUR).reports == 0

    def test_a_rating_that_changes_comes_in_anew(self, desk: Desk) -> None:
        url = desk.web.serve("/feed", json.dumps([REVIEW]), "application/json")
        desk.add(url, "Example Check", FeedKind.CLAIMREVIEW)
        desk.poll()
        changed = {**REVIEW, "reviewRating": {"alternateName": "True"}}
        desk.web.serve("/feed", json.dumps([changed]), "application/json")
        assert desk.poll(HOUR).reports == 1


class TestConditionalRequests:
    def test_an_unchanged_feed_is_not_sent_again(self, desk: Desk) -> None:
        body = rss(desk.web.serve("/page", article(3))).encode()
        asked: list[tuple[str | None, str | None]] = []

        def conditional(handler: BaseHTTPRequestHandler) -> None:
            asked.append((handler.headers["if-none-match"], handler.headers["if-modified-since"]))
            if asked[-1][0] == '"1"':
                answer(handler, 304, b"")
            else:
                answer(handler, 200, body, XML, etag='"1"', last_modified="yesterday")

        desk.web.answers["/feed"] = conditional
        number = desk.add(desk.web.url("/feed"))
        assert desk.poll().reports == 1
        second = desk.poll(HOUR)
        assert (second.feeds, second.unchanged, second.reports) == (1, 1, 0)
        desk.poll(HOUR)
        assert asked == [(None, None), ('"1"', "yesterday"), ('"1"', "yesterday")]
        assert desk.feed(number).polled_at == desk.now


class TestTrouble:
    def test_one_broken_feed_beside_a_good_one(self, desk: Desk) -> None:
        broken = desk.add(desk.web.serve("/broken", "<rss><channel>", XML), "Broken")
        good = desk.add(serve_feed(desk.web, 2))
        tally = desk.poll()
        assert (tally.feeds, tally.reports) == (2, 2)
        assert len(tally.problems) == 1
        assert "broken XML" in (desk.feed(broken).error or "")
        assert (desk.feed(broken).failures, desk.feed(good).failures) == (1, 0)

    def test_a_feed_that_fails_is_asked_ever_more_seldom(self, desk: Desk) -> None:
        number = desk.add(desk.web.url("/nothing"))
        waits = []
        for _ in range(8):
            desk.poll()
            waits.append(desk.feed(number).next_poll_at - desk.now)
            desk.now = desk.feed(number).next_poll_at
        assert waits[:4] == [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR]
        assert waits[-1] == timedelta(days=1)
        assert desk.feed(number).failures == 8
        desk.web.serve("/nothing", rss(), XML)
        desk.poll()
        assert (desk.feed(number).failures, desk.feed(number).error) == (0, None)

    @pytest.mark.parametrize(
        "target",
        ["http://127.0.0.1:9/", "http://10.0.0.1/", "http://169.254.169.254/", "http://[::1]:9/",
         "http://[::ffff:127.0.0.1]:9/", "http://[fe80::1]/", "file:///etc/passwd"],
    )  # fmt: skip
    def test_a_feed_that_redirects_inside(self, desk: Desk, target: str) -> None:
        number = desk.add(desk.web.redirect("/feed", target))
        assert desk.poll().reports == 0
        assert desk.feed(number).failures == 1

    def test_an_item_that_leads_inside(self, desk: Desk) -> None:
        page = desk.web.redirect("/page", "http://127.0.0.1:9/admin")
        direct = "http://192.168.0.1/"
        desk.add(desk.web.serve("/feed", rss(page, direct), XML))
        tally = desk.poll()
        assert tally.reports == 0
        assert all("not on the public internet" in problem for problem in tally.problems)
        assert len(tally.problems) == 2

    def test_a_feed_without_end(self, desk: Desk) -> None:
        def endless(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n\r\n<rss><channel>")
            while True:
                handler.wfile.write(b"<item><link>https://n.example/</link></item>" * 1_000)

        desk.web.answers["/feed"] = endless
        number = desk.add(desk.web.url("/feed"))
        desk.poll()
        assert "larger than" in (desk.feed(number).error or "")

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
    def test_a_feed_that_cannot_be_read(self, desk: Desk, body: bytes) -> None:
        number = desk.add(desk.web.serve("/feed", body, XML))
        desk.poll()
        assert desk.feed(number).failures == 1

    def test_what_a_parser_trips_over_is_one_feeds_trouble(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def trips(data: bytes, charset: str | None, url: str) -> None:
            raise RecursionError

        monkeypatch.setattr("bot.parsing.parser_jobs.read_feed", trips)
        number = desk.add(serve_feed(desk.web, 1))
        desk.poll()
        assert "see the log" in (desk.feed(number).error or "")

    def test_a_page_that_a_parser_trips_over_does_not_keep_out_those_behind_it(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
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
        number = desk.add(serve_feed(desk.web, 3))
        assert any("see the log" in problem for problem in desk.poll().problems)
        assert len(desk.reports()) == 2
        assert desk.feed(number).failures == 0
        desk.poll(HOUR)
        assert len(desk.reports()) == 2


class TestWhatTakesForEver:
    """A document that is made to be slow costs its own time and nothing else."""

    @pytest.fixture
    def hasty(self) -> Iterator[ParserPool]:
        with ParserPool(Limits(cpu_s=1)) as pool:
            yield pool

    @pytest.fixture
    def desk(self, sessions: Sessions, web: Web, hasty: ParserPool) -> Desk:
        return Desk(sessions, web, hasty)

    def test_a_feed_fails_and_is_asked_more_seldom(self, desk: Desk) -> None:
        slow = desk.add(desk.web.serve("/slow", ENDLESS_FEED, XML), "Slow")
        many = desk.add(desk.web.serve("/many", ATTRIBUTES, XML), "Many")
        good = desk.add(serve_feed(desk.web, 2))
        tally = desk.poll()
        assert (tally.feeds, tally.reports, len(tally.problems)) == (3, 2, 2)
        assert "/slow takes too long to read" in (desk.feed(slow).error or "")
        assert "more than 100 attributes" in (desk.feed(many).error or "")
        assert [desk.feed(each).failures for each in (slow, many, good)] == [1, 1, 0]
        assert desk.feed(slow).next_poll_at == desk.now + HOUR

    def test_a_page_is_told_and_not_asked_for_again(self, desk: Desk) -> None:
        slow = desk.web.serve("/slow", ENDLESS_PAGE)
        good = desk.web.serve("/good", article(5))
        number = desk.add(desk.web.serve("/feed", rss(slow, good), XML))
        tally = desk.poll()
        assert (tally.reports, len(tally.problems)) == (1, 1)
        assert "/slow takes too long to read" in tally.problems[0]
        assert desk.feed(number).failures == 0
        desk.poll(HOUR)
        assert desk.web.asked["/slow"] == 1

    def test_other_jobs_are_run_meanwhile_and_a_stop_ends_it(
        self, desk: Desk, parsers: ParserPool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun, other = Begun(monkeypatch), threading.Event()
        number = desk.add(desk.web.serve("/feed", ENDLESS_FEED, XML))
        desk.poller = Poller(desk.sessions, desk.web.fetcher(), parsers, lambda: NOW)

        async def poll(_: datetime) -> str:
            await desk.poller.poll_due()
            return "polled"

        async def run(_: datetime) -> None:
            if begun.event.is_set():
                other.set()

        listed = [Job("feeds", HOUR, poll), Job("retention", timedelta(), run)]
        with JobRunner(desk.sessions, listed, lambda: NOW).in_background(look_s=0.01):
            assert begun.event.wait(20)
            assert other.wait(20)
        assert begun.ended() == -signal.SIGKILL
        with desk.sessions() as session:
            assert session.get_one(Row, "feeds").last_result == "given up half-way"
        assert desk.feed(number).failures == 0


class TestTurns:
    def test_a_paused_feed_is_left_alone(self, desk: Desk) -> None:
        number = desk.add(serve_feed(desk.web, 1))
        with desk.sessions.begin() as session:
            sources.pause(session, number, "tester")
        assert desk.poll().feeds == 0
        assert asyncio.run(desk.poller.poll([number])).feeds == 0

    def test_a_feed_can_be_polled_before_its_turn(self, desk: Desk) -> None:
        number = desk.add(serve_feed(desk.web, 1))
        desk.poll()
        assert asyncio.run(desk.poller.poll([number])).feeds == 1

    def test_two_pollers_at_once_share_the_feeds(self, desk: Desk) -> None:
        for n in range(6):
            desk.add(serve_feed(desk.web, 2, f"/feed{n}"), f"Source {n}")
        tallies: list[Tally] = []

        def work() -> None:
            poller = Poller(desk.sessions, desk.web.fetcher(), desk.parsers, lambda: NOW)
            tallies.append(asyncio.run(poller.poll_due()))

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(tally.feeds for tally in tallies) == 6
        assert set(desk.web.asked.values()) == {1}
        with desk.sessions() as session:
            assert len(session.scalars(select(FeedItem)).all()) == 12

    def test_the_same_item_stored_by_another_at_this_moment_is_left_to_it(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One poller is late: what it found unseen was taken meanwhile."""
        number = desk.add(serve_feed(desk.web, 1))
        desk.poll()
        monkeypatch.setattr(feed_polling, "list_unseen", lambda session, feed, keys, now: set(keys))
        tally = asyncio.run(desk.poller.poll([number]))
        assert (tally.reports, tally.problems) == (0, [])
        assert len(desk.reports()) == 1

    def test_a_feed_whose_poller_died_comes_back(self, desk: Desk) -> None:
        desk.add(serve_feed(desk.web, 1))
        with desk.sessions.begin() as session:
            assert feed_polling.lease_next(session, NOW) is not None
        assert desk.poll().feeds == 0
        assert desk.poll(feed_polling.TURN).reports == 1


class TestRemembering:
    """What was taken is remembered for as long as its feed lists it, and a while longer."""

    DAY = timedelta(days=1)

    def forget(self, desk: Desk) -> int:
        with desk.sessions.begin() as session:
            return feed_polling.forget_unlisted(session)

    def test_what_is_still_listed_is_never_taken_again(self, desk: Desk) -> None:
        desk.add(serve_feed(desk.web, 3))
        desk.poll()
        for _ in range(3):
            desk.poll(feed_polling.UNLISTED * 0.4)
            assert self.forget(desk) == 0
        assert desk.poll(self.DAY).reports == 0
        assert len(desk.reports()) == 3

    def test_what_is_long_gone_from_it_is_forgotten(self, desk: Desk) -> None:
        desk.add(serve_feed(desk.web, 3))
        desk.poll()
        serve_feed(desk.web, 1)
        desk.poll(feed_polling.UNLISTED)
        assert self.forget(desk) == 0
        desk.poll(self.DAY * 2)
        assert self.forget(desk) == 2
        with desk.sessions() as session:
            assert len(session.scalars(select(FeedItem)).all()) == 1

    def test_a_feed_that_does_not_change_for_long_forgets_nothing(self, desk: Desk) -> None:
        desk.add(serve_feed(desk.web, 2))
        desk.poll()
        desk.web.answers["/feed"] = lambda handler: answer(handler, 304, b"")
        desk.poll(feed_polling.UNLISTED * 3)
        assert self.forget(desk) == 0
        serve_feed(desk.web, 2)
        desk.poll(self.DAY)
        assert self.forget(desk) == 0
        assert len(desk.reports()) == 2
