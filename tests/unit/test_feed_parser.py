"""RSS and Atom, as they are and as they should not be."""

from datetime import date

import pytest

from knowledge.errors import UnusableFeed
from knowledge.ingestion.feed_parser import (
    MAX_ATTRIBUTES,
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_TEXT,
    MAX_VALUES,
    Item,
    key_of,
    parse_feed,
)

URL = "https://news.example/feed"


def rss(*items: str, head: str = "") -> bytes:
    return f'{head}<rss version="2.0"><channel>{"".join(items)}</channel></rss>'.encode()


def item(number: int) -> str:
    return f"<item><guid>g{number}</guid><link>https://news.example/{number}</link></item>"


def test_rss() -> None:
    feed = rss(
        "<item><title>جسر</title><link>https://news.example/1</link><guid>g1</guid>"
        "<pubDate>Thu, 07 Feb 2019 23:30:00 GMT</pubDate></item>",
        "<item><link>/2</link></item>",
    )
    assert parse_feed(feed, None, URL) == (
        Item(key_of("g1"), "https://news.example/1", date(2019, 2, 7)),
        Item(key_of("https://news.example/2"), "https://news.example/2", None),
    )


def test_atom() -> None:
    feed = b"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>
    <entry><id>urn:1</id><link href="https://news.example/1"/>
    <published>2019-02-07T23:30:00-05:00</published><updated>2020-01-01T00:00:00Z</updated></entry></feed>"""
    assert parse_feed(feed, None, URL) == (
        Item(key_of("urn:1"), "https://news.example/1", date(2019, 2, 7)),
    )


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("Fri, 08 Feb 2019 00:30:00 +0300", date(2019, 2, 8)),
        ("2019-02-08", date(2019, 2, 8)),
        ("أمس", None),
        ("Fri, 99 Feb 2019 00:30:00 GMT", None),
        ("9" * 5_000, None),
    ],
)
def test_a_date_is_taken_as_written(written: str, day: date | None) -> None:
    dated = f"<item><link>https://n.example/1</link><pubDate>{written}</pubDate></item>"
    assert parse_feed(rss(dated), None, URL)[0].published_at == day


def test_an_item_is_told_apart_by_its_id_and_listed_once() -> None:
    assert len(parse_feed(rss(item(1), item(2), item(1)), None, URL)) == 2


@pytest.mark.parametrize(
    "link", ["", "javascript:alert(1)", "file:///etc/passwd", "http://[", "https://" + "x" * 3000]
)
def test_an_item_that_leads_nowhere_is_left_out(link: str) -> None:
    bad = f"<item><guid isPermaLink='false'>b</guid><link>{link}</link></item>"
    assert [found.url for found in parse_feed(rss(bad, item(1)), None, URL)] == [
        "https://news.example/1"
    ]


def test_ten_thousand_items() -> None:
    assert len(parse_feed(rss(*map(item, range(10_000))), None, URL)) == 10_000


def test_names_of_html_are_read() -> None:
    feed = rss(
        "<item><title>a&nbsp;b &amp; c&hellip;</title><link>https://n.example/1</link></item>"
    )
    assert len(parse_feed(feed, None, URL)) == 1


@pytest.mark.parametrize("charset", [None, "windows-1256"])
def test_an_older_encoding_is_read(charset: str | None) -> None:
    head = "" if charset else '<?xml version="1.0" encoding="windows-1256"?>'
    feed = rss("<item><title>جسر</title><link>https://n.example/1</link></item>", head=head)
    assert len(parse_feed(feed.decode().encode("cp1256"), charset, URL)) == 1


@pytest.mark.parametrize(
    ("feed", "why"),
    [
        (b"", "broken XML"),
        (b"not xml", "broken XML"),
        (rss(item(1))[:-9], "broken XML at line 1"),
        (rss("<item><title>a < b</title></item>"), "broken XML"),
        (rss("<item><title>&unknown;</title></item>"), "broken XML"),
        (b"<" * 1_000_000, "broken XML"),
        (b"<a>" * 1_000_000, "nested more than 100 deep"),
        (b"\x00\xff\xfe\x80" * 1_000, "broken XML"),
        (b"<html><body/></html>", "neither RSS nor Atom"),
        (b"<opml/>", "neither RSS nor Atom"),
    ],
)
def test_what_is_no_feed(feed: bytes, why: str) -> None:
    with pytest.raises(UnusableFeed, match=why):
        parse_feed(feed, None, URL)


def counted(start: str, many: str, times: int, end: str = "") -> bytes:
    return rss(f"<item>{start}{many * times}{end}<link>https://n.example/1</link></item>")


@pytest.mark.parametrize(
    ("least", "most", "why"),
    [
        (
            counted("", "<a/>", MAX_ELEMENTS - 4),
            counted("", "<a/>", MAX_ELEMENTS - 3),
            "more than 300,000 elements",
        ),
        (
            counted("<b>" * (MAX_DEPTH - 3), "", 0, "</b>" * (MAX_DEPTH - 3)),
            counted("<b>" * (MAX_DEPTH - 2), "", 0, "</b>" * (MAX_DEPTH - 2)),
            "nested more than 100 deep",
        ),
        (
            counted("<b " + " ".join(f"a{n}=''" for n in range(MAX_ATTRIBUTES)) + "/>", "", 0),
            counted("<b " + " ".join(f"a{n}=''" for n in range(MAX_ATTRIBUTES + 1)) + "/>", "", 0),
            "more than 100 attributes",
        ),
        (
            counted("<b a='", "x", MAX_VALUES - 1, "'/>"),
            counted("<b a='", "x", MAX_VALUES, "'/>"),
            "attributes have more than 131,072 characters",
        ),
        (
            counted("<b>", "x&#32;", MAX_TEXT // 2, "</b>"),
            counted("<b>", "x&#32;", MAX_TEXT // 2 + 1, "</b>"),
            "a text of more than 2,097,152 characters",
        ),
    ],
    ids=["elements", "depth", "attributes", "values", "text"],
)
def test_more_than_any_feed_needs(least: bytes, most: bytes, why: str) -> None:
    assert len(parse_feed(least, None, URL)) == 1
    with pytest.raises(UnusableFeed, match=why):
        parse_feed(most, None, URL)


_LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
_LONG = f'<!DOCTYPE x [<!ENTITY a "{"a" * 100_000}">]>'
_FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "head", [_LAUGHS, _LONG, _FILE, "<!doctype rss SYSTEM 'http://10.0.0.1/'>"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-7"])
def test_entities_are_never_expanded(head: str, encoding: str) -> None:
    feed = rss("<item><title>&a;</title><link>https://n.example/1</link></item>", head=head)
    with pytest.raises(UnusableFeed, match=r"entities|broken XML"):
        parse_feed(feed.decode().encode(encoding), encoding, URL)
