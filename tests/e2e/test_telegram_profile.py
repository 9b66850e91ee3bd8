"""The bot's profile on Telegram: set where it differs, and no oftener."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.conversation.bot_profile import make_profile
from bot.conversation.commands import Audience
from bot.conversation.translations import DEFAULT, Language
from bot.telegram.setup.application import TelegramConfig, connect
from bot.telegram.setup.profile import Profiles, publish
from tests.e2e.bot_api_server import TOKEN, BotApiServer

PROFILES = {"": make_profile(DEFAULT), **{each.value: make_profile(each) for each in Language}}


@pytest.fixture
def server() -> Iterator[BotApiServer]:
    with BotApiServer() as server:
        yield server


async def published(server: BotApiServer, profiles: Profiles) -> list[str]:
    """Publish as a start does; returns the changes that were asked for."""
    before = len(server.calls)
    async with connect(TelegramConfig(TOKEN, server.url)) as bot:
        await publish(bot, profiles)
    return [call.method for call in server.calls[before:] if call.method.startswith("set")]


async def test_each_language_and_each_place_has_its_own(server: BotApiServer) -> None:
    await published(server, PROFILES)
    shown = server.profile
    assert set(shown.descriptions) == set(shown.short_descriptions) == {"", "ar", "en", "fr"}
    assert shown.descriptions["ar"] == shown.descriptions[""] != shown.descriptions["en"]
    for language in PROFILES:
        assert "forgetme" in shown.menu(Audience.EVERYBODY, language)
        assert shown.menu(Audience.GROUPS, language)[0] == "check"
        assert "forgetme" not in shown.menu(Audience.GROUP_ADMINS, language)
    assert server.problems == []


async def test_a_start_changes_what_differs_and_nothing_else(server: BotApiServer) -> None:
    assert len(await published(server, PROFILES)) == len(PROFILES) * (2 + len(Audience))
    assert await published(server, PROFILES) == []
    changed = {**PROFILES, "en": replace(PROFILES["en"], description="Another.")}
    assert await published(server, changed) == ["setMyDescription"]
    assert server.profile.descriptions["en"] == "Another."


async def test_what_telegram_does_not_take_is_a_line_each_and_stops_nothing(
    server: BotApiServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.fail_next("setMyDescription", 429, "Too Many Requests: retry after 3600", 3600)
    server.fail_next("getMyCommands", 500, "Internal Server Error")
    with caplog.at_level(logging.WARNING, "bot"):
        await published(server, {"en": PROFILES["en"]})
    lines = [(vars(each)["part"], vars(each)["error"]) for each in caplog.records]
    assert lines == [("description en", "RetryAfter"), ("commands default en", "NetworkError")]
    assert server.profile.short_descriptions["en"]
    assert server.profile.menu(Audience.GROUPS, "en")
    assert await published(server, {"en": PROFILES["en"]}) == ["setMyDescription", "setMyCommands"]
