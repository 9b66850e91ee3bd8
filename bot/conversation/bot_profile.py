"""Compose the bot's profile, shown before anybody writes to it: its purpose and commands."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.conversation.commands import Audience, Listed, list_offered
from bot.conversation.translations import Language, load_catalogue


@dataclass(frozen=True, slots=True)
class Profile:
    """The bot in one language.

    ``description`` is shown in a chat that is still empty (at most 512 characters on Telegram),
    ``short_description`` under the bot's name and where the bot is shared (at most 120).
    """

    description: str
    short_description: str
    commands: Mapping[Audience, Listed]


def make_profile(language: Language) -> Profile:
    """Return the bot's profile in ``language``."""
    say = load_catalogue(language).say
    description = (
        say(
            "Send me a piece of news, a link to it or a photo of it, or forward a message. I look"
            " for it in verified reports and show you what they say: the quote,"
            " who said it, where and when."
        ),
        say("I only quote my sources. When they say nothing about it, I tell you so."),
    )
    return Profile(
        "\n\n".join(description),
        say("Make sure before you act on it: I look news up in verified reports, with the source."),
        {audience: list_offered(audience, language) for audience in Audience},
    )
