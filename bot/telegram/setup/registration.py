"""Read the bot's registration at Telegram: its name, its modes, its webhook."""

from dataclasses import dataclass
from datetime import datetime

from telegram.error import TelegramError

from bot.telegram.errors import TelegramUnreachable
from bot.telegram.outgoing.send_errors import UNREADABLE, name_failure
from bot.telegram.setup.application import TelegramConfig, connect


@dataclass(frozen=True, slots=True)
class Registration:
    """The bot's registration at Telegram.

    ``inline`` is whether inline queries are on, ``reads_groups`` whether the bot receives all
    messages of groups: its owner sets both with @BotFather. ``webhook_url`` is empty if updates are
    polled. ``failure`` is Telegram's last error in delivering an update there.
    """

    name: str
    inline: bool
    reads_groups: bool
    webhook_url: str
    waiting: int
    failure: str | None
    failed_at: datetime | None


async def load_registration(config: TelegramConfig) -> Registration:
    """Ask Telegram. Raises ``TelegramChannelError``'s kinds as ``application.check``."""
    async with connect(config, tries=1) as bot:
        try:
            found = await bot.get_webhook_info()
        except (TelegramError, *UNREADABLE) as error:
            raise TelegramUnreachable(config.api_url, name_failure(error)) from None
        return Registration(
            bot.username,
            bool(bot.supports_inline_queries),
            bool(bot.can_read_all_group_messages),
            found.url,
            found.pending_update_count,
            found.last_error_message,
            found.last_error_date,
        )
