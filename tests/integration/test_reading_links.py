"""A link that a person sends: its page through the safe fetcher, within its bounds."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from bot.fetching import Fetcher
from bot.fetching.errors import PrivateAddress, Refused, TooLarge, TooSlow, WrongContent
from bot.ingestion.url_reader import LINKED, read_link
from bot.parsing.parser_pool import ParserPool
from tests.integration.web import Web, serving


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as started:
        yield started


def test_a_page_is_read_where_it_is_found_in_the_end(web: Web, parsers: ParserPool) -> None:
    web.serve("/bridge", "<title>The river bridge opens again</title><p>words</p>")
    heading = read_link(web.fetcher(), parsers, web.redirect("/short", "/bridge"))
    assert heading.texts == ("The river bridge opens again",)
    assert heading.host == "127.0.0.1"


def test_this_machine_is_never_asked(web: Web, parsers: ParserPool) -> None:
    web.serve("/", "<title>secret</title>")
    with pytest.raises(PrivateAddress):
        read_link(Fetcher(), parsers, web.url("/"))
    assert not web.asked


def test_what_is_no_page_or_too_large_or_not_there_is_not_read(
    web: Web, parsers: ParserPool
) -> None:
    with pytest.raises(WrongContent):
        read_link(web.fetcher(), parsers, web.serve("/film", b"\0", "video/mp4"))
    with pytest.raises(TooLarge):
        read_link(web.fetcher(), parsers, web.serve("/large", b"x" * (LINKED.limit + 1)))
    with pytest.raises(Refused):
        read_link(web.fetcher(), parsers, web.url("/gone"))


def test_one_that_never_ends_is_given_up(web: Web, parsers: ParserPool) -> None:
    over = threading.Event()

    def waits(handler: BaseHTTPRequestHandler) -> None:
        over.wait()

    web.answers["/"] = waits
    try:
        with pytest.raises(TooSlow):
            read_link(web.fetcher(total_s=0.1), parsers, web.url("/"))
    finally:
        over.set()
