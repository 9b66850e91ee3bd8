"""Errors of the console; those of the packages below come through as they are.

ConsoleError
├── ConsoleUnavailable  the console cannot listen where it is told to
├── FormForged          a write without its session's token, or sent by another site
├── BadForm             a field holds what it cannot take
│   ├── FieldTooLong    more than so many characters
│   └── FutureDate      a date lies in the future
├── TooLarge            more was sent than a page takes
├── TooManyTries        one address tried to sign in too often
└── TooBusy             too many reports are read at once, or too many of one person's

The messages are for the log; ``problems`` says them to a moderator in their language.
"""

from datetime import date

from bot.errors import BotError


class ConsoleError(BotError):
    """Base of the console's errors."""


class ConsoleUnavailable(ConsoleError):
    """The console cannot listen where it is told to."""


class FormForged(ConsoleError):
    """A write came without its session's token, or from another site."""


class BadForm(ConsoleError):
    """A field holds what it cannot take."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class FutureDate(BadForm):
    """A date lies in the future that something was published on, or is true as of."""

    def __init__(self, field: str, day: date) -> None:
        super().__init__(field, f"{day} is in the future")
        self.day = day


class FieldTooLong(BadForm):
    """A field holds more than ``limit`` characters."""

    def __init__(self, field: str, limit: int) -> None:
        super().__init__(field, f"more than {limit} characters")
        self.limit = limit


class TooLarge(ConsoleError):
    """More was sent than a page takes."""


class TooManyTries(ConsoleError):
    """One address tried to sign in too often."""


class TooBusy(ConsoleError):
    """Too many reports are read at once, or too many of one person's."""
