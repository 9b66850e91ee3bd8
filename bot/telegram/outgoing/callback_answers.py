"""Signs: what a press shows for a moment. They are sent at once, and nothing depends on them."""

import logging

from telegram import CallbackQuery
from telegram.error import TelegramError

from bot.conversation.reply import Reply

logger = logging.getLogger(__name__)

#: Characters of a notice (Bot API, ``answerCallbackQuery``).
NOTICE_CHARACTERS = 200


def notice(reply: Reply) -> str:
    """Return a reply as it is shown for a moment."""
    return "\n".join(block.text for block in reply.blocks)[:NOTICE_CHARACTERS]


async def acknowledge(query: CallbackQuery, text: str | None = None) -> None:
    """Take a press's waiting sign away, showing ``text`` for a moment."""
    try:
        await query.answer(text)
    except TelegramError as error:
        # Too old, most likely: the person no longer waits for it.
        logger.info("press_not_acknowledged", extra={"error": type(error).__name__})
