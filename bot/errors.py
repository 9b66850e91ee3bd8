"""What can go wrong in this room, beside what the rooms below raise.

BotError
├── SettingsError          a setting is missing or cannot be used
├── ConsoleError           the console cannot start, or refuses a request (``console.errors``)
└── TelegramChannelError   the Telegram channel cannot start or go on (see ``telegram.errors``)

Every message is one sentence that names the thing and the way out, and never holds a secret.
"""


class BotError(Exception):
    """Base of this room's errors."""


class SettingsError(BotError):
    """A setting is missing or cannot be used as it is."""
