"""Every command of the bot is answered, offered in Telegram's menu and documented."""

import json
import re
from pathlib import Path

import pytest

from bot.conversation.catalogue import Language
from bot.conversation.commands import Audience, described, menu, offered
from bot.telegram.handlers import GROUP_COMMANDS, PUBLIC_COMMANDS
from knowledge.models import Role
from tests.e2e.bot_api_rules import check_commands

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
#: What the tables of the README document: commands at the beginning of a row, in backquotes.
DOCUMENTED = {
    name
    for row in re.findall(r"^\| (`/.*?) \|", README, re.MULTILINE)
    for name in re.findall(r"`/([a-z]+)", row)
}


#: What only those with a role may give.
MODERATORS = {"queue", "add", "retract", "stats", "console", "grant", "revoke"}


def names(listed: tuple[tuple[str, str], ...]) -> list[str]:
    return [name for name, _ in listed]


@pytest.mark.parametrize("language", list(Language))
def test_the_menu_offers_what_is_answered_to_everybody(language: Language) -> None:
    assert set(names(described(language))) == PUBLIC_COMMANDS
    assert len(names(described(language))) == len(PUBLIC_COMMANDS)


@pytest.mark.parametrize("language", list(Language))
def test_a_groups_menu_offers_its_admins_more_and_nobody_what_is_personal(
    language: Language,
) -> None:
    members = set(names(offered(Audience.GROUPS, language)))
    assert members < PUBLIC_COMMANDS
    assert members.isdisjoint({"notify", "mydata", "forgetme", "start"})
    assert set(names(offered(Audience.GROUP_ADMINS, language))) == members | GROUP_COMMANDS
    assert offered(Audience.EVERYBODY, language) == described(language)


@pytest.mark.parametrize("language", list(Language))
def test_an_admins_menu_offers_everything(language: Language) -> None:
    assert set(names(menu(Role.ADMIN, language))) == PUBLIC_COMMANDS | MODERATORS


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("role", list(Role))
def test_telegram_accepts_the_menus(role: Role, language: Language) -> None:
    audiences = (offered(audience, language) for audience in Audience)
    for listed in (*audiences, menu(role, language)):
        rows = [{"command": name, "description": what} for name, what in listed]
        check_commands(json.dumps(rows), language.value)
        # Descriptions of one language are not another's.
        assert len({what for _, what in listed}) == len(listed)


def test_the_readme_documents_every_command_and_no_other() -> None:
    assert DOCUMENTED == PUBLIC_COMMANDS | GROUP_COMMANDS | MODERATORS
