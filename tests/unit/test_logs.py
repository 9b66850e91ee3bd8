"""Logs are one JSON object a line on standard error, without libraries' noise."""

import asyncio
import io
import json
import logging
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.errors import SettingsError
from bot.observability import logs
from bot.observability.logs import Threads, configure, name_process, name_requests
from bot.observability.redaction import HIDDEN, hide, summarise_error, withhold_words

ROOT = Path(__file__).resolve().parents[2]


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    printed = capsys.readouterr()
    assert printed.out == ""
    return [json.loads(line) for line in printed.err.splitlines()]


def test_an_event_is_one_line_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO")
    logging.getLogger("bot.somewhere").info("claim_answered", extra={"talk_ms": 12, "kind": "نص"})
    (event,) = events(capsys)
    assert next(iter(event)) == "event"
    assert event.pop("at")
    assert event == {
        "level": "INFO",
        "name": "bot.somewhere",
        "event": "claim_answered",
        "talk_ms": 12,
        "kind": "نص",
    }


def test_a_line_names_which_of_several_processes_logged_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_worker", None)
    configure("INFO")
    logging.getLogger("bot").info("alone")
    name_process(0)
    logging.getLogger("bot").info("one_of_several")
    logging.getLogger("library").warning("theirs")
    alone, own, theirs = events(capsys)
    assert "worker" not in alone
    assert (own["worker"], theirs["worker"]) == (0, 0)


def test_several_lines_and_a_traceback_stay_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO")
    try:
        raise SettingsError("first\nsecond")
    except SettingsError:
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
        with name_requests("update 7"):
            log.info("within")
        log.info("after")
        assert self.named(capsys) == {"before": None, "within": "update 7", "after": None}

    def test_one_within_another_is_its_own(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure("INFO")
        log = logging.getLogger("bot")
        with name_requests("job feeds"):
            with name_requests("update 7"):
                log.info("inner")
            log.info("outer")
        assert self.named(capsys) == {"inner": "update 7", "outer": "job feeds"}

    async def test_tasks_do_not_mix_them_up(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure("INFO")
        log, together = logging.getLogger("bot"), asyncio.Barrier(3)

        async def answer(number: int) -> None:
            await together.wait()
            log.info("line %d", number)

        tasks = []
        for number in range(3):
            with name_requests(f"update {number}"):
                tasks.append(asyncio.create_task(answer(number)))
        await asyncio.gather(*tasks)
        assert self.named(capsys) == {f"line {n}": f"update {n}" for n in range(3)}

    async def test_threads_work_for_who_asked(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure("INFO")
        log, loop = logging.getLogger("knowledge"), asyncio.get_running_loop()
        with Threads(1) as threads:
            with name_requests("update 1"):
                await loop.run_in_executor(threads, log.info, "first")
            with name_requests("update 2"):
                await loop.run_in_executor(threads, log.info, "second")
            threads.submit(log.info, "nobody's").result()
        named = self.named(capsys)
        assert named == {"first": "update 1", "second": "update 2", "nobody's": None}


TOKEN = "123456:AAH-loopback_token/+with every sign"
PASSWORD = "p\"a\\ss'w ör&d-of-the-database"
WORDS = "the words that a person wrote to the bot"


@pytest.fixture
def secrets() -> None:
    hide(TOKEN, PASSWORD)


def everything(capsys: pytest.CaptureFixture[str]) -> str:
    printed = capsys.readouterr()
    return printed.out + printed.err


@pytest.mark.usefixtures("secrets")
class TestSecrets:
    """No secret is in any line, whoever logs it and however it is written."""

    @pytest.mark.parametrize("name", ["bot.somewhere", "some.library", "httpx"])
    @pytest.mark.parametrize(
        "log",
        [
            lambda log: log.error(f"POST /bot{TOKEN}/getMe"),
            lambda log: log.error("POST %s", f"/bot{TOKEN}/getMe"),
            lambda log: log.error("POST %(path)r", {"path": TOKEN.encode()}),
            lambda log: log.error(ValueError(TOKEN)),
            lambda log: log.error("failed: %s", ValueError(TOKEN)),
            lambda log: log.error({"path": TOKEN}),
            lambda log: log.error("failed", extra={"path": [TOKEN, {TOKEN: {"deep": [TOKEN]}}]}),
            lambda log: log.error("failed", extra={TOKEN: 1, "error": SettingsError(TOKEN)}),
            lambda log: log.error("failed", exc_info=SettingsError(TOKEN)),
            lambda log: log.error("failed", exc_info=SettingsError(PASSWORD)),
            lambda log: log.error("%d is no number", TOKEN),
            lambda log: log.error("failed", stack_info=True, extra={"path": Path(TOKEN)}),
        ],
    )
    def test_wherever_it_is_put(
        self, capsys: pytest.CaptureFixture[str], name: str, log: Callable[[logging.Logger], None]
    ) -> None:
        configure("DEBUG")
        log(logging.getLogger(name))
        (event,) = events(capsys)
        line = json.dumps(event)
        assert event["level"] == "ERROR"
        for secret in (TOKEN, PASSWORD):
            assert secret not in line
            assert json.dumps(secret)[1:-1] not in line
        assert "AAH-loopback" not in line

    def test_handlers_of_others_are_given_none_either(self) -> None:
        configure("INFO")
        stream = io.StringIO()
        log = logging.getLogger("library.with.its.own.handler")
        log.addHandler(logging.StreamHandler(stream))
        log.propagate = False
        try:
            raise SettingsError(TOKEN)
        except SettingsError:
            log.exception("failed: %s", TOKEN)
        assert "SettingsError" in stream.getvalue()
        assert "AAH" not in stream.getvalue()

    def test_nor_is_one_in_a_record_that_was_made_elsewhere(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure("INFO")
        error = (SettingsError, SettingsError(TOKEN), None)
        record = logging.LogRecord("library", 40, "a.py", 1, TOKEN, None, error, sinfo=TOKEN)
        record.path = TOKEN
        logging.getLogger("library").handle(record)
        assert "AAH" not in everything(capsys)

    def test_a_chain_of_errors_says_where_each_came_from(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure("INFO")
        try:
            try:
                raise KeyError(TOKEN)
            except KeyError as error:
                raise ExceptionGroup(TOKEN, [OSError(28, TOKEN), SettingsError(TOKEN)]) from error
        except ExceptionGroup:
            logging.getLogger("bot").exception("failed")
        (event,) = events(capsys)
        told = str(event["exc_info"])
        assert "AAH" not in told
        assert [line for line in told.splitlines() if line[:1].isalpha()] == [
            "Traceback (most recent call last):",
            "KeyError",
            "The above exception was the direct cause of the following exception:",
            "Traceback (most recent call last):",
            "ExceptionGroup",
            "Traceback (most recent call last):",
            "OSError (No space left on device)",
            "Traceback (most recent call last):",
            f"bot.errors.SettingsError: {HIDDEN}",
        ]
        assert told.count(f'File "{__file__}"') == 2


class TestWords:
    """No word of a person is in a line at INFO or above, whoever logs it."""

    @pytest.mark.parametrize(
        "log",
        [
            lambda log: log.error('cannot read "%s"', WORDS),
            lambda log: log.error(f"cannot read {WORDS}"),
            lambda log: log.error("cannot read %(text)s", {"text": WORDS}),
            lambda log: log.error("cannot read %s", ValueError(WORDS)),
            lambda log: log.error(ValueError(WORDS)),
            lambda log: log.error("cannot read", exc_info=ValueError(WORDS)),
            lambda log: log.error("cannot read", extra={"text": WORDS, "all": [WORDS]}),
        ],
    )
    def test_of_a_library_the_text_of_its_code_is_kept_and_numbers(
        self, capsys: pytest.CaptureFixture[str], log: Callable[[logging.Logger], None]
    ) -> None:
        configure("INFO")
        log(logging.getLogger("some.library"))
        assert WORDS not in everything(capsys)

    def test_numbers_of_a_library_stay(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure("INFO")
        logging.getLogger("some.library").warning("%s: try %d of %d", WORDS, 2, 3)
        (event,) = events(capsys)
        assert event["event"] == "…: try 2 of 3"

    def test_what_a_library_put_together_says_its_place(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        configure("INFO")
        logging.getLogger("some.library").warning(f"cannot read {WORDS}")
        (event,) = events(capsys)
        assert str(event["event"]).startswith("… at test_logs.py:")

    @pytest.mark.parametrize(
        "log",
        [
            lambda log: log.warning("cannot read %s", WORDS),
            lambda log: log.warning(f"cannot read {WORDS!r}"),
            lambda log: log.warning("cannot read", extra={"text": WORDS}),
            lambda log: log.warning("cannot read", exc_info=SettingsError(f"no {WORDS} here")),
            lambda log: log.warning("cannot read", exc_info=ValueError(WORDS)),
        ],
    )
    async def test_what_is_in_hand_is_left_out_of_our_own_lines(
        self, capsys: pytest.CaptureFixture[str], log: Callable[[logging.Logger], None]
    ) -> None:
        configure("INFO")
        ours, loop = logging.getLogger("bot.somewhere"), asyncio.get_running_loop()
        update = {"update_id": 7, "message": {"text": f"Listen!\n{WORDS}. Is it so?"}}
        with withhold_words(update), Threads(1) as threads:
            await loop.run_in_executor(threads, log, ours)
        printed = everything(capsys)
        assert "cannot read" in printed
        assert WORDS not in printed

    def test_nobody_hides_what_the_program_says(self, capsys: pytest.CaptureFixture[str]) -> None:
        configure("INFO")
        with withhold_words({"text": "update_answered", "more": ["claim", "bot", "7"]}):
            logging.getLogger("bot").info("update_answered", extra={"kind": "claim", "n": 7})
        (event,) = events(capsys)
        assert (event["event"], event["kind"], event["n"]) == ("update_answered", "claim", 7)

    def test_of_a_database_the_statement_is_kept_and_the_code(self) -> None:
        driver = sqlite3.connect(":memory:")
        with pytest.raises(sqlite3.OperationalError) as broken:
            driver.execute(f"SELECT '{WORDS}")
        error = OperationalError("SELECT ?", (WORDS,), broken.value)
        driver.close()
        assert summarise_error(error) == "OperationalError (SQLITE_ERROR)"


class TestUncaught:
    """What nobody catches is a line of the log as well."""

    def logged(self, code: str) -> list[dict[str, object]]:
        begin = (
            "import asyncio, sys, threading, warnings, gc\n"
            "from bot.observability.logs import configure\n"
            "from bot.observability.redaction import hide\n"
            f"hide({TOKEN!r}); configure('INFO')\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", begin + textwrap.dedent(code)],
            cwd=ROOT,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.stdout == ""
        assert "AAH" not in done.stderr
        assert WORDS not in done.stderr
        return [json.loads(line) for line in done.stderr.splitlines()]

    def test_in_the_main_thread(self) -> None:
        (event,) = self.logged(f"raise ValueError({TOKEN + WORDS!r})")
        assert (event["event"], event["level"]) == ("uncaught", "CRITICAL")
        assert "ValueError" in str(event["exc_info"])

    def test_in_another_thread(self) -> None:
        (event,) = self.logged(
            f"""
            def work(): raise ValueError({TOKEN + WORDS!r})
            thread = threading.Thread(target=work, name="work"); thread.start(); thread.join()
            """
        )
        assert (event["event"], event["in_thread"]) == ("uncaught", "work")

    def test_in_a_task_nobody_waits_for(self) -> None:
        (event,) = self.logged(
            f"""
            async def work(): raise ValueError({TOKEN + WORDS!r})
            async def main():
                task = asyncio.create_task(work()); await asyncio.wait((task,))
                del task; gc.collect()
            asyncio.run(main())
            """
        )
        assert event["name"] == "asyncio"
        assert "ValueError" in str(event["exc_info"])

    def test_where_nothing_can_be_raised(self) -> None:
        (event,) = self.logged(
            f"""
            class Gone:
                def __del__(self): raise ValueError({TOKEN + WORDS!r})
            Gone()
            """
        )
        assert event["event"] == "unraisable"

    def test_a_warning_says_its_kind_and_place(self) -> None:
        (event,) = self.logged(f"warnings.warn({TOKEN + WORDS!r}, UserWarning)")
        assert (event["event"], event["kind"]) == ("python_warning", "UserWarning")


def test_a_line_that_cannot_be_written_would_fail_its_test(failed_lines: list[str]) -> None:
    log, stream = logging.getLogger("bot.closed"), io.StringIO()
    log.addHandler(logging.StreamHandler(stream))
    stream.close()
    log.warning("lost")
    log.handlers.clear()
    assert len(failed_lines) == 1
    assert "bot.closed: lost" in failed_lines.pop()


def test_a_line_goes_to_what_standard_error_is_then(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", before)
    configure("INFO")
    before.close()
    monkeypatch.setattr(sys, "stderr", after)
    logging.getLogger("bot").info("still_here")
    assert json.loads(after.getvalue())["event"] == "still_here"
