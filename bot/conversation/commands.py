"""The commands people can give, with what Telegram's menu says of each."""

from bot.conversation.catalogue import Language, catalogue
from knowledge.models import Role


def described(language: Language) -> tuple[tuple[str, str], ...]:
    """Return each command and its description in ``language``."""
    say = catalogue(language).say
    return (
        ("start", say("Start and learn what this bot does")),
        ("help", say("How to ask, and what the answers mean")),
        ("check", say("Check a claim: /check and the claim, or in reply to it")),
        ("language", say("Change the language and the calendar")),
        ("notify", say("Whether I tell you when there is news: /notify on or off")),
        ("mydata", say("Everything I hold about you, as a file")),
        ("forgetme", say("Erase everything I hold about you")),
        ("privacy", say("What is kept of you, and for how long")),
        ("about", say("What this bot is")),
    )


def menu(role: Role | None, language: Language) -> tuple[tuple[str, str], ...]:
    """Return what the menu of a moderator or an admin shows; none for the public."""
    if role is None:
        return ()
    say = catalogue(language).say
    for_moderators = (
        ("queue", say("The next claim to answer")),
        ("add", say("Add a report: /add URL or text")),
        ("retract", say("Withdraw a statement: /retract REF reason")),
        ("stats", say("How the asking goes")),
        ("console", say("A link to the console")),
    )
    for_admins = (
        ("grant", say("Give a role: /grant ID role name")),
        ("revoke", say("Take a role away: /revoke ID")),
    )
    more = for_admins if role is Role.ADMIN else ()
    return (*for_moderators, *more, *described(language))
