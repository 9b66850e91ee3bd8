"""Messages without words: pictures are read, of all else is said that it is not."""

import asyncio
from typing import Final

from telegram import Bot, Document, Message, PhotoSize, Update
from telegram.constants import MessageAttachmentType
from telegram.error import BadRequest, InvalidToken

from bot.conversation.media_texts import Medium
from bot.conversation.reply import Origin
from bot.telegram.handling.context import Context, Question
from bot.telegram.incoming.message_text import Asked, find_message, forwarded_from
from knowledge.claims import lone_link

#: Bytes of a picture that are fetched, and the seconds it has.
MAX_PICTURE_BYTES: Final = 10 * 2**20
DOWNLOAD_S: Final = 20.0
#: Files that are pictures as well.
_PICTURE_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
_MEDIA: Final = {
    MessageAttachmentType.VOICE: Medium.VOICE,
    MessageAttachmentType.AUDIO: Medium.AUDIO,
    MessageAttachmentType.VIDEO: Medium.VIDEO,
    MessageAttachmentType.VIDEO_NOTE: Medium.VIDEO_NOTE,
    # An animation is a document as well, a venue a location: the first that fits counts.
    MessageAttachmentType.ANIMATION: Medium.ANIMATION,
    MessageAttachmentType.STICKER: Medium.STICKER,
    MessageAttachmentType.PHOTO: Medium.PICTURE,
    MessageAttachmentType.DOCUMENT: Medium.DOCUMENT,
    MessageAttachmentType.LOCATION: Medium.LOCATION,
    MessageAttachmentType.CONTACT: Medium.CONTACT,
    MessageAttachmentType.POLL: Medium.POLL,
}


async def answer_about(
    update: Update, context: Context, message: Message, kind: str, asked: Asked
) -> None:
    """Answer what is ``asked``; where these are no words, what ``message`` shows or replies to.

    Where nothing is shown either, the conversation says what to send. ``kind`` is for the log.
    """
    shown = None if asked.text else shown_in(message)
    if shown is not None:
        await answer_media(update, context, shown)
        return
    line = context.bot_data.links if lone_link(asked.text) is not None else None
    await context.answer(
        update, kind, lambda talk, asker: talk.claim(asker, asked.text, asked.origin), line
    )


def shown_in(message: Message) -> Message | None:
    """Return whichever shows something besides words: ``message``, or the one it replies to."""
    both = (message, message.reply_to_message)
    return next((each for each in both if each is not None and each.effective_attachment), None)


async def on_media(update: Update, context: Context) -> None:
    """Answer a message without words, once for an album."""
    message = find_message(update)
    if message is not None and context.bot_data.is_new_album(message):
        await answer_media(update, context, message)


async def answer_media(update: Update, context: Context, message: Message) -> None:
    """Answer what ``message`` shows: its own words, or those that were asked about, are none."""
    picture = picture_in(message)
    if picture is None or (picture.file_size or 0) > MAX_PICTURE_BYTES:
        medium = medium_of(message) if picture is None else Medium.LARGE_PICTURE
        await context.answer(
            update, "unsupported", lambda talk, asker: talk.unsupported(asker, medium)
        )
        return

    async def getting() -> Question:
        return await _fetched(context.bot, picture, forwarded_from(message))

    await context.answer_with(update, "picture", getting, context.bot_data.pictures)


def picture_in(message: Message) -> PhotoSize | Document | None:
    """Return the picture in ``message``, in its largest size, if there is one."""
    if message.photo:
        return max(message.photo, key=lambda size: size.width * size.height)
    document = message.document
    return document if document is not None and document.mime_type in _PICTURE_TYPES else None


def medium_of(message: Message) -> Medium:
    """Return what ``message`` is when it has no words."""
    return next(
        (medium for kind, medium in _MEDIA.items() if getattr(message, kind, None)), Medium.OTHER
    )


async def _fetched(bot: Bot, picture: PhotoSize | Document, origin: Origin | None) -> Question:
    """Get a picture from Telegram. Raises TelegramError where it may be had another time."""
    try:
        async with asyncio.timeout(DOWNLOAD_S):
            file = await bot.get_file(picture)
            if (file.file_size or 0) > MAX_PICTURE_BYTES:
                return lambda talk, asker: talk.unsupported(asker, Medium.LARGE_PICTURE)
            data = bytes(await file.download_as_bytearray())
    except (BadRequest, InvalidToken):
        # Gone, or more than Telegram hands out (a path that is not there counts as a wrong token
        # for python-telegram-bot): no other try changes that.
        return lambda talk, asker: talk.lost_picture(asker)
    return lambda talk, asker: talk.picture(asker, data, origin)
