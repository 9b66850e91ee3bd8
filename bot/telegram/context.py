"""What a handler has at hand: the conversation off the loop, a typing sign, delivery."""

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from telegram import BotCommand, BotCommandScopeChat, Message, Update
from telegram.constants import ChatAction, ChatType, ParseMode
from telegram.error import BadRequest, TelegramError
from telegram.ext import Application, CallbackContext, ExtBot

from bot.conversation.reply import Asker, Reply
from bot.conversation.talk import Talk
from bot.telegram.render import Rendered, render
from bot.telegram.sending import NO_PREVIEW, Place, persistently, send

logger = logging.getLogger(__name__)

#: Calls of the conversation at once: the model uses all cores anyway, the rest waits in line.
TALK_THREADS = 4
# Telegram shows "typing" for five seconds (Bot API, ``sendChatAction``): renewed before it fades.
_TYPING_SECONDS = 4.0
# Albums remembered, so that ten photos without a caption get one reply; the oldest are forgotten.
_ALBUMS = 1024
# Chats whose menu of commands is remembered: moderators are few.
_MENUS = 1024

#: Commands and their descriptions, as a chat's menu shows them.
Menu: TypeAlias = tuple[tuple[str, str], ...]

#: A question to the conversation, e.g. ``lambda talk, asker: talk.claim(asker, text)``.
Question: TypeAlias = Callable[[Talk, Asker], Reply]


@dataclass(slots=True)
class Desk:
    """What all handlers of one application share (its ``bot_data``)."""

    talk: Talk
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(TALK_THREADS, thread_name_prefix="talk")
    )
    _albums: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _menus: OrderedDict[int, Menu] = field(default_factory=OrderedDict)

    def is_new_menu(self, chat_id: int, menu: Menu) -> bool:
        """Whether ``menu`` is another than was last shown in the chat, as far as is known."""
        known = self._menus.pop(chat_id, ())
        if menu:
            self._menus[chat_id] = menu
        if len(self._menus) > _MENUS:
            self._menus.popitem(last=False)
        return known != menu

    def is_new_album(self, message: Message) -> bool:
        """Whether ``message`` is the first seen of its album; a single message always is."""
        album = message.media_group_id
        if album is None:
            return True
        if album in self._albums:
            return False
        self._albums[album] = None
        if len(self._albums) > _ALBUMS:
            self._albums.popitem(last=False)
        return True


class Context(CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], Desk]):
    """The callback context of this bot's handlers."""

    async def answer(self, update: Update, kind: str, question: Question) -> None:
        """Ask the conversation, typing meanwhile, and send its reply under the person's message.

        ``kind`` names the way in for the log line, which carries latencies but no text. Raises
        ``TelegramError`` when the reply cannot be sent and whatever the conversation raises.
        """
        place, asker = _place(update), _asker(update)
        if place is None or asker is None:
            return
        started = time.perf_counter()
        async with self._typing(place):
            reply = await self._ask(question, asker)
        asked = time.perf_counter()
        sent = await send(self.bot, reply, place)
        _log_answered(update, kind, sent, started, asked)

    async def rewrite(self, update: Update, kind: str, question: Question) -> None:
        """Ask the conversation and put its reply in place of the message that held the button.

        A message Telegram no longer hands out, or a reply that takes more than one, is answered
        instead. Raises as ``answer`` does.
        """
        query = update.callback_query
        message = query.message if query is not None else None
        asker = _asker(update)
        if asker is None or not isinstance(message, Message):
            await self.answer(update, kind, question)
            return
        started = time.perf_counter()
        reply = await self._ask(question, asker)
        asked = time.perf_counter()
        messages = render(reply)
        if len(messages) != 1 or reply.picture is not None:
            await self.answer(update, kind, lambda _talk, _asker: reply)
            return
        await self._edit(messages[0], message)
        _log_answered(update, kind, 1, started, asked)

    async def ask(self, update: Update, question: Question) -> Reply:
        """Return what the conversation replies, for the handler to show; raises what it raises.

        Only for updates that come from a person.
        """
        asker = _asker(update)
        if asker is None:
            raise ValueError(f"update {update.update_id} is from nobody")
        return await self._ask(question, asker)

    async def refresh_menu(self, update: Update) -> None:
        """Show a moderator the menu of what they may do, in their own chat; take it from others.

        A sign only: where it cannot be shown, the commands work all the same.
        """
        asker = _asker(update)
        if asker is None or asker.address is None:
            return
        loop, chat_id = asyncio.get_running_loop(), int(asker.address)
        menu = await loop.run_in_executor(self.bot_data.threads, self.bot_data.talk.menu, asker)
        if not self.bot_data.is_new_menu(chat_id, menu):
            return
        scope = BotCommandScopeChat(chat_id)
        try:
            if menu:
                listed = [BotCommand(command, description) for command, description in menu]
                await self.bot.set_my_commands(listed, scope=scope)
            else:
                await self.bot.delete_my_commands(scope=scope)
        except TelegramError as error:
            logger.warning("menu_not_shown", extra={"error": type(error).__name__})

    async def apologise(self, update: Update) -> None:
        """Send the reply that says something broke on our side. Raises as ``answer`` does."""
        await self.answer(update, "failure", lambda talk, asker: talk.failure(asker))

    async def _ask(self, question: Question, asker: Asker) -> Reply:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self.bot_data.threads, question, self.bot_data.talk, asker
        )

    @contextlib.asynccontextmanager
    async def _typing(self, place: Place) -> AsyncIterator[None]:
        """Show "typing" for as long as the body takes, without ever delaying it."""
        sign = asyncio.create_task(self._keep_typing(place))
        try:
            yield
        finally:
            sign.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sign

    async def _keep_typing(self, place: Place) -> None:
        # A sign only: where it cannot be shown, the answer matters all the same.
        with contextlib.suppress(TelegramError):
            while True:
                await self.bot.send_chat_action(
                    place.chat_id, ChatAction.TYPING, message_thread_id=place.topic_id
                )
                await asyncio.sleep(_TYPING_SECONDS)

    async def _edit(self, rendered: Rendered, message: Message) -> None:
        try:
            await persistently(
                lambda: self.bot.edit_message_text(
                    rendered.html,
                    chat_id=message.chat_id,
                    message_id=message.message_id,
                    parse_mode=ParseMode.HTML,
                    link_preview_options=NO_PREVIEW,
                    reply_markup=rendered.keyboard,
                )
            )
        except BadRequest as error:
            # The same button hit twice: the message already says so.
            if "not modified" not in error.message.lower():
                raise


#: The application these handlers live in; it has no job queue (PTB's last type argument).
App: TypeAlias = Application[ExtBot[None], Context, dict[Any, Any], dict[Any, Any], Desk, None]


def _asker(update: Update) -> Asker | None:
    person, chat = update.effective_user, update.effective_chat
    if person is None:
        return None
    # A group is no place to be told something later: only who writes in private is remembered.
    private = chat is not None and chat.type == ChatType.PRIVATE
    address = str(chat.id) if chat is not None and private else None
    return Asker(person.id, person.language_code, address)


def _place(update: Update) -> Place | None:
    """Return where the reply to ``update`` goes, or None where there is nowhere."""
    query = update.callback_query
    held = update.message if query is None else query.message
    if isinstance(held, Message):
        topic = held.message_thread_id if held.is_topic_message else None
        return Place(held.chat.id, topic, held.message_id)
    if held is not None:
        return Place(held.chat.id)
    return None if query is None else Place(query.from_user.id)


def _log_answered(update: Update, kind: str, messages: int, started: float, asked: float) -> None:
    logger.info(
        "update_answered",
        extra={
            "update_id": update.update_id,
            "kind": kind,
            "messages": messages,
            "talk_ms": round((asked - started) * 1000),
            "send_ms": round((time.perf_counter() - asked) * 1000),
        },
    )
