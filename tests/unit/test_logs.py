"""What the program logs: one JSON object a line on standard error, without libraries' noise."""

import json
import logging
from collections.abc import Iterator

import pytest

from bot.logs import configure


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


@pytest.mark.parametrize("name", ["httpx", "httpcore.connection", "tornado.access", "faiss.loader"])
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
