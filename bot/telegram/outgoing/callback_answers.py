"""Answer callback queries: the notice after a press. Sent once; nothing depends on it."""

import logging

from telegram import CallbackQuery
from telegram.error import TelegramError

from bot.conversation.reply import Reply

logger = logging.getLogger(__name__)

#: Characters of a notice (Bot API, ``answerCallbackQuery``).
NOTICE_CHARACTERS = 200


def format_notice(reply: Reply) -> str:
    """Return a reply's text as a notice."""
    return "\n".join(block.text for block in reply.blocks)[:NOTICE_CHARACTERS]


async def acknowledge(query: CallbackQuery, text: str | None = None) -> None:
    """End a button's progress indicator, showing ``text`` as a notice."""
    try:
        await query.answer(text)
    except TelegramError as error:
        # Most likely expired: the person no longer waits.
        logger.info("press_not_acknowledged", extra={"error": type(error).__name__})
