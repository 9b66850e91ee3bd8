"""List the bot's commands, with their descriptions in Telegram's menu."""

from enum import StrEnum
from typing import Final, TypeAlias

from bot.conversation.translations import Language, load_catalogue
from knowledge.domain import Role

#: Commands with their descriptions, in menu order.
Listed: TypeAlias = tuple[tuple[str, str], ...]


class Audience(StrEnum):
    """Whose menu it is. Each value is the name of Telegram's command scope."""

    EVERYBODY = "default"
    GROUPS = "all_group_chats"
    GROUP_ADMINS = "all_chat_administrators"


#: Commands that are useful in a group, in menu order.
_IN_GROUPS: Final = ("check", "help", "language", "privacy", "about")


def describe_commands(language: Language) -> Listed:
    """Return each command and its description in ``language``."""
    say = load_catalogue(language).say
    return (
        ("start", say("Start and learn what this bot does")),
        ("help", say("How to ask, and what the answers mean")),
        ("check", say("Check a claim: /check and the claim, or in reply to it")),
        ("language", say("Change the language and the calendar")),
        ("notify", say("Turn notifications on or off: /notify")),
        ("mydata", say("Everything I hold about you, as a file")),
        ("forgetme", say("Erase everything I hold about you")),
        ("privacy", say("What is stored about you, and for how long")),
        ("about", say("What this bot is")),
    )


def list_offered(audience: Audience, language: Language) -> Listed:
    """Return an audience's menu in ``language``."""
    everybody = describe_commands(language)
    if audience is Audience.EVERYBODY:
        return everybody
    of_use = dict(everybody)
    members = tuple((name, of_use[name]) for name in _IN_GROUPS)
    return (
        (*list_group_admin_commands(language), *members)
        if audience is Audience.GROUP_ADMINS
        else members
    )


def list_group_admin_commands(language: Language) -> Listed:
    """Return the commands that only a group's admins may give there."""
    say = load_catalogue(language).say
    return (
        ("settings", say("How I behave in this group")),
        ("watch", say("Warn in the group when a report contradicts a message: /watch on or off")),
    )


def menu(role: Role | None, language: Language) -> Listed:
    """Return the menu of a moderator or an admin; empty for the public."""
    if role is None:
        return ()
    say = load_catalogue(language).say
    for_moderators = (
        ("queue", say("The next claim to answer")),
        ("pending", say("What waits for a second person")),
        ("add", say("Add a report: /add URL or text")),
        ("retract", say("Withdraw a statement: /retract REF reason")),
        ("stats", say("Figures of the last two weeks")),
        ("console", say("A link to the console")),
    )
    for_admins = (
        ("grant", say("Give a role: /grant ID role name")),
        ("revoke", say("Take a role away: /revoke ID")),
    )
    more = for_admins if role is Role.ADMIN else ()
    return (*for_moderators, *more, *describe_commands(language))
