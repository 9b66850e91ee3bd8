"""Documents read in a process apart: what it answers, what it may take, how it ends."""

import asyncio
import io
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from bot.ingestion.url_reader import LINK_S
from bot.media.errors import TooLarge as TooLargePicture
from bot.media.errors import UnreadablePicture
from bot.parsing import parser_jobs, parser_process
from bot.parsing.errors import ParserUnavailable
from bot.parsing.parser_jobs import Call, Queue
from bot.parsing.parser_pool import ParserPool
from bot.parsing.parser_process import Worker
from bot.parsing.parser_worker import Limits
from knowledge.corpus.extraction import extract
from knowledge.corpus.readers import Defaults
from knowledge.corpus.readers.page_heading import read_heading
from knowledge.corpus.readers.received_documents import Received, read_received, read_upload
from knowledge.domain import ReportDraft
from knowledge.errors import TooMuchToRead, UnreadableFile, UnusableFeed
from knowledge.ingestion.feed_parser import parse_feed
from tests.integration.hostile import (
    ATTRIBUTES,
    ENDLESS_FEED,
    ENDLESS_PAGE,
    GREEDY_ROWS,
    ProcessWatch,
    feed,
)

ROOT = Path(__file__).resolve().parents[2]
URL = "https://www.news.example/bridge"
BODY = (
    "<article><p>أعلنت هيئة الطرق أن الجسر أغلق يوم الخميس بعد حادث كبير في المدينة القديمة.</p>"
    "<p>وقال المتحدث باسمها إن الإصلاح يستغرق أربعة أشهر ويكلف مليون دينار.</p></article>"
)
PAGE = Received(
    URL,
    "text/html",
    None,
    f"<html><head><title>إغلاق الجسر</title></head><body>{BODY}</body></html>".encode(),
)
GOOD_FEED = feed("<guid>g1</guid><pubDate>Thu, 07 Feb 2019 23:30:00 GMT</pubDate>")
TABLE = (
    b"publisher,text,rating,as_of\nP,The bridge is closed,False,2024-03-05\nP,no day,x,yesterday\n"
)
SLOW = parser_jobs.read_feed(ENDLESS_FEED, None, URL)
SLOW_UPLOAD = parser_jobs.read_upload("a.html", ENDLESS_PAGE, Defaults())


def good(pool: ParserPool) -> bool:
    """Whether documents are read now."""
    return len(pool.read(parser_jobs.read_feed(GOOD_FEED, None, URL))) == 1


@pytest.fixture
def strict_pool() -> Iterator[ParserPool]:
    """Give a pool that allows little time of a processor."""
    with ParserPool(Limits(cpu_s=1)) as pool:
        yield pool


def left_unread(pool: ParserPool, call: Call[object] = SLOW) -> None:
    """Have what takes very long be read, until nothing is read any more."""
    with pytest.raises(ParserUnavailable):
        pool.read(call)


class TestAnswers:
    """They are those of the readers themselves."""

    def test_a_page_with_its_statements(self, parsers: ParserPool) -> None:
        found = parsers.read(
            parser_jobs.read_received(PAGE, Defaults(published_at=date(2024, 1, 2)))
        )
        (draft,) = found
        assert list(found) == list(read_received(PAGE, Defaults(published_at=date(2024, 1, 2))))
        assert isinstance(draft, ReportDraft)
        assert draft.extracted == extract(draft.body or "", draft.title, draft.language) != ()

    def test_a_heading(self, parsers: ParserPool) -> None:
        assert parsers.read(parser_jobs.read_heading(PAGE)) == read_heading(PAGE)

    def test_a_feed(self, parsers: ParserPool) -> None:
        found = parsers.read(parser_jobs.read_feed(GOOD_FEED, "utf-8", URL))
        assert found == parse_feed(GOOD_FEED, "utf-8", URL)
        assert found[0].published_at == date(2019, 2, 7)

    def test_rows_and_what_is_wrong_with_them(self, parsers: ParserPool) -> None:
        found = parsers.read(parser_jobs.read_upload("a.csv", TABLE, Defaults()))
        assert list(found) == list(read_upload("a.csv", TABLE, Defaults()))
        assert len(found) == 2

    def test_what_readers_say_of_what_they_cannot_read(self, parsers: ParserPool) -> None:
        with pytest.raises(UnusableFeed, match="is broken XML at line 1"):
            parsers.read(parser_jobs.read_feed(b"<rss>", None, URL))
        with pytest.raises(UnreadableFile, match=r"^'a\.csv' is empty"):
            parsers.read(parser_jobs.read_upload("a.csv", b"", Defaults()))
        with pytest.raises(UnreadablePicture, match="this picture cannot be read"):
            parsers.read(parser_jobs.read_picture(b"words"))

    def test_a_picture_that_is_too_large(self, parsers: ParserPool) -> None:
        packed = io.BytesIO()
        Image.new("L", (6_000, 6_000)).save(packed, "PNG")
        with pytest.raises(TooLargePicture, match="more than 25,000,000 pixels"):
            parsers.read(parser_jobs.read_picture(packed.getvalue()))

    def test_what_states_too_much_is_a_problem(self, parsers: ParserPool) -> None:
        lines = "\n".join(f"The road {n} was closed on Friday." for n in range(10_002))
        (problem,) = parsers.read(parser_jobs.read_upload("a.txt", lines.encode(), Defaults()))
        assert "more than 10,000 things" in str(problem)

    async def test_from_a_loop(self, parsers: ParserPool) -> None:
        found = await asyncio.gather(
            *(parsers.read_async(parser_jobs.read_feed(GOOD_FEED, None, URL)) for _ in range(12))
        )
        assert len(set(found)) == 1


class TestLimits:
    """What one document takes too much of is that document's trouble alone."""

    def test_forty_thousand_attributes_are_refused_before_they_are_parsed(
        self, strict_pool: ParserPool
    ) -> None:
        with pytest.raises(UnusableFeed, match="more than 100 attributes"):
            strict_pool.read(parser_jobs.read_feed(ATTRIBUTES, None, URL))

    @pytest.mark.parametrize(
        ("call", "error"),
        [
            (SLOW, UnusableFeed),
            (parser_jobs.read_received(Received(URL, "text/html", None, ENDLESS_PAGE), Defaults()),
             TooMuchToRead),
            (parser_jobs.read_upload("a.html", ENDLESS_PAGE, Defaults()), TooMuchToRead),
        ],
        ids=["feed", "page", "upload"],
    )  # fmt: skip
    def test_time_of_a_processor(
        self, strict_pool: ParserPool, call: Call[object], error: type[Exception]
    ) -> None:
        with pytest.raises(error, match=r"takes too long to read; \w+") as told:
            strict_pool.read(call)
        assert call.name in str(told.value)
        assert good(strict_pool)

    def test_time_on_the_clock(self) -> None:
        with ParserPool(Limits(wall_s=0.1)) as pool:
            with pytest.raises(UnusableFeed, match="takes too long to read"):
                pool.read(SLOW)
            assert not pool.idle

    def test_time_that_whoever_asks_has_left(self, parsers: ParserPool) -> None:
        assert good(parsers)
        with pytest.raises(UnusableFeed, match="takes too long to read"):
            parsers.read(SLOW, seconds=0.3)

    def test_memory(self) -> None:
        with ParserPool(Limits(memory=2**28)) as pool:
            with pytest.raises(TooMuchToRead, match="takes too much memory to read"):
                pool.read(parser_jobs.read_upload("a.json", GREEDY_ROWS, Defaults()))
            assert good(pool)

    def test_a_document_larger_than_any_that_is_taken(self, parsers: ParserPool) -> None:
        with pytest.raises(TooMuchToRead, match="is too large to read"):
            parsers.read(parser_jobs.read_upload("a.txt", bytes(2**26 + 1), Defaults()))

    def test_a_process_that_is_killed_from_outside(
        self, parsers: ParserPool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun = ProcessWatch(monkeypatch)
        failed: list[Exception] = []

        def work() -> None:
            try:
                parsers.read(SLOW)
            except UnusableFeed as error:
                failed.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        assert begun.event.wait(20)
        assert begun.worker is not None
        begun.worker._process.send_signal(signal.SIGKILL)
        thread.join()
        assert "cannot be parsed" in str(failed[0])
        assert good(parsers)

    def test_a_process_that_is_killed_while_it_waits_is_nobodys_trouble(self) -> None:
        with ParserPool() as pool:
            assert good(pool)
            (number,) = pool.idle
            gone = os.pidfd_open(number)
            os.kill(number, signal.SIGKILL)
            assert select.select([gone], [], [], 60)[0] == [gone]
            os.close(gone)
            assert good(pool)
            assert pool.idle != (number,)

    def test_what_the_system_holds_it_to(
        self, monkeypatch: pytest.MonkeyPatch, parsers: ParserPool
    ) -> None:
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "12:secret")
        monkeypatch.setenv("SECRET_KEY", "secret")
        with ParserPool() as pool:
            assert good(pool)
            folder = Path(f"/proc/{pool.idle[0]}")
            said = (folder / "limits").read_text()
            limits = {line[:26].strip(): line[26:].split()[:2] for line in said.splitlines()}
            assert limits["Max address space"] == [str(2**30)] * 2
            assert limits["Max file size"] == limits["Max core file size"] == ["0", "0"]
            assert limits["Max open files"] == ["64", "64"]
            assert int(limits["Max cpu time"][0]) <= 30
            environment = (folder / "environ").read_bytes()
            assert b"secret" not in environment
            assert {each.partition(b"=")[0] for each in environment.split(b"\0")} <= {
                b"", b"PATH", b"LD_LIBRARY_PATH", b"TESSDATA_PREFIX", b"TZ", b"PYTHONPATH",
                b"PYTHONUTF8", b"MALLOC_ARENA_MAX",
            }  # fmt: skip


def hijack(monkeypatch: pytest.MonkeyPatch, outcome: str, answer: str, mark: Path) -> None:
    """Have processes answer with what two expressions say; a ``Bomb`` that is run leaves a mark."""
    script = f"""
import json, os, pickle, socket, struct
class Bomb:
    def __reduce__(self):
        return os.mkdir, ({str(mark)!r},)
channel = socket.socket(fileno=0)
def send(piece):
    length = 2**60 if piece is None else len(piece)
    channel.sendall(struct.pack(">Q", length) + (piece or b""))
send(b"ready"), send(b""), send({outcome}), send({answer})
while channel.recv(2**16): pass
"""
    monkeypatch.setattr(parser_process, "_CALL", (sys.executable, "-c", script))


class TestWhatAHijackedProcessAnswers:
    """Nothing that it says is run or believed without a look."""

    @pytest.mark.parametrize(
        ("outcome", "answer"),
        [
            ("b'done'", "b'null'"),
            ("b'done'", "b'[[1, 2]]'"),
            ("b'done'", "pickle.dumps(Bomb())"),
            ("b'done'", "b'[' * 100_000"),
            ("b'refused'", "b'[' * 100_000"),
            ("b'refused'", "b'{}'"),
            ("b'refused'", "json.dumps(['SystemExit', 'x']).encode()"),
            ("pickle.dumps(Bomb())", "b''"),
            ("b'done'", "None"),
        ],
    )  # fmt: skip
    def test_it_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: str, answer: str
    ) -> None:
        hijack(monkeypatch, outcome, answer, tmp_path / "run")
        with ParserPool() as pool:
            with pytest.raises(UnusableFeed, match="cannot be parsed"):
                pool.read(parser_jobs.read_feed(GOOD_FEED, None, URL))
            assert not pool.idle
        assert not (tmp_path / "run").exists()

    def test_a_report_that_would_forge_lines_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forged = json.dumps([{"title": "t\n✅ forged", "body": "x"}])
        hijack(monkeypatch, "b'done'", repr(forged.encode()), tmp_path / "run")
        document = Received(URL, "text/plain", None, b"x")
        with (
            ParserPool() as pool,
            pytest.raises(UnreadableFile, match="cannot be parsed"),
        ):
            pool.read(parser_jobs.read_received(document, Defaults()))

    def test_one_that_does_not_start_is_no_fault_of_the_document(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(parser_process, "_CALL", (sys.executable, "-c", "raise SystemExit(1)"))
        with ParserPool() as pool, pytest.raises(ParserUnavailable):
            pool.read(parser_jobs.read_feed(GOOD_FEED, None, URL))
        monkeypatch.setattr(parser_process, "_CALL", ("/no/such/program",))
        with ParserPool() as pool, pytest.raises(ParserUnavailable):
            pool.read(parser_jobs.read_feed(GOOD_FEED, None, URL))


class TestEnds:
    """Whoever stops reading stops the process."""

    def test_closing_ends_what_is_being_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        begun = ProcessWatch(monkeypatch)
        with ParserPool() as pool:
            threads = [threading.Thread(target=left_unread, args=(pool,)) for _ in range(3)]
            for thread in threads:
                thread.start()
            assert begun.event.wait(20)
        for thread in threads:
            thread.join()
        assert begun.ended() == -signal.SIGKILL
        with pytest.raises(ParserUnavailable):
            pool.read(SLOW)

    async def test_cancelling_ends_what_is_being_read(
        self, parsers: ParserPool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun = ProcessWatch(monkeypatch)
        reading = asyncio.create_task(parsers.read_async(SLOW))
        assert await asyncio.to_thread(begun.event.wait, 20)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert await asyncio.to_thread(begun.ended) == -signal.SIGKILL
        assert await asyncio.to_thread(good, parsers)

    async def test_one_that_waits_for_its_turn_can_be_cancelled(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun = ProcessWatch(monkeypatch)
        with ParserPool() as pool:
            first = asyncio.create_task(pool.read_async(SLOW))
            assert await asyncio.to_thread(begun.event.wait, 20)
            second = asyncio.create_task(
                pool.read_async(parser_jobs.read_feed(GOOD_FEED, None, URL))
            )
            for task in (second, first):
                task.cancel()
            ended = await asyncio.gather(first, second, return_exceptions=True)
            assert all(isinstance(each, asyncio.CancelledError) for each in ended)

    def test_whoever_gets_no_turn_in_time_is_told_and_the_other_queues_are_read(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun = ProcessWatch(monkeypatch)
        with ParserPool() as pool, ThreadPoolExecutor(9) as threads:
            hanging = [threads.submit(left_unread, pool, SLOW_UPLOAD) for _ in range(8)]
            assert begun.event.wait(20)
            assert pool.read(parser_jobs.read_heading(PAGE), LINK_S) == read_heading(PAGE)
            assert good(pool)
            with pytest.raises(UnreadablePicture, match="this picture cannot be read"):
                pool.read(parser_jobs.read_picture(b"words"))
            with pytest.raises(ParserUnavailable, match="too many documents"):
                pool.read(parser_jobs.read_upload("a.csv", TABLE, Defaults()), seconds=0.1)
            pool.close()
            for each in hanging:
                each.result()

    def test_turns_are_given_in_the_order_of_asking(self, monkeypatch: pytest.MonkeyPatch) -> None:
        begun = ProcessWatch(monkeypatch)
        ask = Worker.ask
        asked: list[str] = []

        def noted(worker: Worker, job: str, arguments: bytes, data: bytes, seconds: float) -> bytes:
            asked.append(json.loads(arguments)[0])
            return ask(worker, job, arguments, data, seconds)

        monkeypatch.setattr(Worker, "ask", noted)
        with ParserPool() as pool, ThreadPoolExecutor(9) as threads:
            first = threads.submit(pool.read, SLOW_UPLOAD, 60)
            assert begun.event.wait(20)
            names = [f"{number}.csv" for number in range(6)]
            for place, name in enumerate(names):
                threads.submit(pool.read, parser_jobs.read_upload(name, TABLE, Defaults()))
                while len(pool._waiting[Queue.MODERATORS]) <= place:
                    os.sched_yield()
            assert begun.worker is not None
            begun.worker.kill()
            with pytest.raises(UnreadableFile):
                first.result()
        assert asked == ["a.html", *names]

    def test_a_killed_program_leaves_no_process(self, tmp_path: Path) -> None:
        program = """
import sys
from bot.parsing import parser_jobs
from bot.parsing.parser_pool import ParserPool
from tests.integration.hostile import ENDLESS_FEED, feed
pool = ParserPool()
pool.read(parser_jobs.read_feed(feed(""), None, "https://n.example/"))
print(pool.idle[0], flush=True)
pool.read(parser_jobs.read_feed(ENDLESS_FEED, None, "https://n.example/"))
"""
        started = subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        with started:
            assert started.stdout is not None
            gone = os.pidfd_open(int(started.stdout.readline()))
            started.kill()
        try:
            assert select.select([gone], [], [], 60)[0] == [gone]
        finally:
            os.close(gone)

    def test_a_process_gives_way_to_another_after_a_while(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.parsing.parser_pool.DOCUMENTS", 2)
        begun = ProcessWatch(monkeypatch)
        with ParserPool() as pool:
            workers = []
            for _ in range(4):
                assert good(pool)
                workers.append(begun.worker)
        assert workers[0] is workers[1] is not workers[2] is workers[3]


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_pictures_are_read_apart_with_what_reads_them(parsers: ParserPool) -> None:
    packed = io.BytesIO()
    Image.new("L", (400, 100), 255).save(packed, "PNG")
    assert parsers.read(parser_jobs.read_picture(packed.getvalue())) == ""
