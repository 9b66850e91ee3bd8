"""Classify send errors: whether a message may have arrived, and how to react (pure)."""

import re
import traceback
from enum import Enum, auto
from pathlib import PurePath
from typing import Final

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from bot.telegram.outgoing.aiohttp_request import NEVER_LEFT

# Enough frames to find the line that broke without the message, which may quote a person.
_FRAMES = 6

# How python-telegram-bot begins the message of an answer without a description.
_STATUS = re.compile(r"[A-Za-z' -]+ \(([1-9][0-9]{2})\)")

#: What python-telegram-bot raises for JSON that is not a Bot API answer.
UNREADABLE: Final = (AttributeError, LookupError, RecursionError, TypeError, ValueError)


class SendFailure(Enum):
    """The kinds of send failure."""

    THERE = auto()
    """The message stands there already as it should."""
    ANEW = auto()
    """What was to be edited is not there any more, or too old: sent as a message of its own."""
    OUTSIDE = auto()
    """The topic is gone: sent beside it."""
    MOVED = auto()
    """The group has another number now."""
    GONE = auto()
    """Nobody can be told: the bot was blocked, the chat deleted, the right to write taken."""
    LATER = auto()
    """Telegram asks for a pause; nothing was sent."""
    UNSENT = auto()
    """Nothing was sent: tried again."""
    UNSURE = auto()
    """It may have arrived: tried again, and counted as what may be there twice."""
    REFUSED = auto()
    """Telegram will never take this message: a fault of ours."""
    LOCKED_OUT = auto()
    """The token is accepted no more."""


# Telegram's descriptions (it has no codes for these), in lower case.
_THERE = ("message is not modified",)
_ANEW = ("message to edit not found", "message can't be edited", "message_id_invalid")
_OUTSIDE = ("message thread not found", "topic_deleted")
_GONE = (
    "chat not found", "user not found", "peer_id_invalid", "user is deactivated",
    "group chat was deactivated", "chat_write_forbidden", "not enough rights", "have no rights",
    "topic_closed", "bot was kicked", "chat_restricted", "need administrator rights",
    "channel_private", "bot is not a member",
)  # fmt: skip

#: Beginnings of Telegram's own descriptions of a refusal, in lower case. Any other description may
#: quote the message, from another server at the Bot API's address. Telegram does not document
#: them: these are from its Bot API server's code and from reported errors.
DESCRIPTIONS: Final = (
    *_THERE, *_ANEW, *_OUTSIDE, *_GONE,
    # The recipient.
    "bot was blocked by the user", "bot was kicked from the group chat",
    "bot was kicked from the supergroup chat", "bot was kicked from the channel chat",
    "bot is not a member of the group chat", "bot is not a member of the supergroup chat",
    "bot is not a member of the channel chat", "bot can't initiate conversation with a user",
    "bot can't send messages to bots", "the group chat was deleted", "group chat was upgraded",
    "group chat was upgraded to a supergroup chat", "chat_id is empty", "chat_admin_required",
    "user_is_blocked", "user_is_bot", "user_is_deactivated", "input_user_deactivated",
    "not enough rights to send text messages to the chat",
    "not enough rights to send photos to the chat",
    "not enough rights to send documents to the chat", "have no rights to send a message",
    # The text.
    "message is too long", "message_too_long", "message text is empty", "message_empty",
    "message caption is too long", "media_caption_too_long", "can't parse entities",
    "entities_too_long", "entity_bounds_invalid", "strings must be encoded in utf-8",
    # The message that is replied to or edited.
    "replied message not found", "message to be replied not found", "message to reply not found",
    "message to delete not found", "message can't be deleted", "message not found",
    "message_not_modified", "there is no text in the message to edit",
    "query is too old", "query is too old and response timeout expired or query id is invalid",
    "query_id_invalid",
    # Attachments and buttons.
    "button_data_invalid", "button_url_invalid", "button_type_invalid",
    "reply_markup_too_long", "reply markup is too long", "can't parse inline keyboard button",
    "inline keyboard button url", "file is too big", "file must be non-empty",
    "wrong file identifier", "failed to get http url content", "photo_invalid_dimensions",
    "image_process_failed", "photo_save_file_invalid", "file_reference_expired",
    "request entity too large",
)  # fmt: skip


def classify_error(error: TelegramError | TimeoutError) -> SendFailure:
    """Return the kind of a failure."""
    match error:
        case RetryAfter():
            return SendFailure.LATER
        case ChatMigrated():
            return SendFailure.MOVED
        case Forbidden():
            return SendFailure.GONE
        case InvalidToken():
            return SendFailure.LOCKED_OUT
        case BadRequest():
            return _refusal(error.message.lower())
    return SendFailure.UNSENT if isinstance(error.__cause__, NEVER_LEFT) else SendFailure.UNSURE


def _refusal(message: str) -> SendFailure:
    for phrases, fate in (
        (_THERE, SendFailure.THERE),
        (_ANEW, SendFailure.ANEW),
        (_OUTSIDE, SendFailure.OUTSIDE),
        (_GONE, SendFailure.GONE),
    ):
        if any(phrase in message for phrase in phrases):
            return fate
    return SendFailure.REFUSED


# A part of the refused message may follow. The longest first: one may be another's prefix.
_KNOWN = "|".join(map(re.escape, sorted(DESCRIPTIONS, key=len, reverse=True)))


_REASON = re.compile(rf"(?:(?:Bad Request|Forbidden): )?(?:{_KNOWN})(?!\w)", re.IGNORECASE)


def log_fields(error: BaseException) -> dict[str, str]:
    """Return an error's fields for the log: its kind, and its innermost frames as ``file:line``.

    Without message and values, which may quote a person.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    where = " > ".join(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)
    return {"error": type(error).__name__, "where": where}


def name_failure(error: Exception) -> str:
    """Return how a call failed, without quoting the answer.

    That is the HTTP status if it is known, else the name of the first error.
    """
    status = _STATUS.match(error.message) if isinstance(error, TelegramError) else None
    if status is not None:
        return f"HTTP status {status[1]}"
    first = error.__cause__ or error
    name = type(first).__name__
    return f"not an answer of a Bot API: {name}" if isinstance(first, UNREADABLE) else name


def describe_refusal(error: TelegramError | TimeoutError) -> str:
    """Return Telegram's reason for a refusal, for an admin: its description if it is a known one.

    Otherwise the kind of error: another server's description may quote the message.
    """
    name = type(error).__name__
    if not isinstance(error, TelegramError) or error.__cause__ is not None:
        return name
    said = _REASON.match(error.message)
    return said.group() if said else name
