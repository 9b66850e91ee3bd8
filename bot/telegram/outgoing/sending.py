"""Send or edit one rendered message, and retry if that cannot send it twice."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TypeAlias, TypeVar

from telegram import Bot, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import NetworkError, RetryAfter

from bot.conversation.reply import Document, Picture, Reply
from bot.telegram.outgoing.aiohttp_request import NEVER_LEFT
from bot.telegram.outgoing.rendering import Buttons, Rendered, render
from knowledge.backoff import Backoff
from knowledge.errors import DatabaseFailed

logger = logging.getLogger(__name__)

# Attempts in all; a longer pause than these is not waited for.
_SEND_TRIES = 4
_BACKOFF = Backoff(timedelta(seconds=1), timedelta(minutes=1))
_RECORD_TRIES = 5

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

_T = TypeVar("_T")

#: What one request sends.
Part: TypeAlias = Document | Picture | Rendered


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reply goes: a chat, its topic, and the message it answers."""

    chat_id: int
    topic_id: int | None = None
    message_id: int | None = None


async def send(bot: Bot, reply: Reply, place: Place) -> int:
    """Send a whole reply, retrying each part as ``retry_safely`` does; returns how many parts.

    Raises ``TelegramError`` if a part cannot be sent.
    """
    parts = list_parts(reply)
    for number, part in enumerate(parts):
        where = place if number == 0 else replace(place, message_id=None)
        await retry_safely(partial(send_part, bot, part, where))
    return len(parts)


def list_parts(reply: Reply) -> tuple[Part, ...]:
    """Return the parts of ``reply`` in sending order: its picture, its messages, its document."""
    parts = (reply.picture, *render(reply), reply.document)
    return tuple(part for part in parts if part is not None)


async def send_part(bot: Bot, part: Part, place: Place) -> int:
    """Send one message, picture or document once; returns its id. Raises ``TelegramError``."""
    under = place.message_id
    reply_to = None if under is None else ReplyParameters(under, allow_sending_without_reply=True)
    if isinstance(part, Picture):
        shown = await bot.send_photo(
            place.chat_id,
            part.png,
            filename="picture.png",
            message_thread_id=place.topic_id,
            reply_parameters=reply_to,
        )
        return shown.message_id
    if isinstance(part, Document):
        given = await bot.send_document(
            place.chat_id,
            part.content,
            filename=part.name,
            message_thread_id=place.topic_id,
            reply_parameters=reply_to,
        )
        return given.message_id
    sent = await bot.send_message(
        place.chat_id,
        part.html,
        parse_mode=ParseMode.HTML,
        link_preview_options=NO_PREVIEW,
        reply_markup=part.keyboard,
        message_thread_id=place.topic_id,
        reply_parameters=reply_to,
    )
    return sent.message_id


async def edit_part(bot: Bot, rendered: Rendered, chat_id: int, message_id: int) -> None:
    """Replace a message's text and buttons, once. Raises ``TelegramError``."""
    await bot.edit_message_text(
        rendered.html,
        chat_id=chat_id,
        message_id=message_id,
        parse_mode=ParseMode.HTML,
        link_preview_options=NO_PREVIEW,
        reply_markup=rendered.keyboard,
    )


async def edit_buttons(bot: Bot, buttons: Buttons, chat_id: int) -> None:
    """Replace a message's buttons, once. Raises ``TelegramError``."""
    await bot.edit_message_reply_markup(
        chat_id=chat_id, message_id=buttons.message_id, reply_markup=buttons.keyboard
    )


async def retry_safely(send: Callable[[], Awaitable[_T]]) -> _T:
    """Return what ``send`` returns; retry if that cannot send the message twice."""
    failures = 0
    for _ in range(_SEND_TRIES - 1):
        try:
            return await send()
        except RetryAfter as error:
            wait = requested_pause(error)
            if wait > _BACKOFF.longest:
                raise
        except NetworkError as error:
            if not isinstance(error.__cause__, NEVER_LEFT):
                raise
            wait = _BACKOFF.pause(failures)
            failures += 1
        logger.warning("send_delayed", extra={"wait_s": wait.total_seconds()})
        await asyncio.sleep(wait.total_seconds())
    return await send()


async def record_surely(record: Callable[[], Awaitable[_T]], pause_s: float) -> _T:
    """Return what ``record`` returns, retrying: an unrecorded message would be sent again.

    Raises DatabaseFailed if the database fails each time.
    """
    for _ in range(_RECORD_TRIES - 1):
        try:
            return await record()
        except DatabaseFailed as error:
            logger.warning("record_delayed", extra={"error": type(error).__name__})
        await asyncio.sleep(pause_s)
    return await record()


def requested_pause(error: RetryAfter) -> timedelta:
    """Return the pause that Telegram asks for."""
    asked = error.retry_after
    return asked if isinstance(asked, timedelta) else timedelta(seconds=asked)
