"""Publish the bot's profile on Telegram: descriptions and command menus in each language."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeAlias, TypeVar

from telegram import Bot, BotCommand, BotCommandScope, BotDescription, BotShortDescription
from telegram.error import TelegramError

from bot.conversation.bot_profile import Profile

logger = logging.getLogger(__name__)

#: Profiles by language code ("" for every other language).
Profiles: TypeAlias = Mapping[str, Profile]

_T = TypeVar("_T")


async def publish(bot: Bot, profiles: Profiles) -> None:
    """Set the bot's profiles on Telegram; the bot works without them too.

    Unchanged parts are not set again, because Telegram allows few such changes an hour. A failure
    is one log line, and the next start tries again.
    """
    for code, profile in profiles.items():
        language = code or None
        await _show(
            f"description {code}".strip(),
            BotDescription(profile.description),
            partial(bot.get_my_description, language),
            partial(bot.set_my_description, profile.description, language),
        )
        await _show(
            f"short description {code}".strip(),
            BotShortDescription(profile.short_description),
            partial(bot.get_my_short_description, language),
            partial(bot.set_my_short_description, profile.short_description, language),
        )
        for audience, listed in profile.commands.items():
            scope = BotCommandScope(audience.value)
            menu = tuple(BotCommand(command, what) for command, what in listed)
            await _show(
                f"commands {audience.value} {code}".strip(),
                menu,
                partial(bot.get_my_commands, scope, language),
                partial(bot.set_my_commands, menu, scope, language),
            )


async def _show(
    part: str,
    wanted: _T,
    shown: Callable[[], Awaitable[_T]],
    change: Callable[[], Awaitable[bool]],
) -> None:
    try:
        if await shown() != wanted:
            await change()
    except TelegramError as error:
        extra = {"part": part, "error": type(error).__name__}
        logger.warning("profile_not_shown", extra=extra)
