"""Start what tests of the Telegram channel begin with: a server, a talk that echoes, the bot."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.telegram.setup.application import TelegramConfig
from knowledge.storage.database import Sessions
from tests.e2e.bot_api_server import PATIENCE, TOKEN, BotApiServer
from tests.e2e.echo_bot import EchoTalk, Running, running, sessions_in


@pytest.fixture
def server() -> Iterator[BotApiServer]:
    with BotApiServer() as server:
        yield server


@pytest.fixture
def talk() -> EchoTalk:
    return EchoTalk()


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return sessions_in(tmp_path)


@pytest.fixture
def bot(server: BotApiServer, talk: EchoTalk, sessions: Sessions) -> Iterator[Running]:
    # Where a placeholder matters is its own test's to say: a slow machine shows them anywhere.
    config = TelegramConfig(TOKEN, server.url, placeholder_seconds=PATIENCE)
    with running(config, talk, sessions=sessions) as bot:
        yield bot
    assert server.problems == []
