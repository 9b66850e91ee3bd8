"""Neither token nor people's words are printed or kept, whoever repeats them."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import select

from knowledge.models import QueuedUpdate
from tests.e2e.bot_api_server import TOKEN, BotApiServer
from tests.e2e.echo_bot import sessions_in
from tests.e2e.repeating_proxy import repeating
from tests.integration.command_line import command_line

ROOT = Path(__file__).resolve().parents[2]
WORDS = "words that only this person wrote"
PAGE = "<html><title>Error</title><body>PATH: BODY</body></html>"
BROKEN = '{"ok": true, "result": [{"path": "PATH", "body": "BODY'
WRONG = '{"ok": true, "result": "PATH"}'
REFUSED = '{"ok": false, "description": "PATH was not found, nor BODY"}'


def assert_nothing_is_leaked(printed: str) -> None:
    secret = TOKEN.partition(":")[2]
    for leaked in (secret, quote(secret, safe=""), WORDS, quote(WORDS), WORDS.replace(" ", "+")):
        assert leaked not in printed


@pytest.mark.parametrize(
    ("status", "page"),
    [
        (200, PAGE),
        (200, BROKEN),
        (200, WRONG),
        (404, PAGE),
        (404, REFUSED),
        (500, PAGE),
        (500, REFUSED),
    ],
)
def test_at_the_start(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    status: int,
    page: str,
) -> None:
    with repeating("", {"*": (status, page)}) as proxy:
        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", TOKEN)
        monkeypatch.setenv("TELEGRAM_API_URL", proxy.url)
        monkeypatch.setenv("LOG_LEVEL", "DEBUG")
        done = command_line(monkeypatch, capsys)("run")
        proxy.wait_for("getMe", 1)
    assert done.code == 1, done.err
    assert_nothing_is_leaked(done.out + done.err)
    assert done.err


@pytest.mark.parametrize(
    ("status", "page"), [(200, PAGE), (200, BROKEN), (400, PAGE), (400, REFUSED), (500, PAGE)]
)
def test_while_it_runs(server: BotApiServer, tmp_path: Path, status: int, page: str) -> None:
    with repeating(server.url, {}) as proxy:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.echo_bot", proxy.url, str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        try:
            server.send_text(501, "before")
            server.wait_for_message(501)
            proxy.broken["sendMessage"] = (status, page)
            server.send_text(502, WORDS)
            proxy.wait_for("sendMessage", 1)
            proxy.broken["getUpdates"] = (status, page.replace("BODY", WORDS))
            # One that is held open meanwhile is let go by what comes.
            server.send_text(503, WORDS)
            proxy.wait_for("getUpdates", 2)
        finally:
            process.terminate()
            printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0, printed
    assert "update_answered" in printed
    assert_nothing_is_leaked(printed)
    with sessions_in(tmp_path)() as session:
        kept = [str(each.error) for each in session.scalars(select(QueuedUpdate))]
    assert_nothing_is_leaked(" ".join(kept))
