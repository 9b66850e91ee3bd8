"""Errors of the console; those of the packages below come through as they are.

ConsoleError
├── ConsoleUnavailable  the console cannot listen where it is told to
├── FormForged          a write without its session's token, or from another site
├── BadForm             a field's value is invalid
│   ├── FieldTooLong    a field has too many characters
│   └── FutureDate      a date lies in the future
├── TooLarge            the request's body is too large
├── TooManyTries        one address tried to sign in too often
└── TooBusy             too many reports are read at once, in all or for one person

The messages are for the log; ``error_pages`` describes errors to moderators in their language.
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
    """A field's value is invalid."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class FutureDate(BadForm):
    """A publication or as-of date lies in the future."""

    def __init__(self, field: str, day: date) -> None:
        super().__init__(field, f"{day} is in the future")
        self.day = day


class FieldTooLong(BadForm):
    """A field holds more than ``limit`` characters."""

    def __init__(self, field: str, limit: int) -> None:
        super().__init__(field, f"more than {limit} characters")
        self.limit = limit


class TooLarge(ConsoleError):
    """The request's body is too large."""


class TooManyTries(ConsoleError):
    """One address tried to sign in too often."""


class TooBusy(ConsoleError):
    """Too many reports are read at once, in all or for one person."""
