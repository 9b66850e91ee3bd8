"""Errors of this package; those of the packages below come through as they are.

BotError
├── SettingsError          a setting is missing or cannot be used
├── ProcessesKeepEnding    a process of the bot ends whenever it is started
├── SchemaChanged          another version upgraded the database while this program ran
├── ConsoleError           the console cannot start, or refuses a request (``console.errors``)
└── TelegramChannelError   the Telegram channel cannot start or go on (see ``telegram.errors``)

Every message is one sentence that names the thing and the way out, and never holds a secret.
"""

from knowledge.errors import DatabaseUnavailable


class BotError(Exception):
    """Base of this package's errors."""


class SettingsError(BotError):
    """A setting is missing or cannot be used as it is."""


class ProcessesKeepEnding(BotError):
    """A process of the bot ends whenever it is started."""

    def __init__(self, number: int, code: int) -> None:
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        super().__init__(
            f"process {number} of the bot ends soon after each start ({how}): see the log for the"
            " cause, check the machine's memory, or set WORKERS=1"
        )


class SchemaChanged(BotError, DatabaseUnavailable):
    """Another version of the program upgraded the database while this one ran."""
