"""What a failed sending means: whether it may have arrived, and what to do next (pure)."""

from enum import Enum, auto

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)


class Fate(Enum):
    """The kinds of failure."""

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


#: Raised before a request left: trying again cannot send a message twice.
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

# What Telegram says (it has no codes for these), in lower case.
_THERE = ("message is not modified",)
_ANEW = ("message to edit not found", "message can't be edited", "message_id_invalid")
_OUTSIDE = ("message thread not found", "topic_deleted")
_GONE = (
    "chat not found", "user not found", "peer_id_invalid", "user is deactivated",
    "group chat was deactivated", "chat_write_forbidden", "not enough rights", "have no rights",
    "topic_closed", "bot was kicked", "chat_restricted", "need administrator rights",
    "channel_private", "bot is not a member",
)  # fmt: skip


def fate_of(error: TelegramError | TimeoutError) -> Fate:
    """Return the kind of a failure."""
    match error:
        case RetryAfter():
            return Fate.LATER
        case ChatMigrated():
            return Fate.MOVED
        case Forbidden():
            return Fate.GONE
        case InvalidToken():
            return Fate.LOCKED_OUT
        case BadRequest():
            return _refusal(error.message.lower())
    return Fate.UNSENT if isinstance(error.__cause__, NEVER_LEFT) else Fate.UNSURE


def _refusal(message: str) -> Fate:
    for phrases, fate in (
        (_THERE, Fate.THERE),
        (_ANEW, Fate.ANEW),
        (_OUTSIDE, Fate.OUTSIDE),
        (_GONE, Fate.GONE),
    ):
        if any(phrase in message for phrase in phrases):
            return fate
    return Fate.REFUSED
