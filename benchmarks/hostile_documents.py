"""Measure what parsing costs: ordinary documents in parser processes, and hostile ones.

    python -m benchmarks.hostile_documents

Prints what a parser process costs to start and to keep, what reading ordinary documents takes there
and in the program itself, and what becomes of documents of the largest size that is fetched, each
made to be slow in one way: seconds until the answer or the refusal, and the most memory that its
process held.
"""

import io
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import feedparser

from bot.ingestion.url_reader import LINK_S
from bot.parsing import parser_jobs
from bot.parsing.errors import ParserUnavailable
from bot.parsing.parser_pool import ParserPool
from knowledge.corpus.extraction import extract
from knowledge.corpus.readers import Defaults
from knowledge.corpus.readers.markup_limits import MAX_TAGS
from knowledge.corpus.readers.page_heading import read_heading
from knowledge.corpus.readers.received_documents import Received, read_received
from knowledge.errors import UnreadableFile, UnusableFeed
from knowledge.ingestion.feed_parser import MAX_ATTRIBUTES, MAX_ELEMENTS, MAX_TEXT, parse_feed

URL: Final = "https://news.example/1"
FEED_BYTES: Final = 8 * 2**20
PAGE_BYTES: Final = 8 * 2**20
_LINK: Final = f"<link>{URL}</link>"
_SENTENCE: Final = "The road office closed bridge {} on Thursday, its spokesman said. "
_TIMES: Final = 30


def main() -> None:
    """Measure and print."""
    started = time.perf_counter()
    with ParserPool() as pool:
        pool.read(parser_jobs.read_feed(feed(_LINK), None, URL))
        print(f"a process starts in {time.perf_counter() - started:.2f} s")
        ordinary(pool)
        print(f"after that it holds {memory(pool, 'VmRSS'):.0f} MiB")
    before()
    hostile()


def ordinary(pool: ParserPool) -> None:
    """Print what ordinary documents cost, here and apart."""
    page, listed = article(20), feed(*(f"<guid>{n}</guid>{_LINK}" for n in range(50)))
    given = Received(URL, "text/html", None, page)

    def read_here() -> None:
        (draft,) = read_received(given, Defaults())
        extract(getattr(draft, "body", ""), "", "en")

    rows: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
        ("a page", read_here, lambda: pool.read(parser_jobs.read_received(given, Defaults()))),
        (
            "its heading",
            lambda: read_heading(given),
            lambda: pool.read(parser_jobs.read_heading(given)),
        ),
        (
            "a feed of 50 items",
            lambda: parse_feed(listed, None, URL),
            lambda: pool.read(parser_jobs.read_feed(listed, None, URL)),
        ),
    ]
    print("| ordinary document | in the program, ms | apart, ms |\n|---|---|---|")
    for name, here, apart in rows:
        print(f"| {name} | {milliseconds(here):.1f} | {milliseconds(apart):.1f} |")


def before() -> None:
    """Print what feedparser alone takes for an item with 40,000 attributes."""
    started = time.perf_counter()
    feedparser.parse(io.BytesIO(feed(attributes(40_000) + _LINK)))
    print(f"40,000 attributes in feedparser, unbounded: {time.perf_counter() - started:.1f} s")


def hostile() -> None:
    """Print what becomes of documents that are made to cost much."""
    print("| made to be slow | MiB | outcome | s | process, MiB |\n|---|---|---|---|---|")
    for name, call, seconds in cases():
        # A process of its own, so that the memory is this document's.
        with ParserPool() as pool:
            pool.read(parser_jobs.read_feed(feed(_LINK), None, URL))
            started = time.perf_counter()
            try:
                pool.read(call, seconds)
                outcome = "read"
            except (UnusableFeed, UnreadableFile, ParserUnavailable) as error:
                outcome = str(error).removeprefix(URL).strip().partition(";")[0]
            took = time.perf_counter() - started
            held = f"{memory(pool, 'VmHWM'):.0f}" if pool.idle else "killed"
            size = len(call.data) / 2**20
            print(f"| {name} | {size:.1f} | {outcome} | {took:.1f} | {held} |", flush=True)


def cases() -> Iterator[tuple[str, parser_jobs.Call[object], float | None]]:
    """Yield names, documents, and the seconds that whoever asks has, if these are fewer."""
    most = attributes(MAX_ATTRIBUTES)
    feeds = {
        "feed, an item with 40,000 attributes": feed(attributes(40_000) + _LINK),
        "feed, as many attributes as fit": feed(attributes(FEED_BYTES // 12)),
        "feed, elements with the most attributes": feed(filled(most, FEED_BYTES) + _LINK),
        "feed, the most elements": feed("<category>x</category>" * (MAX_ELEMENTS - 9) + _LINK),
        "feed, elements without end": feed("<a/>" * (FEED_BYTES // 4)),
        "feed, depth": feed("<a>" * (FEED_BYTES // 3)),
        "feed, a title of spaces": feed(f"<title>{' ' * (MAX_TEXT - 1)}x</title>{_LINK}"),
        "feed, references": feed(filled("<title>" + "&#38;" * 9_999 + "</title>", FEED_BYTES)),
    }
    for name, data in feeds.items():
        yield name, parser_jobs.read_feed(data, None, URL), None
    pages = {
        "page, as many attributes as fit": attributes(PAGE_BYTES // 12).encode(),
        "page, tags with the most attributes": filled(attributes(190), PAGE_BYTES).encode(),
        "page, an article and cells": article(9, "<table>" + "<td>x" * (MAX_TAGS - 99)),
        "page, an article and paragraphs": article(9, "<p>x" * (MAX_TAGS - 99)),
        "page, nested": b"<div>" * (MAX_TAGS - 9),
        "page, one text": b"<p>" + b"word " * (PAGE_BYTES // 5),
        "page, sentences": article(PAGE_BYTES // len(_SENTENCE)),
    }
    for name, data in pages.items():
        document = Received(URL, "text/html", None, data)
        yield name, parser_jobs.read_received(document, Defaults()), None
    cells = Received(URL, "text/html", None, pages["page, an article and cells"])
    yield "the same, as a link", parser_jobs.read_heading(cells), LINK_S
    for name, data in {
        "JSON, nested": b"[" * PAGE_BYTES,
        "JSON, empty lists": b"[" + b"[]," * (PAGE_BYTES // 3) + b"0]",
    }.items():
        document = Received(URL, "application/json", None, data)
        yield name, parser_jobs.read_received(document, Defaults()), None
    header = b"publisher" + b",body" * (PAGE_BYTES // 5)
    yield "CSV, columns", parser_jobs.read_upload("a.csv", header, Defaults()), None


def feed(*items: str) -> bytes:
    """Return a feed of these items."""
    listed = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0"><channel>{listed}</channel></rss>'.encode()


def article(sentences: int, more: str = "") -> bytes:
    """Return a page of so many sentences, in paragraphs of five, with ``more`` below them."""
    said = [_SENTENCE.format(n) for n in range(sentences)]
    paragraphs = "".join(f"<p>{''.join(said[at : at + 5])}</p>" for at in range(0, len(said), 5))
    head = "<head><title>The bridges of the valley</title></head>"
    return f"<html>{head}<body><article>{paragraphs}</article>{more}</body></html>".encode()


def attributes(number: int) -> str:
    """Return an element with so many attributes."""
    return "<b " + " ".join(f'a{n}=""' for n in range(number)) + "/>"


def filled(unit: str, size: int) -> str:
    """Return ``unit`` as often as fits into ``size``, with room for what stands around it."""
    return unit * ((size - 999) // len(unit))


def milliseconds(read: Callable[[], object]) -> float:
    """Return the median time of ``read``."""
    taken = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        read()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1_000


def memory(pool: ParserPool, what: str) -> float:
    """Return MiB that the process that waits holds now (VmRSS), or held at most (VmHWM)."""
    status = Path(f"/proc/{pool.idle[0]}/status").read_text("utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
