"""Every command of the bot is answered, offered in Telegram's menu and documented."""

import json
import re
from itertools import chain
from pathlib import Path
from typing import cast

import pytest
from telegram.ext import CommandHandler

from bot.conversation.commands import Audience, describe_commands, list_offered, menu
from bot.conversation.interface import Talk
from bot.conversation.translations import Language
from bot.telegram.setup.application import TelegramConfig, build
from knowledge.domain import Role
from tests.e2e.bot_api_rules import check_commands

ROOT = Path(__file__).resolve().parents[2]


def documented(page: str) -> set[str]:
    """Return what the tables of a page document: commands at a row's beginning, in backquotes."""
    rows = re.findall(r"^\| (`/.*?) \|", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`/([a-z]+)", row)}


def find_handled_commands() -> set[str]:
    """Return the commands that have a handler of their own."""
    application = build(TelegramConfig("1:" + "a" * 35), cast(Talk, None))
    handlers = chain.from_iterable(application.handlers.values())
    application.bot_data.close()
    return {name for each in handlers if isinstance(each, CommandHandler) for name in each.commands}


#: Commands that need a role.
MODERATORS = {"queue", "pending", "add", "retract", "stats", "console", "grant", "revoke"}


def names(listed: tuple[tuple[str, str], ...]) -> list[str]:
    return [name for name, _ in listed]


@pytest.mark.parametrize("language", list(Language))
def test_the_menus_offer_exactly_the_commands_that_are_handled(language: Language) -> None:
    public = names(describe_commands(language))
    assert len(public) == len(set(public))
    group = set(names(list_offered(Audience.GROUP_ADMINS, language)))
    assert find_handled_commands() == group | set(public)
    assert group - set(public) == {"settings", "watch"}


@pytest.mark.parametrize("language", list(Language))
def test_a_groups_menu_offers_its_admins_more_and_nobody_what_is_personal(
    language: Language,
) -> None:
    members = set(names(list_offered(Audience.GROUPS, language)))
    public = set(names(describe_commands(language)))
    assert members < public
    assert members.isdisjoint({"notify", "mydata", "forgetme", "start"})
    admins = set(names(list_offered(Audience.GROUP_ADMINS, language)))
    assert admins == members | {"settings", "watch"}
    assert list_offered(Audience.EVERYBODY, language) == describe_commands(language)


@pytest.mark.parametrize("language", list(Language))
def test_an_admins_menu_offers_everything(language: Language) -> None:
    assert (
        set(names(menu(Role.ADMIN, language)))
        == set(names(describe_commands(language))) | MODERATORS
    )


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("role", list(Role))
def test_telegram_accepts_the_menus(role: Role, language: Language) -> None:
    audiences = (list_offered(audience, language) for audience in Audience)
    for listed in (*audiences, menu(role, language)):
        rows = [{"command": name, "description": what} for name, what in listed]
        check_commands(json.dumps(rows), language.value)
        # Descriptions of one language are not another's.
        assert len({what for _, what in listed}) == len(listed)


@pytest.mark.parametrize("audience", list(Audience))
@pytest.mark.parametrize("language", list(Language))
def test_telegram_accepts_what_each_place_offers(audience: Audience, language: Language) -> None:
    listed = list_offered(audience, language)
    rows = [{"command": name, "description": what} for name, what in listed]
    check_commands(json.dumps(rows), language.value)
    assert len(set(names(listed))) == len(listed)


def test_a_group_is_offered_nothing_that_is_done_in_private() -> None:
    private = {"notify", "mydata", "forgetme", *MODERATORS}
    for audience in (Audience.GROUPS, Audience.GROUP_ADMINS):
        assert not set(names(list_offered(audience, Language.ENGLISH))) & private
    members, admins = (
        set(names(list_offered(each, Language.ENGLISH)))
        for each in (Audience.GROUPS, Audience.GROUP_ADMINS)
    )
    assert members <= admins


@pytest.mark.parametrize("page", ["README.md", "docs/using.md"])
def test_every_command_is_documented_and_no_other(page: str) -> None:
    everywhere = {name for each in Audience for name in names(list_offered(each, Language.ENGLISH))}
    assert documented(page) == everywhere | set(names(menu(Role.ADMIN, Language.ENGLISH)))
