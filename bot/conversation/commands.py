"""The commands people can give, with what Telegram's menu says of each."""

from bot.conversation.catalogue import Language, catalogue


def described(language: Language) -> tuple[tuple[str, str], ...]:
    """Return each command and its description in ``language``."""
    say = catalogue(language).say
    return (
        ("start", say("Start and learn what this bot does")),
        ("help", say("How to ask, and what the answers mean")),
        ("language", say("Change the language")),
    )
