"""Give handlers the conversation off the loop, a placeholder, and where replies go."""

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
from embeddings.errors import IndexUnavailable
from knowledge.claims.arabizi import language_spoken

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

#: Calls of the conversation at once: the model uses all cores anyway, the rest waits in line.
TALK_THREADS = 4
# What needs no model must not wait for what does.
_QUICK_THREADS = 2
# What nobody asked for waits behind itself: it takes no thread from those who ask.
_ASIDE_THREADS = 1
#: Pictures read at once, and at hand in all: one takes a second or two, and a processor.
PICTURE_THREADS, PICTURES = 2, 12
#: Pages read at once, and at hand in all: each is mostly waited for, and eight seconds at most.
LINK_THREADS, LINKS = 8, 24
# Albums remembered, so that ten photos without a caption get one reply; the oldest are forgotten.
_ALBUMS = 1024
# Chats whose menu of commands is remembered: moderators are few.
_MENUS = 1024

#: Commands and their descriptions, as a chat's menu shows them.
Menu: TypeAlias = tuple[tuple[str, str], ...]

#: A question to the conversation, e.g. ``lambda talk, asker: talk.claim(asker, text)``.
Question: TypeAlias = Callable[[Talk, Asker], Reply]
#: Gets what a question needs, such as a picture from Telegram.
Getting: TypeAlias = Callable[[], Awaitable[Question]]


@dataclass(slots=True)
class HandlerState:
    """What all handlers of one application share (its ``bot_data``)."""

    talk: Talk
    pacer: Pacer
    #: Has a place for each message that may be sent and not recorded as sent.
    window: asyncio.Semaphore
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
        """Return what is in hand for an update."""
        return self._pending.setdefault(update_id, PendingReply())

    @contextlib.contextmanager
    def holding(self, update_id: int, pending: PendingReply) -> Iterator[None]:
        """Have ``hand`` be what is in hand for an update while the body answers it."""
        self._pending[update_id] = pending
        try:
            yield
        finally:
            del self._pending[update_id]

    def close(self) -> None:
        """Let go of the threads; what they do is finished, what waits for them is not begun."""
        every = (self.threads, self.quick, self.aside, self.pictures.threads, self.links.threads)
        for threads in every:
            threads.shutdown(wait=False, cancel_futures=True)

    def is_new_menu(self, chat_id: int, menu: Menu) -> bool:
        """Whether ``menu`` is another than was last shown in the chat, as far as is known."""
        known = self._menus.pop(chat_id, ())
        if menu:
            self._menus[chat_id] = menu
        return known != menu

    def is_new_album(self, message: Message) -> bool:
        """Whether ``message`` is the first seen of its album; a single message always is.

        So is the first when it is answered anew.
        """
        album = message.media_group_id
        if album is None:
            return True
        return self._albums.setdefault(album, message.message_id) == message.message_id


class Context(CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], HandlerState]):
    """The callback context of this bot's handlers.

    Nothing is sent from here but signs: what is to be said is left in the update's ``Hand``, kept
    by the worker, and sent then.
    """

    async def answer(
        self, update: Update, kind: str, question: Question, line: BoundedPool | None = None
    ) -> None:
        """Ask the conversation and have its reply sent under the person's message.

        Where that takes long, a placeholder stands there meanwhile and becomes the answer. What is
        slow stands in a ``line`` of its own; where that is full the person is told. ``kind`` names
        the way in for the log line, which carries latencies but no text. Raises whatever the
        conversation raises.
        """

        async def given() -> Question:
            return question

        await self.answer_with(update, kind, given, line)

    async def answer_with(
        self, update: Update, kind: str, getting: Getting, line: BoundedPool | None = None
    ) -> None:
        """Do as ``answer`` does with the question that ``getting`` returns; raises what it does."""
        place, asker = place_of(update), asker_of(update)
        if place is None or asker is None:
            return
        pending = self.bot_data.pending(update.update_id)
        started = time.perf_counter()
        async with self._placeholder(pending, place, asker):
            if line is None:
                reply = await self._ask(await getting(), asker)
            else:
                reply = await self._ask_in(line, getting, asker)
        log_answered(update, kind, pending.say(reply, place), started)

    async def say(
        self, update: Update, kind: str, question: Callable[[Talk, Asker], Reply | None]
    ) -> None:
        """Ask the conversation and have what it replies, if anything, sent under the message.

        Nothing stands there meanwhile: there may be nothing to say. Raises as ``answer`` does.
        """
        started = time.perf_counter()
        reply, place = await self.ask(update, question), place_of(update)
        if reply is not None and place is not None:
            said = self.bot_data.pending(update.update_id).say(reply, place)
            log_answered(update, kind, said, started)

    async def rewrite(self, update: Update, kind: str, question: Question) -> None:
        """Ask the conversation and have its reply take the place of the button's message.

        A message Telegram no longer hands out, or a reply that takes more than one, is answered
        instead. Raises as ``answer`` does.
        """
        query = update.callback_query
        message = query.message if query is not None else None
        asker = asker_of(update)
        if asker is None or not isinstance(message, Message):
            await self.answer(update, kind, question)
            return
        started = time.perf_counter()
        reply = await self._ask(question, asker)
        one = len(render(reply)) == 1 and reply.picture is None
        place = place_of(update) or Place(message.chat_id)
        said = self.bot_data.pending(update.update_id).say(
            reply, place, message.message_id if one else None
        )
        log_answered(update, kind, said, started)

    async def ask(self, update: Update, question: Callable[[Talk, Asker], _T]) -> _T:
        """Return what the conversation says, for the handler to show; raises what it raises.

        Only for updates that come from a person.
        """
        asker = asker_of(update)
        if asker is None:
            raise ValueError(f"update {update.update_id} has no sender")
        return await self._ask(question, asker)

    async def refresh_menu(self, update: Update) -> None:
        """Show a moderator the menu of what they may do, in their own chat; take it from others.

        A sign only: where it cannot be shown, the commands work all the same.
        """
        asker = asker_of(update)
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

    async def _ask_in(self, line: BoundedPool, getting: Getting, asker: Asker) -> Reply:
        with line.place() as is_free:
            if is_free:
                return await self._ask(await getting(), asker, line.threads)
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
        """Have a placeholder stand there if the body takes until one is due."""
        if pending.placeholder_at is None or pending.placeholder is not None:
            yield
            return
        found = asyncio.Event()
        standing = asyncio.create_task(self._stand_in(pending, place, asker, found))
        try:
            yield
        except IndexUnavailable:
            # The answer comes later: what stands there meanwhile says that it is looked for.
            found.set()
            await standing
            if pending.placeholder is None:
                await self._show_placeholder(pending, place, asker, asyncio.Event())
            raise
        finally:
            found.set()
            # One that is on its way is waited for: the answer is to take its place.
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
        """Send a placeholder unless what it stands for is ``found``."""
        loop, state = asyncio.get_running_loop(), self.bot_data
        # A courtesy: it never takes a turn that an answer waits for.
        if found.is_set() or state.pacer.wait(place.chat_id):
            return
        try:
            words = await loop.run_in_executor(state.quick, state.talk.looking, asker)
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


def asker_of(update: Update) -> Asker | None:
    """Return who did what ``update`` tells, or None where that is nobody."""
    person, chat, post = update.effective_user, update.effective_chat, update.channel_post
    if post is not None:
        # A channel speaks as itself, in no language but its posts'.
        language = language_spoken(find_question(post, post.get_bot().username).text)
        return Asker(post.chat.id, language, group=post.chat.id)
    spoken_as = update.message.sender_chat if update.message is not None else None
    if chat is not None and spoken_as is not None and spoken_as.id == chat.id:
        return Asker(chat.id, group=chat.id)
    if person is None:
        return None
    # A group is no place to be told something later: only who writes in private is remembered.
    if chat is not None and chat.type == ChatType.PRIVATE:
        return Asker(person.id, person.language_code, str(chat.id))
    return Asker(person.id, person.language_code, group=chat.id if chat is not None else None)


def place_of(update: Update) -> Place | None:
    """Return where the reply to ``update`` goes, or None where there is nowhere."""
    query = update.callback_query
    held = find_message(update) or update.channel_post if query is None else query.message
    if isinstance(held, Message):
        topic = held.message_thread_id if held.is_topic_message else None
        return Place(held.chat.id, topic, held.message_id)
    if held is not None:
        return Place(held.chat.id)
    return None if query is None else Place(query.from_user.id)


def log_answered(update: Update, kind: str, messages: int, started: float) -> None:
    """Log and count an update that has its answer; ``started`` is by ``time.perf_counter``."""
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
