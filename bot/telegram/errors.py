"""What can go wrong with the Telegram channel, and what is done when a handler breaks.

TelegramChannelError
├── TokenMissing         no token is configured
├── TokenRejected        Telegram does not accept the token
├── TelegramUnreachable  nothing usable answers at the Bot API address
├── WebhookUnavailable   the webhook cannot be served or registered
└── PollingConflict      another process fetches this bot's updates

Every message is one sentence that names the thing and the way out, and never holds the token:
python-telegram-bot quotes it in its own ``InvalidToken``, so these are raised ``from None``.
"""

import logging
import re
import traceback
from pathlib import PurePath
from typing import Final

from telegram import Update
from telegram.error import Forbidden, TelegramError

from bot.errors import BotError
from bot.telegram.handling.context import Context
from bot.telegram.outgoing.send_errors import DESCRIPTIONS

logger = logging.getLogger(__name__)

# Enough frames to find the line that broke without the message, which may quote a person.
_FRAMES = 6
# A part of the message that was refused may follow. The longest first: one may begin another.
_KNOWN = "|".join(map(re.escape, sorted(DESCRIPTIONS, key=len, reverse=True)))
_REASON = re.compile(rf"(?:(?:Bad Request|Forbidden): )?(?:{_KNOWN})(?!\w)", re.IGNORECASE)
# How python-telegram-bot begins the message of an answer without a description.
_STATUS = re.compile(r"[A-Za-z' -]+ \(([1-9][0-9]{2})\)")

#: What python-telegram-bot raises over an answer that is JSON, but none that a Bot API gives.
UNREADABLE: Final = (AttributeError, LookupError, RecursionError, TypeError, ValueError)


class TelegramChannelError(BotError):
    """Base of this channel's errors."""


class TokenMissing(TelegramChannelError):
    """No bot token is configured."""

    def __init__(self) -> None:
        super().__init__(
            "TELEGRAM_BOT_TOKEN is not set: create a bot with @BotFather and put its token there."
        )


class TokenRejected(TelegramChannelError):
    """Telegram does not accept the token."""

    def __init__(self) -> None:
        super().__init__(
            "Telegram does not accept TELEGRAM_BOT_TOKEN: copy the bot's current token from"
            " @BotFather, and check TELEGRAM_API_URL if you run your own Bot API server."
        )


class TelegramUnreachable(TelegramChannelError):
    """Nothing usable answers at the Bot API address."""

    def __init__(self, api_url: str, reason: str) -> None:
        super().__init__(
            f"No Bot API answers at {api_url} ({reason}): check the network, a proxy, and"
            " TELEGRAM_API_URL."
        )


class WebhookUnavailable(TelegramChannelError):
    """The webhook cannot be served here or Telegram refuses its address."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The webhook cannot be used ({reason}): check WEBHOOK_URL, which must be a public"
            " https address that leads to this process, or leave it empty to poll."
        )


class PollingConflict(TelegramChannelError):
    """Another process fetches this bot's updates."""

    def __init__(self) -> None:
        super().__init__(
            "Another process is fetching this bot's updates: stop it (or use a token of its own"
            " for each), then start again."
        )


def where(error: BaseException) -> str:
    """Return the innermost frames of ``error`` as ``file:line`` list: no message, no values."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return " > ".join(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)


def kind(error: Exception) -> str:
    """Return what came of a call in place of an answer, without a word of what was answered.

    That is the status of HTTP where it is known, else the name of what went wrong first.
    """
    status = _STATUS.match(error.message) if isinstance(error, TelegramError) else None
    if status is not None:
        return f"HTTP status {status[1]}"
    first = error.__cause__ or error
    name = type(first).__name__
    return f"not an answer of a Bot API: {name}" if isinstance(first, UNREADABLE) else name


def reason(error: TelegramError | TimeoutError) -> str:
    """Return why Telegram refuses something, for an admin: its description, if it is a known one.

    Else the kind of error: whatever answers in Telegram's place may say what was sent.
    """
    name = type(error).__name__
    if not isinstance(error, TelegramError) or error.__cause__ is not None:
        return name
    said = _REASON.match(error.message)
    return said.group() if said else name


async def report_failure(update: object, context: Context) -> None:
    """Log what a handler raised, without a person's words, and leave it to the worker.

    The worker tries again, and tells the person when it has tried often enough.
    """
    error = context.error
    if error is None:  # pragma: no cover - PTB always sets it for error handlers
        return
    update_id = update.update_id if isinstance(update, Update) else None
    if isinstance(error, Forbidden):
        # The person blocked the bot or removed it from the group: nobody is left to tell.
        logger.info("update_undeliverable", extra={"update_id": update_id})
        return
    logger.error(
        "update_failed",
        extra={"update_id": update_id, "error": type(error).__name__, "where": where(error)},
    )
    if update_id is not None:
        context.bot_data.hand(update_id).failure = type(error).__name__
