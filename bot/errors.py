"""Errors of this package; those of the packages below come through as they are.

BotError
├── SettingsError          a setting is missing or cannot be used
├── ConsoleError           the console cannot start, or refuses a request (``console.errors``)
└── TelegramChannelError   the Telegram channel cannot start or go on (see ``telegram.errors``)

Every message is one sentence that names the thing and the way out, and never holds a secret.
"""


class BotError(Exception):
    """Base of this package's errors."""


class SettingsError(BotError):
    """A setting is missing or cannot be used as it is."""
