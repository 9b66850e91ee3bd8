"""Let handlers ask the conversation off the event loop, with placeholders for slow answers."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from cachetools import LRUCache
from telegram import BotCommand, BotCommandScopeChat, Message, Update
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import Application, CallbackContext, ExtBot

from bot.conversation.interface import Talk
from bot.conversation.reply import Asker, Reply
from bot.observability import telemetry
from bot.observability.logs import Threads
from bot.telegram.handling.bounded_pool import BoundedPool
from bot.telegram.handling.pending_reply import PendingReply
from bot.telegram.incoming.message_text import find_message, find_question
from bot.telegram.outgoing.paced_requests import Pacer
from bot.telegram.outgoing.rendering import render
from bot.telegram.outgoing.sending import Place, send_part
from bot.telegram.outgoing.unrecorded_window import UnrecordedWindow
from embeddings.errors import IndexUnavailable
from knowledge.claims.arabizi import language_spoken

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

#: Concurrent calls of the conversation: the model uses all cores anyway, others queue.
TALK_THREADS = 4
# Calls without a model must not wait for those with one.
_QUICK_THREADS = 2
# Unasked checks in groups have one thread, so that they never delay people who ask.
_ASIDE_THREADS = 1
#: Pictures read concurrently, and accepted in all: one takes a second or two of a processor.
PICTURE_THREADS, PICTURES = 2, 12
#: Pages read concurrently, and accepted in all: each is mostly waiting, eight seconds at most.
LINK_THREADS, LINKS = 8, 24
# Albums remembered, so that ten photos without a caption get one reply.
_ALBUMS = 1024
# Chats whose command menu is remembered: moderators are few.
_MENUS = 1024

#: A chat's command menu: commands and their descriptions.
Menu: TypeAlias = tuple[tuple[str, str], ...]

#: A question to the conversation, e.g. ``lambda talk, asker: talk.claim(asker, text)``.
Question: TypeAlias = Callable[[Talk, Asker], Reply]
#: Prepares a question, such as by downloading a picture from Telegram.
PrepareQuestion: TypeAlias = Callable[[], Awaitable[Question]]


@dataclass(slots=True)
class HandlerState:
    """The state that all handlers of an application share (its ``bot_data``)."""

    talk: Talk
    pacer: Pacer
    #: Limits the messages that may be sent but not yet recorded as sent.
    window: UnrecordedWindow
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: Threads(TALK_THREADS, thread_name_prefix="talk")
    )
    quick: ThreadPoolExecutor = field(
        default_factory=lambda: Threads(_QUICK_THREADS, thread_name_prefix="quick")
    )
    aside: ThreadPoolExecutor = field(
        default_factory=lambda: Threads(_ASIDE_THREADS, thread_name_prefix="aside")
    )
    pictures: BoundedPool = field(
        default_factory=lambda: BoundedPool("pictures", PICTURE_THREADS, PICTURES)
    )
    links: BoundedPool = field(default_factory=lambda: BoundedPool("links", LINK_THREADS, LINKS))
    _pending: dict[int, PendingReply] = field(default_factory=dict)
    _albums: LRUCache[str, int] = field(default_factory=lambda: LRUCache(_ALBUMS))
    _menus: LRUCache[int, Menu] = field(default_factory=lambda: LRUCache(_MENUS))

    def pending(self, update_id: int) -> PendingReply:
        """Return the pending reply of an update."""
        return self._pending.setdefault(update_id, PendingReply())

    @contextlib.contextmanager
    def holding(self, update_id: int, pending: PendingReply) -> Iterator[None]:
        """Register an update's pending reply while the body answers it."""
        self._pending[update_id] = pending
        try:
            yield
        finally:
            del self._pending[update_id]

    def close(self) -> None:
        """Shut down the threads: running calls finish, queued ones are cancelled."""
        every = (self.threads, self.quick, self.aside, self.pictures.threads, self.links.threads)
        for threads in every:
            threads.shutdown(wait=False, cancel_futures=True)

    def is_new_menu(self, chat_id: int, menu: Menu) -> bool:
        """Whether ``menu`` differs from the one last set in the chat, as far as is remembered."""
        known = self._menus.pop(chat_id, ())
        if menu:
            self._menus[chat_id] = menu
        return known != menu

    def is_new_album(self, message: Message) -> bool:
        """Whether ``message`` is the first of its album, also when it is retried.

        A message without an album always is.
        """
        album = message.media_group_id
        if album is None:
            return True
        return self._albums.setdefault(album, message.message_id) == message.message_id


class Context(CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], HandlerState]):
    """The callback context of this bot's handlers.

    Only callback answers are sent from here. Replies are put into the update's ``PendingReply``;
    the worker stores them first, then sends them.
    """

    async def answer(
        self, update: Update, kind: str, question: Question, pool: BoundedPool | None = None
    ) -> None:
        """Ask the conversation, and reply to the person's message with the result.

        If it takes long, a placeholder is shown, which is then edited into the answer. Slow
        questions run in a pool (``pool``); if that is full, the person is told so. ``kind`` names
        the update's kind for the log, which has latencies but no text. Raises what the
        conversation raises.
        """

        async def given() -> Question:
            return question

        await self.answer_with(update, kind, given, pool)

    async def answer_with(
        self, update: Update, kind: str, prepare: PrepareQuestion, pool: BoundedPool | None = None
    ) -> None:
        """As ``answer``, with the question that ``prepare`` prepares; raises what it raises."""
        place, asker = find_place(update), find_asker(update)
        if place is None or asker is None:
            return
        pending = self.bot_data.pending(update.update_id)
        started = time.perf_counter()
        async with self._placeholder(pending, place, asker):
            if pool is None:
                reply = await self._ask(await prepare(), asker)
            else:
                reply = await self._ask_in(pool, prepare, asker)
        log_answered(update, kind, pending.say(reply, place), started)

    async def say(
        self, update: Update, kind: str, question: Callable[[Talk, Asker], Reply | None]
    ) -> None:
        """Ask the conversation, and reply to the message if there is a reply.

        There is no placeholder, because there may be no reply. Raises as ``answer`` does.
        """
        started = time.perf_counter()
        reply, place = await self.ask(update, question), find_place(update)
        if reply is not None and place is not None:
            said = self.bot_data.pending(update.update_id).say(reply, place)
            log_answered(update, kind, said, started)

    async def rewrite(self, update: Update, kind: str, question: Question) -> None:
        """Ask the conversation, and edit the button's message into the reply.

        If Telegram no longer provides the message, or the reply takes several messages, send a new
        one instead. Raises as ``answer`` does.
        """
        query = update.callback_query
        message = query.message if query is not None else None
        asker = find_asker(update)
        if asker is None or not isinstance(message, Message):
            await self.answer(update, kind, question)
            return
        started = time.perf_counter()
        reply = await self._ask(question, asker)
        one = len(render(reply)) == 1 and reply.picture is None
        place = find_place(update) or Place(message.chat_id)
        said = self.bot_data.pending(update.update_id).say(
            reply, place, message.message_id if one else None
        )
        log_answered(update, kind, said, started)

    async def ask(self, update: Update, question: Callable[[Talk, Asker], _T]) -> _T:
        """Return the conversation's result for the handler to use; raises what it raises.

        Only for updates that come from a person.
        """
        asker = find_asker(update)
        if asker is None:
            raise ValueError(f"update {update.update_id} has no sender")
        return await self._ask(question, asker)

    async def refresh_menu(self, update: Update) -> None:
        """Set a moderator's command menu in their private chat; remove it from others.

        The menu is only a hint: if it cannot be set, the commands work all the same.
        """
        asker = find_asker(update)
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

    async def _ask_in(self, pool: BoundedPool, prepare: PrepareQuestion, asker: Asker) -> Reply:
        with pool.place() as is_free:
            if is_free:
                return await self._ask(await prepare(), asker, pool.threads)
        return await self._ask(lambda talk, asker: talk.busy(asker), asker, self.bot_data.quick)

    async def _ask(
        self,
        question: Callable[[Talk, Asker], _T],
        asker: Asker,
        threads: ThreadPoolExecutor | None = None,
    ) -> _T:
        loop, state = asyncio.get_running_loop(), self.bot_data
        return await loop.run_in_executor(threads or state.threads, question, state.talk, asker)

    @contextlib.asynccontextmanager
    async def _placeholder(
        self, pending: PendingReply, place: Place, asker: Asker
    ) -> AsyncIterator[None]:
        """Show a placeholder if the body takes until one is due."""
        if pending.placeholder_at is None or pending.placeholder is not None:
            yield
            return
        found = asyncio.Event()
        standing = asyncio.create_task(self._stand_in(pending, place, asker, found))
        try:
            yield
        except IndexUnavailable:
            # The answer comes later: the placeholder says that it is looked for.
            found.set()
            await standing
            if pending.placeholder is None:
                await self._show_placeholder(pending, place, asker, asyncio.Event())
            raise
        finally:
            found.set()
            # Wait for a placeholder that is being sent: the answer will replace it.
            await standing

    async def _stand_in(
        self, pending: PendingReply, place: Place, asker: Asker, found: asyncio.Event
    ) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(pending.placeholder_at):
                await found.wait()
        await self._show_placeholder(pending, place, asker, found)

    async def _show_placeholder(
        self, pending: PendingReply, place: Place, asker: Asker, found: asyncio.Event
    ) -> None:
        """Send a placeholder unless the answer is ``found`` first."""
        loop, state = asyncio.get_running_loop(), self.bot_data
        # A placeholder never takes a send slot that an answer waits for.
        if found.is_set() or state.pacer.wait(place.chat_id):
            return
        try:
            words = await loop.run_in_executor(state.quick, state.talk.compose_placeholder, asker)
            (part,) = render(words)
            async with state.window:
                if found.is_set() or state.pacer.wait(place.chat_id):
                    return
                pending.placeholder = await send_part(self.bot, part, place)
                if pending.note_placeholder is not None:
                    await pending.note_placeholder(pending.placeholder)
        except Exception as error:  # noqa: BLE001 - the answer matters, this does not
            logger.warning("placeholder_not_shown", extra={"error": type(error).__name__})


#: The application these handlers live in; it has no job queue (PTB's last type argument).
App: TypeAlias = Application[
    ExtBot[None], Context, dict[Any, Any], dict[Any, Any], HandlerState, None
]


def find_asker(update: Update) -> Asker | None:
    """Return the person behind an update; None if there is none."""
    person, chat, post = update.effective_user, update.effective_chat, update.channel_post
    if post is not None:
        # A channel posts as itself; its language is unknown.
        language = language_spoken(find_question(post, post.get_bot().username).text)
        return Asker(post.chat.id, language, group=post.chat.id)
    spoken_as = update.message.sender_chat if update.message is not None else None
    if chat is not None and spoken_as is not None and spoken_as.id == chat.id:
        return Asker(chat.id, group=chat.id)
    if person is None:
        return None
    # Notifications go to private chats only: no address is stored from a group.
    if chat is not None and chat.type == ChatType.PRIVATE:
        return Asker(person.id, person.language_code, str(chat.id))
    return Asker(person.id, person.language_code, group=chat.id if chat is not None else None)


def find_place(update: Update) -> Place | None:
    """Return where the reply to an update goes; None if there is no chat."""
    query = update.callback_query
    held = find_message(update) or update.channel_post if query is None else query.message
    if isinstance(held, Message):
        topic = held.message_thread_id if held.is_topic_message else None
        return Place(held.chat.id, topic, held.message_id)
    if held is not None:
        return Place(held.chat.id)
    return None if query is None else Place(query.from_user.id)


def log_answered(update: Update, kind: str, messages: int, started: float) -> None:
    """Log and count an answered update; ``started`` is from ``time.perf_counter``."""
    passed = time.perf_counter() - started
    telemetry.count_answered(kind, passed)
    logger.info(
        "update_answered",
        extra={
            "update_id": update.update_id,
            "kind": kind,
            "messages": messages,
            "talk_ms": round(passed * 1000),
        },
    )
