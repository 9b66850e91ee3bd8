"""Whatever is written into a document, it is read or refused in words, and the next one is read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.media.errors import UnreadablePicture
from bot.parsing import parser_jobs
from bot.parsing.parser_pool import ParserPool
from knowledge.corpus.readers import Defaults
from knowledge.corpus.readers.received_documents import Received
from knowledge.errors import UnreadableFile, UnusableFeed

URL = "https://n.example/1"
TIMES = st.sampled_from([0, 1, 2, 99, 101, 255, 300, 5_000])
NAMES = st.sampled_from(
    "a p b li td table script style textarea svg math template meta title item link guid entry feed"
    " rss channel content".split()
)
TEXTS = st.one_of(
    st.sampled_from([
        "", "x", "\0", "\ufeff", "\u202e", "&#0;", "&#xD800;", "&amp;" * 99, "&nbsp;", "&a;",
        "<![CDATA[", "]]>", "<!--", "-->", "<?xml version='1.0' encoding='utf-16'?>", "<!DOCTYPE",
        "<!ENTITY a 'aaaaaaaaaa'>", "The bridge was closed on Thursday. ", "\\ud800", '"', "{", "[",
    ]),
    st.text(max_size=9),
)  # fmt: skip
ENCODINGS = st.sampled_from(
    ["utf-8", "utf-16", "utf-16-le", "utf-32", "cp1256", "utf-7", "latin-1"]
)


def _table(cells: list[str]) -> bytes:
    return ("publisher,text\n" + ",".join(cells)).encode(errors="replace")


def _halves(text: str) -> tuple[str, str]:
    middle = (len(text) + 1) // 2 if text != '{"claimReview":[]}' else 16
    return text[:middle], text[middle:]


@st.composite
def attributes(draw: st.DrawFn) -> str:
    name, value, mark = draw(NAMES), draw(TEXTS), draw(st.sampled_from(["", "'", '"']))
    numbered = draw(st.booleans())
    times = draw(TIMES)
    return "".join(f" {name}{n if numbered else ''}={mark}{value}{mark}" for n in range(times))


@st.composite
def elements(draw: st.DrawFn) -> str:
    name, inner, times = draw(NAMES), draw(TEXTS), draw(TIMES)
    if draw(st.booleans()):
        return f"<{name}{draw(attributes())}>" * min(times, 9) + inner + f"</{name}>"
    closing = f"</{name}>" if draw(st.booleans()) else ""
    return f"<{name}>" * times + inner + closing * times


@st.composite
def markup(draw: st.DrawFn, before: str, after: str) -> bytes:
    inner = "".join(draw(st.lists(st.one_of(elements(), TEXTS), max_size=6)))
    whole = f"{before}{inner}{after}" if draw(st.booleans()) else inner
    return whole.encode(draw(ENCODINGS), errors="replace")


@st.composite
def values(draw: st.DrawFn) -> bytes:
    """JSON and what looks like it: deep, long, with a row among it."""
    opening, closing = draw(st.sampled_from(["[]", '{"a":}', '{"claimReview":[]}']).map(_halves))
    inner = draw(
        st.one_of(TEXTS, st.sampled_from(['"x"', "1" * 5_000, "-1e999", "NaN", "null", "{}"]))
    )
    times = draw(TIMES) * draw(st.sampled_from([1, 50]))
    deep = opening * times + inner + closing * times
    row = f'{{"publisher": "P", "body": {deep}, "statements": {deep}}}'
    return draw(st.sampled_from([deep, row, f"{row}\n{row}"])).encode(errors="replace")


def read(pool: ParserPool, call: parser_jobs.Call[object]) -> None:
    said = ""
    try:
        pool.read(call)
    except (UnreadableFile, UnusableFeed, UnreadablePicture) as error:
        said = str(error)
    assert "\n" not in said
    assert len(said) < 400
    # What no reader foresaw would be told like this.
    assert "cannot be parsed;" not in said
    assert "takes too" not in said


some = settings(max_examples=60, deadline=None)


class TestWhateverIsWritten:
    @some
    @given(data=markup('<rss version="2.0"><channel><item>', "</item></channel></rss>"))
    def test_feeds(self, parsers: ParserPool, data: bytes) -> None:
        for charset in (None, "utf-16", "nonsense"):
            read(parsers, parser_jobs.read_feed(data, charset, URL))

    @some
    @given(data=markup("<!doctype html><html><body><article>", "</article></body></html>"))
    def test_pages(self, parsers: ParserPool, data: bytes) -> None:
        document = Received(URL, "text/html", "utf-8", data)
        read(parsers, parser_jobs.read_received(document, Defaults()))
        read(parsers, parser_jobs.read_heading(document))

    @some
    @given(data=values())
    def test_json(self, parsers: ParserPool, data: bytes) -> None:
        read(
            parsers,
            parser_jobs.read_received(Received(URL, "application/json", None, data), Defaults()),
        )
        page = b'<script type="application/ld+json">"ClaimReview"' + data + b"</script>"
        read(parsers, parser_jobs.read_heading(Received(URL, "text/html", None, page)))

    @some
    @given(
        name=st.sampled_from(["a.csv", "a.txt", "a.jsonl", "a", "a.html"]),
        data=st.one_of(st.binary(max_size=200), st.lists(TEXTS).map(_table)),
    )
    def test_uploads(self, parsers: ParserPool, name: str, data: bytes) -> None:
        read(parsers, parser_jobs.read_upload(name, data, Defaults()))

    @pytest.mark.parametrize("begun", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b""])
    @some
    @given(data=st.binary(max_size=200))
    def test_pictures(self, parsers: ParserPool, begun: bytes, data: bytes) -> None:
        read(parsers, parser_jobs.read_picture(begun + data))
