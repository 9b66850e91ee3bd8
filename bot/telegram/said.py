"""What a message says to the bot: its words, the command it is, what it replies to (pure)."""

import functools
import re
from dataclasses import dataclass

from telegram import Message, MessageEntity, Update

from embeddings.normalise import visible

#: A text message's own limit (Bot API, ``Message``): a self-hosted server may let more through.
MAX_CLAIM_CHARACTERS = 4096

# Telegram marks only ASCII commands; "/مساعدة" alone is meant as one all the same.
_LONE_COMMAND = re.compile(r"/\S*")
_SPACES = re.compile(r"[^\S\n]+")


def written(update: Update) -> Message | None:
    """Return the message that somebody wrote or changed, None where it is something else."""
    return update.message or update.edited_message


def claim_text(message: Message, username: str) -> str:
    """Return what ``message`` asks about: its own words, else those it replies to; may be empty.

    Invisible characters and mentions of the bot itself are dropped, and the text is bounded.
    """
    mention = mention_of(username)
    words = words_of(message)
    own = _tidy(mention.sub(" ", words))
    if own or not mention.search(words):
        return own
    return replied_to(message)


def asked_in(message: Message, username: str) -> str:
    """Return what a ``/check`` or a mention in ``message`` asks about; may be empty."""
    given = given_in(message)
    if given is None:
        return claim_text(message, username)
    return given.argument or replied_to(message)


def replied_to(message: Message) -> str:
    """Return the words that ``message`` replies to: the part it quotes, else all; may be empty."""
    if message.quote is not None:
        return _tidy(message.quote.text)
    return _tidy(words_of(message.reply_to_message)) if message.reply_to_message else ""


@functools.cache
def mention_of(username: str) -> re.Pattern[str]:
    """Return what finds a mention of the bot."""
    return re.compile(rf"(?<![\w@])@{re.escape(username)}(?!\w)", re.IGNORECASE | re.ASCII)


def words_of(message: Message) -> str:
    """Return the text or caption of ``message``, bounded; may be empty."""
    return (message.text or message.caption or "")[:MAX_CLAIM_CHARACTERS]


def _tidy(text: str) -> str:
    return _SPACES.sub(" ", visible(text)).strip()


def command_of(message: Message) -> str | None:
    """Return the command ``message`` is ("/help", "/help@some_bot"), or None."""
    text = message.text or ""
    for entity in message.entities:
        if entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0:
            return text[: entity.length]
    return text if _LONE_COMMAND.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Given:
    """A command without its slash and the bot's name, and what follows it."""

    name: str
    argument: str


def given_in(message: Message) -> Given | None:
    """Return the command that ``message`` gives, or None."""
    command = command_of(message)
    if command is None:
        return None
    name = command[1:].partition("@")[0].lower()
    return Given(name, visible(words_of(message)[len(command) :]).strip())
