"""Which update is what, and the one question each asks of the conversation.

In a private chat everything is meant for the bot. In a group only these are: a command, a reply to
one of its messages, a mention. A mention without words of its own, in reply to somebody's message,
asks about that message (or the part of it that was quoted).

Channel posts, edits and service messages are not for the bot: ``ALLOWED_UPDATES`` keeps Telegram
from sending most of them, the filters refuse the rest.
"""

import asyncio
import functools
import logging
import re
from dataclasses import dataclass
from itertools import chain

from telegram import CallbackQuery, Message, MessageEntity, Update
from telegram.constants import ChatType, UpdateType
from telegram.error import TelegramError
from telegram.ext import CallbackQueryHandler, CommandHandler, MessageHandler, filters

from bot.telegram.context import App, Context, Question
from bot.telegram.errors import report_failure
from embeddings.normalise import visible

logger = logging.getLogger(__name__)

#: The kinds of update this bot asks Telegram for.
ALLOWED_UPDATES = (UpdateType.MESSAGE, UpdateType.CALLBACK_QUERY)
#: A text message's own limit (Bot API, ``Message``): a self-hosted server may let more through.
MAX_CLAIM_CHARACTERS = 4096
#: Actions that open with these are settings: their reply takes the place of the buttons' message.
SETTING_ACTIONS = ("lang:", "cal:", "notify:", "forget:")
#: Actions that are only acknowledged: their reply is shown for a moment, and the answer stays.
NOTICE_ACTIONS = ("useful:", "useless:", "tell:", "quiet:")
#: Characters of such a notice (Bot API, ``answerCallbackQuery``).
NOTICE_CHARACTERS = 200

_COMMANDS: dict[str, Question] = {
    "start": lambda talk, asker: talk.start(asker),
    "help": lambda talk, asker: talk.help(asker),
    "language": lambda talk, asker: talk.language(asker),
    "privacy": lambda talk, asker: talk.command(asker, "privacy", ""),
    "about": lambda talk, asker: talk.command(asker, "about", ""),
}
#: Commands whose replies are not for others to read.
_PERSONAL = ("notify", "mydata", "forgetme")
#: Every command that is answered to everybody.
PUBLIC_COMMANDS = frozenset({*_COMMANDS, *_PERSONAL, "check"})
# Telegram marks only ASCII commands; "/مساعدة" alone is meant as one all the same.
_LONE_COMMAND = re.compile(r"/\S*")
_SPACES = re.compile(r"[^\S\n]+")


def register(application: App) -> None:
    """Add every handler to ``application``, the most particular first."""
    meant = filters.UpdateType.MESSAGE & _FROM_A_PERSON & _FOR_THIS_BOT
    # Presses first: later handlers look at messages, and a press may carry one that is too old.
    application.add_handler(CallbackQueryHandler(on_press))
    # Not only where meant: in a group a bare command is for every bot that knows it.
    person = filters.UpdateType.MESSAGE & _FROM_A_PERSON
    application.add_handler(CommandHandler(list(_COMMANDS), on_command, person))
    application.add_handler(CommandHandler("check", on_check, person))
    application.add_handler(CommandHandler(_PERSONAL, on_personal_command, person))
    application.add_handler(MessageHandler(meant & _ANY_COMMAND, on_other_command))
    application.add_handler(MessageHandler(meant & (filters.TEXT | filters.CAPTION), on_claim))
    application.add_handler(MessageHandler(meant & filters.ATTACHMENT, on_unsupported))
    application.add_error_handler(report_failure)


def is_for(application: App, update: object) -> bool:
    """Whether any handler takes ``update``, as Telegram wrote it; one not understood counts too."""
    try:
        read = Update.de_json(update, application.bot)  # type: ignore[arg-type]
        listed = chain.from_iterable(application.handlers.values())
        checks = [each.check_update(read) for each in listed]
    except Exception:  # noqa: BLE001 - whatever PTB trips over; a worker will tell
        return True
    return any(check is not None and check is not False for check in checks)


async def on_command(update: Update, context: Context) -> None:
    """Answer one of the bot's own commands."""
    if update.message is None or (given := _given(update.message)) is None:
        return
    await context.answer(update, given.name, _COMMANDS[given.name])
    await context.refresh_menu(update)


async def on_check(update: Update, context: Context) -> None:
    """Answer a claim that is given with the command, or that the command replies to."""
    message = update.message
    if message is None or (given := _given(message)) is None:
        return
    text = given.argument or _replied_to(message)
    await context.answer(update, "check", lambda talk, asker: talk.claim(asker, text))


async def on_personal_command(update: Update, context: Context) -> None:
    """Do a command that is about the person themselves, where nobody reads along."""
    message = update.message
    if message is None or (given := _given(message)) is None:
        return
    if message.chat.type != ChatType.PRIVATE:
        await context.answer(update, given.name, lambda talk, asker: talk.in_private(asker))
        return
    await context.answer(
        update,
        given.name,
        lambda talk, asker: talk.command(asker, given.name, given.argument),
    )


async def on_other_command(update: Update, context: Context) -> None:
    """Do a moderator's command in their own chat; explain the commands that exist elsewhere.

    What moderators see is not for a group, and whether somebody is one is not either.
    """
    message = update.message
    if message is None or (given := _given(message)) is None:
        return
    if message.chat.type != ChatType.PRIVATE:
        await context.answer(update, "other_command", lambda talk, asker: talk.help(asker))
        return
    await context.answer(
        update,
        "other_command",
        lambda talk, asker: talk.command(asker, given.name, given.argument),
    )
    await context.refresh_menu(update)


async def on_claim(update: Update, context: Context) -> None:
    """Answer a text, a caption or a forward as a claim."""
    message = update.message
    if message is None:
        return
    context.bot_data.is_new_album(message)
    text = claim_text(message, context.bot.username)
    if text:
        await context.answer(update, "claim", lambda talk, asker: talk.claim(asker, text))
    else:
        await context.answer(update, "empty", lambda talk, asker: talk.help(asker))


async def on_unsupported(update: Update, context: Context) -> None:
    """Say, once for an album, that this kind of message is not read."""
    message = update.message
    if message is not None and context.bot_data.is_new_album(message):
        await context.answer(update, "unsupported", lambda talk, asker: talk.unsupported(asker))


async def on_press(update: Update, context: Context) -> None:
    """Answer a button; its waiting sign is taken away whatever becomes of the answer."""
    query = update.callback_query
    if query is None:
        return
    if query.data is not None and query.data.startswith(NOTICE_ACTIONS):
        await _notice(update, context, query, query.data)
        return
    acknowledged = asyncio.create_task(_acknowledge(query))
    try:
        # Only a game's button comes without data, and this bot has none.
        if (action := query.data) is None:
            return
        respond = context.rewrite if action.startswith(SETTING_ACTIONS) else context.answer
        await respond(update, "press", lambda talk, asker: talk.press(asker, action))
    finally:
        await acknowledged


def claim_text(message: Message, username: str) -> str:
    """Return what ``message`` asks about: its own words, else those it replies to; may be empty.

    Invisible characters and mentions of the bot itself are dropped, and the text is bounded.
    """
    mention = _mention(username)
    words = _words(message)
    own = _tidy(mention.sub(" ", words))
    if own or not mention.search(words):
        return own
    return _replied_to(message)


def _replied_to(message: Message) -> str:
    """Return the words that ``message`` replies to: the part it quotes, else all; may be empty."""
    if message.quote is not None:
        return _tidy(message.quote.text)
    return _tidy(_words(message.reply_to_message)) if message.reply_to_message else ""


@functools.cache
def _mention(username: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w@])@{re.escape(username)}(?!\w)", re.IGNORECASE | re.ASCII)


def _words(message: Message) -> str:
    return (message.text or message.caption or "")[:MAX_CLAIM_CHARACTERS]


def _tidy(text: str) -> str:
    return _SPACES.sub(" ", visible(text)).strip()


async def _notice(update: Update, context: Context, query: CallbackQuery, action: str) -> None:
    text: str | None = None
    try:
        reply = await context.ask(update, lambda talk, asker: talk.press(asker, action))
        text = "\n".join(block.text for block in reply.blocks)[:NOTICE_CHARACTERS]
    finally:
        await _acknowledge(query, text)


async def _acknowledge(query: CallbackQuery, text: str | None = None) -> None:
    try:
        await query.answer(text)
    except TelegramError as error:
        # Too old, most likely: the person no longer waits for it.
        logger.info("press_not_acknowledged", extra={"error": type(error).__name__})


def _command_of(message: Message) -> str | None:
    """Return the command ``message`` is ("/help", "/help@some_bot"), or None."""
    text = message.text or ""
    for entity in message.entities:
        if entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0:
            return text[: entity.length]
    return text if _LONE_COMMAND.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class _Given:
    """A command without its slash and the bot's name, and what follows it."""

    name: str
    argument: str


def _given(message: Message) -> _Given | None:
    command = _command_of(message)
    if command is None:
        return None
    name = command[1:].partition("@")[0].lower()
    return _Given(name, visible(_words(message)[len(command) :]).strip())


class _FromAPerson(filters.MessageFilter):
    """Messages of people: other bots, among them groups that post as themselves, get no reply."""

    def filter(self, message: Message) -> bool:
        return message.from_user is not None and not message.from_user.is_bot


class _AnyCommand(filters.MessageFilter):
    """Messages that are a command, known or not."""

    def filter(self, message: Message) -> bool:
        return _command_of(message) is not None


class _ForThisBot(filters.MessageFilter):
    """Private messages; in a group, those that reply to this bot or mention it."""

    def filter(self, message: Message) -> bool:
        if message.chat.type == ChatType.PRIVATE:
            return True
        bot = message.get_bot()
        command = _command_of(message)
        if command is not None:
            return command.lower().endswith(f"@{bot.username}".lower())
        replied = message.reply_to_message
        if (
            replied is not None
            and replied.from_user is not None
            and replied.from_user.id == bot.id
            # In a forum every message of a topic formally replies to the topic's creation.
            and replied.forum_topic_created is None
        ):
            return True
        return _mention(bot.username).search(_words(message)) is not None


_FROM_A_PERSON = _FromAPerson()
_ANY_COMMAND = _AnyCommand()
_FOR_THIS_BOT = _ForThisBot()
