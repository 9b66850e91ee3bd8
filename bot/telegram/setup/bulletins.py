"""Send bulletins to moderators, from a scheduled job."""

import logging
from collections.abc import Sequence

from telegram.error import TelegramError

from bot.conversation.bulletins import Bulletin
from bot.telegram.outgoing.sending import Place, send
from bot.telegram.setup.application import TelegramConfig, connect

logger = logging.getLogger(__name__)


async def send_bulletins(config: TelegramConfig, bulletins: Sequence[Bulletin]) -> int:
    """Send each bulletin to its moderator, skipping the unreachable; returns how many were sent.

    Raises ``TelegramUnreachable`` or ``TokenRejected`` if none can be sent.
    """
    if not bulletins:
        return 0
    sent = 0
    async with connect(config) as bot:
        for bulletin in bulletins:
            try:
                await send(bot, bulletin.reply, Place(int(bulletin.address)))
            except TelegramError as error:
                logger.warning("bulletin_not_sent", extra={"error": type(error).__name__})
            else:
                sent += 1
    return sent
