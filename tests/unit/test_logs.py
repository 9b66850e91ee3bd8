"""What the program logs: one JSON object a line on standard error, without libraries' noise."""

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest

from bot.logs import Threads, configure, request


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave logging as it was: it belongs to the whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in list(root.manager.loggerDict)}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in list(root.manager.loggerDict):
        logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    printed = capsys.readouterr()
    assert printed.out == ""
    return [json.loads(line) for line in printed.err.splitlines()]


def test_an_event_is_one_line_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO")
    logging.getLogger("bot.somewhere").info("claim_answered", extra={"talk_ms": 12, "kind": "نص"})
    (event,) = events(capsys)
    assert event.pop("at")
    assert event == {
        "level": "INFO",
        "name": "bot.somewhere",
        "event": "claim_answered",
        "talk_ms": 12,
        "kind": "نص",
    }


def test_several_lines_and_a_traceback_stay_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO")
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logging.getLogger("bot").exception("it\nbroke")
    (event,) = events(capsys)
    assert event["event"] == "it\nbroke"
    assert "first\nsecond" in str(event["exc_info"])


@pytest.mark.parametrize(
    "name",
    ["httpx", "httpcore.connection", "uvicorn.error", "faiss.loader", "telegram.ext.ExtBot"],
)
@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_libraries_whose_lines_hold_the_token_or_noise_are_quiet(
    capsys: pytest.CaptureFixture[str], name: str, level: str
) -> None:
    configure(level)
    logging.getLogger(name).info("POST https://api.telegram.org/bot123:token/getMe")
    assert events(capsys) == []
    logging.getLogger(name).warning("this matters")
    assert [event["event"] for event in events(capsys)] == ["this matters"]


def test_less_than_the_level_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configure("ERROR")
    for name in ("bot", "httpx"):
        logging.getLogger(name).warning("not this")
        logging.getLogger(name).error("this")
    assert [event["event"] for event in events(capsys)] == ["this", "this"]


def test_configured_twice_it_still_says_everything_once(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO")
    configure("INFO")
    logging.getLogger("bot").info("once")
    assert len(events(capsys)) == 1


class TestRequests:
    """Whose turn it was is in every line, in whatever task and thread."""

    def named(self, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
        return {str(event["event"]): event.get("request") for event in events(capsys)}

    def test_a_line_names_the_request_it_is_of(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure("INFO")
        log = logging.getLogger("knowledge.somewhere")
        log.info("before")
        with request("update 7"):
            log.info("within")
        log.info("after")
        assert self.named(capsys) == {"before": None, "within": "update 7", "after": None}

    def test_one_within_another_is_its_own(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure("INFO")
        log = logging.getLogger("bot")
        with request("errand feeds"):
            with request("update 7"):
                log.info("inner")
            log.info("outer")
        assert self.named(capsys) == {"inner": "update 7", "outer": "errand feeds"}

    async def test_tasks_do_not_mix_them_up(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure("INFO")
        log, together = logging.getLogger("bot"), asyncio.Barrier(3)

        async def answer(number: int) -> None:
            await together.wait()
            log.info("line %d", number)

        tasks = []
        for number in range(3):
            with request(f"update {number}"):
                tasks.append(asyncio.create_task(answer(number)))
        await asyncio.gather(*tasks)
        assert self.named(capsys) == {f"line {n}": f"update {n}" for n in range(3)}

    async def test_threads_work_for_who_asked(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure("INFO")
        log, loop = logging.getLogger("knowledge"), asyncio.get_running_loop()
        with Threads(1) as threads:
            with request("update 1"):
                await loop.run_in_executor(threads, log.info, "first")
            with request("update 2"):
                await loop.run_in_executor(threads, log.info, "second")
            threads.submit(log.info, "nobody's").result()
        named = self.named(capsys)
        assert named == {"first": "update 1", "second": "update 2", "nobody's": None}
