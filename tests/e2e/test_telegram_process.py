"""The Telegram channel as it is run: behind a webhook, as a process with signals and crashes."""

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tornado.httpclient import AsyncHTTPClient

from bot.telegram.errors import WebhookUnavailable
from bot.telegram.setup.application import TelegramConfig
from tests.e2e.bot_api_server import TOKEN, BotApiServer, is_placeholder
from tests.e2e.echo_bot import HELD, EchoTalk, Running, running

PERSON, OTHER = 501, 502


class TestWebhook:
    """The same answers through Telegram's own requests."""

    @pytest.fixture
    def config(self, server: BotApiServer) -> TelegramConfig:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        url = f"http://127.0.0.1:{port}/hook-1.a"
        return TelegramConfig(TOKEN, server.url, url, "the-secret", listen_port=port)

    def test_updates_come_in_by_the_webhook_and_are_answered(
        self, server: BotApiServer, talk: EchoTalk, config: TelegramConfig
    ) -> None:
        with running(config, talk):
            update = server.send_text(PERSON, "claim")
            assert f"claim {PERSON}" in server.wait_for_message(PERSON).text
            server.wait_until_acknowledged(update)
            assert server.webhook() == (config.webhook_url, "the-secret")
        assert server.problems == []

    @pytest.mark.parametrize(
        ("secret", "body", "status"),
        [
            ("", '{"update_id": 1}', 403),
            ("wrong", '{"update_id": 1}', 403),
            ("the-secret", "not json", 400),
            ("the-secret", "[]", 400),
            ("the-secret", '{"update_id": 1}', 200),
        ],
    )
    async def test_only_updates_that_know_the_secret_come_in(
        self,
        server: BotApiServer,
        talk: EchoTalk,
        config: TelegramConfig,
        secret: str,
        body: str,
        status: int,
    ) -> None:
        with running(config, talk):
            await asyncio.to_thread(server.webhook)
            response = await AsyncHTTPClient().fetch(
                str(config.webhook_url),
                method="POST",
                body=body,
                headers={"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {},
                raise_error=False,
            )
        assert response.code == status

    def test_an_address_telegram_refuses_is_named(
        self, server: BotApiServer, talk: EchoTalk, config: TelegramConfig
    ) -> None:
        refused = "http://example.org/hook"
        bot = Running(
            TelegramConfig(TOKEN, server.url, refused, listen_port=config.listen_port), talk
        )
        bot.start()
        with pytest.raises(WebhookUnavailable, match=r"(?i)https url"):
            bot.join()

    def test_a_port_in_use_is_named(
        self, server: BotApiServer, talk: EchoTalk, config: TelegramConfig
    ) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", config.listen_port))
            taken.listen()
            bot = Running(config, talk)
            bot.start()
            with pytest.raises(WebhookUnavailable, match=str(config.listen_port)):
                bot.join()


class TestProcess:
    """The bot as a process: signals, crashes, what it prints."""

    def test_sigterm_finishes_what_is_being_answered_and_nothing_is_answered_again(
        self, server: BotApiServer, tmp_path: Path
    ) -> None:
        process = _start(server, tmp_path)
        try:
            update = server.send_text(PERSON, "claim")
            server.wait_for_message(PERSON)
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=30)
        finally:
            process.kill()
        assert process.returncode == 0
        assert server.is_acknowledged(update)
        assert server.problems == []
        assert TOKEN not in output
        assert "api.telegram" not in output
        assert "update_answered" in output

    def test_a_crash_before_the_answer_loses_nothing_and_keeps_the_placeholder(
        self, server: BotApiServer, tmp_path: Path
    ) -> None:
        crashing = _start(server, tmp_path, "--hold")
        try:
            update = server.send_text(PERSON, HELD)
            server.wait_until_acknowledged(update)
            server.wait_for_call("sendMessage")
            # Noted by the time that a later answer goes out.
            server.send_text(OTHER, "claim")
            server.wait_for_message(OTHER)
        finally:
            crashing.kill()
            crashing.communicate()
        restarted = _start(server, tmp_path)
        try:
            answer = server.wait_for_message(PERSON)
        finally:
            restarted.terminate()
            restarted.communicate(timeout=30)
        assert HELD in answer.text
        (placeholder,) = filter(is_placeholder, server.sent)
        assert (answer.message_id, answer.edited) == (placeholder.message_id, True)
        assert [each.chat_id for each in server.sent].count(PERSON) == 2


def _start(server: BotApiServer, folder: Path, *options: str) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.echo_bot", server.url, str(folder), *options],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
