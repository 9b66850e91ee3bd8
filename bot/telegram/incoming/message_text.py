"""Extract a message's text, command and forward origin (pure)."""

import functools
import re
from dataclasses import dataclass

from telegram import (
    Message,
    MessageEntity,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
    Update,
)

from bot.conversation.reply import Origin
from embeddings.text.normalisation import visible
from knowledge.domain import Forwarded
from knowledge.text.plain_text import displayable

#: A text message's own limit (Bot API, ``Message``): a self-hosted server may let more through.
MAX_CLAIM_CHARACTERS = 4096

# Telegram marks only ASCII commands; "/مساعدة" alone is meant as one all the same.
_LONE_COMMAND = re.compile(r"/\S*")
_SPACES = re.compile(r"[^\S\n]+")


def find_message(update: Update) -> Message | None:
    """Return an update's new or edited message; None if it has none."""
    return update.message or update.edited_message


@dataclass(frozen=True, slots=True)
class AskedText:
    """The text that a message asks about, which may be empty, and its forward origin."""

    text: str
    origin: Origin | None = None


def find_question(message: Message, username: str) -> AskedText:
    """Return the text that ``message`` asks about: its own, else that of the message it replies to.

    The latter is for ``/check`` or a mention of the bot alone. Invisible characters and mentions of
    the bot are removed, and the text is cut to the limit.
    """
    given, words = find_command(message), find_text(message)
    own = given.argument if given is not None else _clean(compile_mention(username).sub(" ", words))
    points = given is not None or compile_mention(username).search(words) is not None
    if own or not points:
        return AskedText(own, find_forward_origin(message))
    return AskedText(_find_replied_text(message), find_forward_origin(message.reply_to_message))


def find_forward_origin(message: Message | None) -> Origin | None:
    """Return where ``message`` was forwarded from; None if it was not, or in an unknown way.

    A person is an id, None if their account is hidden; only public channels have a name.
    """
    match message.forward_origin if message is not None else None:
        case MessageOriginUser(sender_user=person):
            return Origin(Forwarded.PERSON, person.id)
        case MessageOriginHiddenUser():
            return Origin(Forwarded.HIDDEN)
        case MessageOriginChat(sender_chat=chat):
            return Origin(Forwarded.GROUP, chat.id)
        case MessageOriginChannel(chat=chat):
            return Origin(Forwarded.CHANNEL, chat.id, chat.title if chat.username else None)
        case _:
            return None


def _find_replied_text(message: Message) -> str:
    """Return the text that ``message`` replies to: the quoted part, else all; may be empty."""
    if message.quote is not None:
        return _clean(message.quote.text)
    return _clean(find_text(message.reply_to_message)) if message.reply_to_message else ""


@functools.cache
def compile_mention(username: str) -> re.Pattern[str]:
    """Return the pattern of a mention of the bot."""
    return re.compile(rf"(?<![\w@])@{re.escape(username)}(?!\w)", re.IGNORECASE | re.ASCII)


def find_text(message: Message) -> str:
    """Return the text or caption of ``message``, cut to the limit; may be empty."""
    return (message.text or message.caption or "")[:MAX_CLAIM_CHARACTERS]


def _clean(text: str) -> str:
    return _SPACES.sub(" ", visible(text)).strip()


def find_command_name(message: Message) -> str | None:
    """Return the command that ``message`` starts with ("/help", "/help@some_bot"), or None."""
    text = message.text or ""
    for entity in message.entities:
        if entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0:
            return text[: entity.length]
    return text if _LONE_COMMAND.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Command:
    """A command's name, without slash and bot name, and its argument."""

    name: str
    argument: str


def find_command(message: Message) -> Command | None:
    """Return the command of ``message`` with its argument, or None."""
    command = find_command_name(message)
    if command is None:
        return None
    name = command[1:].partition("@")[0].lower()
    return Command(name, displayable(find_text(message)[len(command) :]).strip())
