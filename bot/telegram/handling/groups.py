"""Handle groups and channels: settings, watched messages, joining and leaving.

Messages in a watched group are not addressed to the bot. Intake accepts them by
``is_overheard``, and a worker passes them to ``look`` only, so that no other handler ever takes
them for a question.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from telegram import Bot, ChatMember, ChatMemberRestricted, Message, MessageOriginUser, Update
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import (
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    filters,
)

from bot.conversation.groups import COMMANDS, PREFIX
from bot.conversation.interface import GroupContext, MemberStatus
from bot.stopping import repeat_during
from bot.telegram.handling.context import (
    App,
    Context,
    HandlerState,
    find_asker,
    find_place,
    log_answered,
)
from bot.telegram.handling.media_messages import answer_about
from bot.telegram.handling.pending_reply import PendingReply
from bot.telegram.incoming.filters import AS_THE_GROUP, ASKS_IN_A_CHANNEL, FROM_A_PERSON
from bot.telegram.incoming.message_text import (
    find_command,
    find_command_name,
    find_question,
    find_text,
)
from bot.telegram.outgoing.callback_answers import acknowledge, format_notice
from bot.telegram.outgoing.send_errors import log_fields
from bot.telegram.outgoing.sending import Place

logger = logging.getLogger(__name__)

#: An older message gets no unasked reply, as after a network outage.
FRESH: Final = timedelta(minutes=10)
#: Seconds between reloads of the watched groups, which other processes may change.
LOOK_SECONDS: Final = 5.0

_GROUPS: Final = (ChatType.GROUP, ChatType.SUPERGROUP)
_INSIDE: Final = (ChatMember.OWNER, ChatMember.ADMINISTRATOR, ChatMember.MEMBER)
_ADMINS: Final = (ChatMember.OWNER, ChatMember.ADMINISTRATOR)


def register(application: App) -> None:
    """Add the handlers of groups and channels. Call it before the others, which take any press."""
    application.add_handler(CallbackQueryHandler(on_press, f"^{PREFIX}:"))
    speaks = filters.UpdateType.MESSAGE & (FROM_A_PERSON | AS_THE_GROUP)
    application.add_handler(CommandHandler(COMMANDS, on_command, speaks))
    moving = filters.UpdateType.MESSAGE & filters.StatusUpdate.MIGRATE
    application.add_handler(MessageHandler(moving, on_move))
    application.add_handler(ChatMemberHandler(on_membership, ChatMemberHandler.MY_CHAT_MEMBER))
    post = filters.UpdateType.CHANNEL_POST & ASKS_IN_A_CHANNEL
    application.add_handler(MessageHandler(post, on_post))


async def on_command(update: Update, context: Context) -> None:
    """Handle an admin's command in a group; in a private chat say that it is for groups."""
    message = update.message
    if message is None or (command := find_command(message)) is None:
        return
    if message.chat.type == ChatType.PRIVATE:
        await context.answer(
            update, command.name, lambda talk, asker: talk.command(asker, command.name, "")
        )
        return
    # Only admins can post as the group itself; Telegram does not say which of them it is.
    person = None if message.sender_chat is not None else message.from_user
    here = await _load_context(
        context.bot, message.chat.id, person.id if person is not None else None
    )
    if command.name == "watch":
        await context.say(
            update,
            command.name,
            lambda talk, asker: talk.groups.watch(asker, here, command.argument),
        )
    else:
        await context.say(
            update, command.name, lambda talk, asker: talk.groups.settings(asker, here)
        )


async def on_press(update: Update, context: Context) -> None:
    """Change a setting for an admin and edit the message; show others a notice that they cannot.

    Whether they are an admin is asked at each press, because it can change.
    """
    query = update.callback_query
    if query is None or query.message is None or (action := query.data) is None:
        return
    text: str | None = None
    try:
        here = await _load_context(context.bot, query.message.chat.id, query.from_user.id)
        if here.standing is MemberStatus.ADMIN:
            await context.rewrite(
                update, "press", lambda talk, asker: talk.groups.press(asker, here, action)
            )
        else:
            refusal = await context.ask(
                update, lambda talk, asker: talk.groups.press(asker, here, action)
            )
            text = format_notice(refusal)
    finally:
        await acknowledge(query, text)


async def on_post(update: Update, context: Context) -> None:
    """Reply to a channel's post that asks something."""
    post = update.channel_post
    if post is None:
        return
    asked = find_question(post, context.bot.username)
    await answer_about(update, context, post, "channel_post", asked)


async def on_membership(update: Update, context: Context) -> None:
    """Greet a group that the bot joins; delete data of groups it left and people who blocked it.

    A channel gets no greeting: it would be a post to everybody.
    """
    change = update.my_chat_member
    if change is None:
        return
    chat, was, stays = (
        change.chat,
        _is_member(change.old_chat_member),
        _is_member(change.new_chat_member),
    )
    if chat.type == ChatType.PRIVATE:
        if not stays:
            await context.ask(update, lambda talk, asker: talk.mark_unreachable(asker))
    elif not stays:
        await context.ask(update, lambda talk, _: talk.groups.left(chat.id))
    elif not was and chat.type in _GROUPS:
        greeting = await context.ask(update, lambda talk, asker: talk.groups.greeting(asker))
        context.bot_data.pending(update.update_id).say(greeting, Place(chat.id))


async def on_move(update: Update, context: Context) -> None:
    """Move a group's settings to its new id. Telegram announces the move in both chats."""
    message = update.message
    if message is None:
        return
    here, to, before = message.chat.id, message.migrate_to_chat_id, message.migrate_from_chat_id
    old, new = (here, to) if to is not None else (before, here)
    if old is not None:
        await move(context.bot_data, old, new)


async def move(state: HandlerState, old: int, new: int) -> None:
    """Move a group's settings to its new id. Raises DatabaseFailed."""
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(state.quick, state.talk.groups.moved, old, new)


def is_overheard(application: App, chat: int, update: object) -> bool:
    """Whether a raw update is a watched group's message to check although nobody asked."""
    if not application.bot_data.talk.groups.is_watched(chat):
        return False
    try:
        read = Update.de_json(update, application.bot)  # type: ignore[arg-type]
        message = read.message
        fresh = message is not None and datetime.now(UTC) - message.date < FRESH
        return message is not None and fresh and _says_something(message, application.bot.id)
    except Exception:  # noqa: BLE001 - whatever PTB trips over: nobody asked, so nobody misses it
        return False


async def look(state: HandlerState, update: Update, pending: PendingReply) -> None:
    """Put an unasked reply to a watched group's message into ``pending``, if there is one."""
    place, asker, message = find_place(update), find_asker(update), update.message
    if place is None or asker is None or message is None:
        return
    started = time.perf_counter()
    reply = await asyncio.get_running_loop().run_in_executor(
        state.aside, state.talk.groups.look, asker, find_text(message)
    )
    if reply is not None:
        log_answered(update, "watch", pending.say(reply, place), started)


@contextlib.asynccontextmanager
async def remember_watched_groups(state: HandlerState) -> AsyncIterator[None]:
    """Keep the watched groups in memory while the body runs; they are loaded before it starts."""
    refresh = partial(_refresh, state)
    await refresh()
    async with repeat_during(refresh, LOOK_SECONDS):
        yield


async def _refresh(state: HandlerState) -> None:
    try:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(state.quick, state.talk.groups.refresh)
    except Exception as error:  # noqa: BLE001 - logged; what is remembered stays until the next look
        logger.error("watched_groups_unreadable", extra=log_fields(error))


def _says_something(message: Message, bot_id: int) -> bool:
    """Whether a message has a person's own words: not a bot's, and not a forward of this bot's."""
    origin, via = message.forward_origin, message.via_bot
    by_bot = message.sender_chat is None and (message.from_user is None or message.from_user.is_bot)
    ours = (isinstance(origin, MessageOriginUser) and origin.sender_user.id == bot_id) or (
        via is not None and via.id == bot_id
    )
    return (
        bool(find_text(message)) and find_command_name(message) is None and not by_bot and not ours
    )


async def _load_context(bot: Bot, chat: int, person: int | None) -> GroupContext:
    """Return the group and the status of ``person`` there; None posts as the group itself."""
    standing = MemberStatus.ADMIN if person is None else await _load_status(bot, chat, person)
    readable = standing is not MemberStatus.ADMIN or await _is_readable(bot, chat)
    return GroupContext(chat, standing, readable)


async def _load_status(bot: Bot, chat: int, person: int) -> MemberStatus:
    try:
        member = await bot.get_chat_member(chat, person)
    except TelegramError as error:
        logger.warning("standing_unknown", extra={"error": type(error).__name__})
        return MemberStatus.UNKNOWN
    return MemberStatus.ADMIN if member.status in _ADMINS else MemberStatus.MEMBER


async def _is_readable(bot: Bot, chat: int) -> bool:
    """Whether the bot receives messages not addressed to it; assumed if it is unknown."""
    try:
        if (await bot.get_me()).can_read_all_group_messages:
            return True
    except TelegramError as error:
        logger.warning("privacy_mode_unknown", extra={"error": type(error).__name__})
        return True
    return await _load_status(bot, chat, bot.id) is not MemberStatus.MEMBER


def _is_member(member: ChatMember) -> bool:
    if isinstance(member, ChatMemberRestricted):
        return member.is_member
    return member.status in _INSIDE
