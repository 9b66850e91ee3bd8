"""How Telegram knows the bot: its name, and where it brings updates."""

from dataclasses import dataclass
from datetime import datetime

from telegram.error import TelegramError

from bot.telegram.application import TelegramConfig, connected
from bot.telegram.errors import TelegramUnreachable


@dataclass(frozen=True, slots=True)
class Registration:
    """The bot as Telegram knows it.

    ``webhook_url`` is empty where it is polled for. ``failure`` is what last went wrong with
    bringing an update there, in Telegram's words.
    """

    name: str
    webhook_url: str
    waiting: int
    failure: str | None
    failed_at: datetime | None


async def look(config: TelegramConfig) -> Registration:
    """Ask Telegram. Raises ``TelegramChannelError``'s kinds as ``application.check``."""
    async with connected(config, tries=1) as bot:
        try:
            found = await bot.get_webhook_info()
        except TelegramError as error:
            reason = type(error.__cause__ or error).__name__
            raise TelegramUnreachable(config.api_url, reason) from None
        return Registration(
            bot.username,
            found.url,
            found.pending_update_count,
            found.last_error_message,
            found.last_error_date,
        )
