"""A bot's profile as Telegram keeps it: descriptions and menus, each by language."""

import json
from collections.abc import Mapping
from typing import Any

from tests.e2e.bot_api_rules import (
    DESCRIPTION,
    SHORT_DESCRIPTION,
    Refused,
    check_about,
    check_commands,
    check_scope,
)

#: Whose menu a scope is; those of one chat name it.
_SCOPES = {
    "default", "all_private_chats", "all_group_chats", "all_chat_administrators",
    "chat", "chat_administrators", "chat_member",
}  # fmt: skip


class BotProfile:
    """What was set, and in which order. Not for several threads at once."""

    def __init__(self) -> None:
        #: By language code, "" for every other.
        self.descriptions: dict[str, str] = {}
        self.short_descriptions: dict[str, str] = {}
        self._menus: dict[tuple[str, str], list[dict[str, str]]] = {}

    def menu(self, scope: str, language: str = "") -> tuple[str, ...]:
        """Return the commands of a scope that is not one chat's."""
        listed = self._menus.get((json.dumps({"type": scope}), language), [])
        return tuple(each["command"] for each in listed)

    def set_commands(self, given: Mapping[str, str]) -> None:
        """Do ``setMyCommands``, or ``deleteMyCommands`` where none are given."""
        if "commands" in given:
            check_commands(given["commands"], given.get("language_code"))
            check_scope(given.get("scope"))
        self._menus[_whose(given)] = json.loads(given.get("commands", "[]"))

    def commands(self, given: Mapping[str, str]) -> list[dict[str, str]]:
        """Do ``getMyCommands``."""
        return self._menus.get(_whose(given), [])

    def describe(self, given: Mapping[str, str]) -> None:
        """Do ``setMyDescription``."""
        text, code = given.get("description", ""), given.get("language_code")
        check_about(text, DESCRIPTION, code)
        self.descriptions[code or ""] = text

    def describe_shortly(self, given: Mapping[str, str]) -> None:
        """Do ``setMyShortDescription``."""
        text, code = given.get("short_description", ""), given.get("language_code")
        check_about(text, SHORT_DESCRIPTION, code)
        self.short_descriptions[code or ""] = text

    def description(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Do ``getMyDescription``."""
        return {"description": self.descriptions.get(given.get("language_code", ""), "")}

    def short_description(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Do ``getMyShortDescription``."""
        text = self.short_descriptions.get(given.get("language_code", ""), "")
        return {"short_description": text}


def _whose(given: Mapping[str, str]) -> tuple[str, str]:
    scope = json.loads(given.get("scope", '{"type": "default"}'))
    if scope.get("type") not in _SCOPES:
        raise Refused("can't parse BotCommandScope")
    return json.dumps(scope), given.get("language_code", "")
