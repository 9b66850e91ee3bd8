"""Handle messages without text: read pictures, and say that other media are not read."""

import asyncio
from typing import Final

from telegram import Bot, Document, Message, PhotoSize, Update
from telegram.constants import MessageAttachmentType
from telegram.error import BadRequest, InvalidToken

from bot.conversation.media_texts import Medium
from bot.conversation.reply import Origin
from bot.telegram.handling.context import Context, Question
from bot.telegram.incoming.message_text import AskedText, find_forward_origin, find_message
from knowledge.claims import lone_link

#: Maximum bytes of a downloaded picture, and the seconds it may take.
MAX_PICTURE_BYTES: Final = 10 * 2**20
DOWNLOAD_S: Final = 20.0
#: MIME types of documents that are read as pictures.
_PICTURE_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
_MEDIA: Final = {
    MessageAttachmentType.VOICE: Medium.VOICE,
    MessageAttachmentType.AUDIO: Medium.AUDIO,
    MessageAttachmentType.VIDEO: Medium.VIDEO,
    MessageAttachmentType.VIDEO_NOTE: Medium.VIDEO_NOTE,
    # An animation is also a document, a venue also a location: the first match counts.
    MessageAttachmentType.ANIMATION: Medium.ANIMATION,
    MessageAttachmentType.STICKER: Medium.STICKER,
    MessageAttachmentType.PHOTO: Medium.PICTURE,
    MessageAttachmentType.DOCUMENT: Medium.DOCUMENT,
    MessageAttachmentType.LOCATION: Medium.LOCATION,
    MessageAttachmentType.CONTACT: Medium.CONTACT,
    MessageAttachmentType.POLL: Medium.POLL,
}


async def answer_about(
    update: Update, context: Context, message: Message, kind: str, asked: AskedText
) -> None:
    """Answer the words in ``asked``; without words, the media that ``message`` has or replies to.

    Without media either, the conversation says what to send. ``kind`` is for the log.
    """
    shown = None if asked.text else find_media_message(message)
    if shown is not None:
        await answer_media(update, context, shown)
        return
    pool = context.bot_data.links if lone_link(asked.text) is not None else None
    await context.answer(
        update, kind, lambda talk, asker: talk.claim(asker, asked.text, asked.origin), pool
    )


def find_media_message(message: Message) -> Message | None:
    """Return the message with media: ``message``, or the one it replies to; else None."""
    both = (message, message.reply_to_message)
    return next((each for each in both if each is not None and each.effective_attachment), None)


async def on_media(update: Update, context: Context) -> None:
    """Answer a message without text, once per album."""
    message = find_message(update)
    if message is not None and context.bot_data.is_new_album(message):
        await answer_media(update, context, message)


async def answer_media(update: Update, context: Context, message: Message) -> None:
    """Answer the media of ``message``, which has no text to check."""
    picture = find_picture(message)
    if picture is None or (picture.file_size or 0) > MAX_PICTURE_BYTES:
        medium = find_medium(message) if picture is None else Medium.LARGE_PICTURE
        await context.answer(
            update, "unsupported", lambda talk, asker: talk.unsupported(asker, medium)
        )
        return

    async def prepare() -> Question:
        return await _fetched(context.bot, picture, find_forward_origin(message))

    await context.answer_with(update, "picture", prepare, context.bot_data.pictures)


def find_picture(message: Message) -> PhotoSize | Document | None:
    """Return the largest size of the picture in ``message``, if there is one."""
    if message.photo:
        return max(message.photo, key=lambda size: size.width * size.height)
    document = message.document
    return document if document is not None and document.mime_type in _PICTURE_TYPES else None


def find_medium(message: Message) -> Medium:
    """Return the medium of a message without text."""
    return next(
        (medium for kind, medium in _MEDIA.items() if getattr(message, kind, None)), Medium.OTHER
    )


async def _fetched(bot: Bot, picture: PhotoSize | Document, origin: Origin | None) -> Question:
    """Download a picture from Telegram. Raises TelegramError if another attempt may succeed."""
    try:
        async with asyncio.timeout(DOWNLOAD_S):
            file = await bot.get_file(picture)
            if (file.file_size or 0) > MAX_PICTURE_BYTES:
                return lambda talk, asker: talk.unsupported(asker, Medium.LARGE_PICTURE)
            data = bytes(await file.download_as_bytearray())
    except (BadRequest, InvalidToken):
        # Deleted, or larger than Telegram provides (python-telegram-bot raises InvalidToken for a
        # missing path): another attempt would fail as well.
        return lambda talk, asker: talk.lost_picture(asker)
    return lambda talk, asker: talk.picture(asker, data, origin)
