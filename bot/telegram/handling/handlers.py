"""Dispatch updates to handlers, each of which asks the conversation one question.

In a private chat everything is meant for the bot. In a group only these are: a command, a reply to
one of its messages, a mention. A mention without words of its own, in reply to somebody's message,
asks about that message (or the part of it that was quoted).

An edited message is answered again if it is a claim or ``/check``; other commands were done when
they were given. Service messages are ignored: ``ALLOWED_UPDATES`` keeps Telegram from sending most
of them, the filters drop the rest. ``groups`` has the handlers for groups and channels only.
"""

import asyncio
from collections.abc import Sequence
from itertools import chain

from telegram import CallbackQuery, Message, Update
from telegram.constants import ChatType
from telegram.ext import (
    CallbackQueryHandler,
    ChosenInlineResultHandler,
    CommandHandler,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot.conversation.reply import Button
from bot.telegram.handling import groups
from bot.telegram.handling.context import App, Context, Question
from bot.telegram.handling.failure_report import report_failure
from bot.telegram.handling.inline_queries import on_chosen, on_typed
from bot.telegram.handling.media_messages import answer_about, find_media_message, on_media
from bot.telegram.incoming.decoding import decode_update
from bot.telegram.incoming.filters import ANY_COMMAND, FOR_THIS_BOT, FROM_A_PERSON
from bot.telegram.incoming.message_text import find_command, find_message, find_question
from bot.telegram.outgoing.callback_answers import acknowledge, format_notice
from bot.telegram.outgoing.keyboards import may_replace, replace_buttons
from bot.telegram.outgoing.rendering import Buttons

#: Prefixes of settings' actions: their reply replaces the message with the buttons.
SETTING_ACTIONS = ("lang:", "cal:", "notify:", "forget:")
#: Prefixes of actions that are only acknowledged: their reply is shown as a notice, and its
#: buttons replace some of the answer's. The answer itself stays.
NOTICE_ACTIONS = ("useful:", "useless:", "tell:", "quiet:")

_COMMANDS: dict[str, Question] = {
    "start": lambda talk, asker: talk.start(asker),
    "help": lambda talk, asker: talk.help(asker),
    "language": lambda talk, asker: talk.language(asker),
    "privacy": lambda talk, asker: talk.command(asker, "privacy", ""),
    "about": lambda talk, asker: talk.command(asker, "about", ""),
}
#: Commands whose replies are private.
_PERSONAL = ("notify", "mydata", "forgetme")


def register(application: App) -> None:
    """Add all handlers to ``application``, the most specific first."""
    groups.register(application)
    meant = filters.UpdateType.MESSAGE & FROM_A_PERSON & FOR_THIS_BOT
    # Presses first: later handlers read messages, and a press may carry an inaccessible one.
    application.add_handler(CallbackQueryHandler(on_press))
    application.add_handler(InlineQueryHandler(on_typed))
    application.add_handler(ChosenInlineResultHandler(on_chosen))
    # Without the filter ``meant``: in a group a bare command is for every bot that knows it.
    person = filters.UpdateType.MESSAGE & FROM_A_PERSON
    application.add_handler(CommandHandler(list(_COMMANDS), on_command, person))
    asked = filters.UpdateType.MESSAGES & FROM_A_PERSON
    application.add_handler(CommandHandler("check", on_check, asked))
    application.add_handler(CommandHandler(_PERSONAL, on_personal_command, person))
    application.add_handler(MessageHandler(meant & ANY_COMMAND, on_other_command))
    claims = asked & FOR_THIS_BOT & ~ANY_COMMAND & (filters.TEXT | filters.CAPTION)
    application.add_handler(MessageHandler(claims, on_claim))
    # Live locations are edited all the time: of media without text only edited pictures count.
    exchanged = filters.UpdateType.EDITED_MESSAGE & FROM_A_PERSON & FOR_THIS_BOT & filters.PHOTO
    shown = (meant & filters.ATTACHMENT) | exchanged
    application.add_handler(MessageHandler(shown, on_media))
    application.add_error_handler(report_failure)


def is_handled(application: App, update: object) -> bool:
    """Whether any handler takes a raw update; one that cannot be decoded counts too."""
    try:
        read = decode_update(update, application.bot)
        listed = chain.from_iterable(application.handlers.values())
        checks = [each.check_update(read) for each in listed]
    except Exception:  # noqa: BLE001 - whatever PTB trips over; a worker will tell
        return True
    return any(check is not None and check is not False for check in checks)


async def on_command(update: Update, context: Context) -> None:
    """Answer one of the commands that take no argument."""
    if update.message is None or (command := find_command(update.message)) is None:
        return
    await context.answer(update, command.name, _COMMANDS[command.name])
    await context.refresh_menu(update)


async def on_check(update: Update, context: Context) -> None:
    """Answer the claim given with the command, or the one that the command replies to."""
    message = find_message(update)
    if message is not None:
        asked = find_question(message, context.bot.username)
        await answer_about(update, context, message, "check", asked)


async def on_personal_command(update: Update, context: Context) -> None:
    """Handle a command about the person themselves, in a private chat only."""
    message = update.message
    if message is None or (command := find_command(message)) is None:
        return
    if message.chat.type != ChatType.PRIVATE:
        await context.answer(update, command.name, lambda talk, asker: talk.in_private(asker))
        return
    await context.answer(
        update,
        command.name,
        lambda talk, asker: talk.command(asker, command.name, command.argument),
    )


async def on_other_command(update: Update, context: Context) -> None:
    """Handle a moderator's command in a private chat; otherwise explain the commands.

    In a group neither moderators' data nor whether somebody is a moderator may show.
    """
    message = update.message
    if message is None or (command := find_command(message)) is None:
        return
    if message.chat.type != ChatType.PRIVATE:
        await context.answer(update, "other_command", lambda talk, asker: talk.help(asker))
        return
    await context.answer(
        update,
        "other_command",
        lambda talk, asker: talk.command(asker, command.name, command.argument),
    )
    await context.refresh_menu(update)


async def on_claim(update: Update, context: Context) -> None:
    """Answer a text, a caption or a forward as a claim."""
    message = find_message(update)
    if message is None:
        return
    context.bot_data.is_new_album(message)
    asked = find_question(message, context.bot.username)
    if asked.text or find_media_message(message) is not None:
        await answer_about(update, context, message, "claim", asked)
    else:
        await context.answer(update, "empty", lambda talk, asker: talk.help(asker))


async def on_press(update: Update, context: Context) -> None:
    """Answer a button; its progress indicator is always ended."""
    query = update.callback_query
    if query is None:
        return
    if query.data is not None and query.data.startswith(NOTICE_ACTIONS):
        await _notice(update, context, query, query.data)
        return
    acknowledged = asyncio.create_task(acknowledge(query))
    try:
        # Only buttons of games have no data, and this bot has no games.
        if (action := query.data) is None:
            return
        rewrites = action.startswith(SETTING_ACTIONS) and may_replace(query.message, action)
        respond = context.rewrite if rewrites else context.answer
        await respond(update, "press", lambda talk, asker: talk.press(asker, action))
    finally:
        await acknowledged


async def _notice(update: Update, context: Context, query: CallbackQuery, action: str) -> None:
    text: str | None = None
    try:
        reply = await context.ask(update, lambda talk, asker: talk.press(asker, action))
        text = format_notice(reply)
        _relabel(update, context, query, reply.buttons)
    finally:
        await acknowledge(query, text)


def _relabel(
    update: Update, context: Context, query: CallbackQuery, buttons: Sequence[Sequence[Button]]
) -> None:
    """Show the choice in the answer's buttons, if Telegram still provides the message."""
    message, pressed = query.message, query.data
    if not isinstance(message, Message) or message.reply_markup is None or pressed is None:
        return
    keyboard = replace_buttons(message.reply_markup, pressed, buttons)
    if keyboard != message.reply_markup:
        shown = Buttons(message.message_id, keyboard)
        context.bot_data.pending(update.update_id).relabel(shown, message.chat_id)
