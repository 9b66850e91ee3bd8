"""Store incoming updates with their course before they are acknowledged to Telegram."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cachetools import LRUCache
from telegram.constants import ChatType, UpdateType

from bot.observability import telemetry
from bot.observability.telemetry import DropReason
from bot.telegram.incoming.admission_control import AdmissionControl
from bot.telegram.incoming.update_identity import find_version, is_edit, is_typed
from bot.telegram.incoming.update_store import UpdateStore
from knowledge.domain import Course
from knowledge.update_queue.queued_updates import NewUpdate

logger = logging.getLogger(__name__)

_LARGEST_NUMBER: Final = 2**63 - 1
#: Decisions remembered while the database fails: several of Telegram's batches.
_NOT_STORED: Final = 1_000
_MOVES: Final = frozenset({"migrate_to_chat_id", "migrate_from_chat_id"})


class Intake:
    """Takes updates from polling and the webhook; calls ``on_new`` when some are stored.

    Silently dropped updates are not stored: a flood costs little more than reading it, and people's
    conversations leave no trace. If Telegram delivers one again, it is decided anew; but an update
    that could not be stored keeps its first decision.

    ``is_meant`` is whether an update is for the bot. Others in a group, and edits that change
    nothing, are neither stored nor counted, and never get a refusal. ``is_overheard`` is whether
    such an update in a group (given its id) is to be checked all the same.
    """

    def __init__(
        self,
        update_store: UpdateStore,
        admission: AdmissionControl,
        on_new: Callable[[], None],
        is_meant: Callable[[object], bool],
        is_overheard: Callable[[int, object], bool] = lambda _group, _update: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._update_store, self._admission = update_store, admission
        self._on_new, self._is_meant, self._clock = on_new, is_meant, clock
        self._is_overheard = is_overheard
        self._waiting = 0
        # Decisions for updates that come again: they were counted already.
        self._not_stored: LRUCache[int, NewUpdate] = LRUCache(_NOT_STORED)

    async def store(self, updates: Sequence[object]) -> None:
        """Store raw updates; returns when those to be answered are on disk.

        Updates that are already stored stay unchanged. Raises DatabaseFailed: then they must not be
        acknowledged to Telegram.
        """
        if self._admission.is_full(self._waiting):
            # The count is from the last store; some may be answered since.
            self._waiting = await self._update_store.count_waiting()
        arriving = [self._decide(update, find_update_id(update)) for update in updates]
        kept = [each for each in arriving if each is not None]
        if not kept:
            return
        try:
            stored = await self._update_store.store(kept)
        except Exception:
            self._not_stored.update({each.id: each for each in kept})
            raise
        self._waiting = stored.waiting
        again = len(kept) - len(stored.new)
        refused = sum(each.course not in (Course.ANSWER, Course.WATCH) for each in kept)
        if again or refused:
            logger.info("updates_stored", extra={"again": again, "refused": refused})
        self._on_new()

    def _decide(self, update: object, number: int | None) -> NewUpdate | None:
        if number is None:
            logger.error("update_without_number")
            return None
        if number in self._not_stored:
            return self._not_stored.pop(number)
        origin = find_origin(update)
        whose = origin.person if origin.person is not None else origin.chat
        if whose is None:
            # Without a sender, or not understood: a worker decides.
            return self._update_store.make_new_update(number, str(number), update, Course.ANSWER)
        if origin.chat is not None and _is_of_the_bot(update):
            # Membership updates are never limited. One lane per chat keeps their order.
            lane = self._update_store.lane(origin.chat)
            return self._update_store.make_new_update(number, lane, update, Course.ANSWER)
        if (origin.in_group or is_edit(update)) and not self._is_meant(update):
            return self._decide_watched(number, update, origin)
        lane = self._update_store.lane(whose)
        typed, at = is_typed(update), self._clock()
        if typed:
            course = self._admission.decide_inline_query(lane, self._waiting, at)
        else:
            group = str(origin.chat) if origin.in_group else None
            course = self._admission.decide(lane, group, self._waiting, at)
        if course is None:
            telemetry.count_left_out(DropReason.PASSED_OVER if typed else DropReason.TOO_MANY)
            return None
        return self._update_store.make_new_update(
            number, lane, update, course, find_version(update)
        )

    def _decide_watched(self, number: int, update: object, origin: "Origin") -> NewUpdate | None:
        """Drop what is not for the bot, except a watched group's messages, which get its lane.

        Edits there are dropped too: the message was checked when it came.
        """
        group = origin.chat if origin.in_group and not is_edit(update) else None
        if group is None or not self._is_overheard(group, update):
            telemetry.count_left_out(DropReason.NOT_MEANT)
            return None
        course = self._admission.decide_watched(str(group), self._waiting, self._clock())
        if course is None:
            telemetry.count_left_out(DropReason.PASSED_OVER)
            return None
        # A batch's updates are counted only after it: count these here.
        self._waiting += 1
        return self._update_store.make_new_update(
            number, self._update_store.lane(group), update, course
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """The sender and the chat of an update, as Telegram's ids."""

    person: int | None = None
    chat: int | None = None
    in_group: bool = False


def find_origin(update: object) -> Origin:
    """Return a raw update's sender and chat, as far as it has them.

    Every kind of update is one object (Bot API, ``Update``). Its sender is ``from``, in a few kinds
    ``user``; a press has its chat in the message with the button. If a chat posts as itself,
    ``from`` is a placeholder that all chats share, so it is ignored.
    """
    if not isinstance(update, dict):
        return Origin()
    for content in update.values():
        if isinstance(content, dict):
            named = content.get("from") or content.get("user")
            person = None if "sender_chat" in content else _number(named)
            held = content.get("message")
            chat = content.get("chat") or (held.get("chat") if isinstance(held, dict) else None)
            kind = chat.get("type") if isinstance(chat, dict) else None
            where = _number(chat)
            return Origin(person, where, where is not None and kind != ChatType.PRIVATE)
    return Origin()


def _is_of_the_bot(update: object) -> bool:
    """Whether an update is about the bot joining, leaving or being blocked, or a group's move."""
    if not isinstance(update, dict):
        return False
    message = update.get("message")
    moves = isinstance(message, dict) and not _MOVES.isdisjoint(message)
    return moves or UpdateType.MY_CHAT_MEMBER in update


def _number(named: object) -> int | None:
    number = named.get("id") if isinstance(named, dict) else None
    return number if isinstance(number, int) else None


def find_update_id(update: object) -> int | None:
    """Return a raw update's id; None if it has none."""
    number: Any = update.get("update_id") if isinstance(update, dict) else None
    usable = isinstance(number, int) and not isinstance(number, bool)
    return number if usable and 0 <= number <= _LARGEST_NUMBER else None
