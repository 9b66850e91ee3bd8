"""Store incoming updates with their course before they are acknowledged to Telegram."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from cachetools import LRUCache
from telegram.constants import ChatType, UpdateType

from bot.observability import telemetry
from bot.observability.telemetry import DropReason
from bot.telegram.incoming.admission_control import Admission, AdmissionControl
from bot.telegram.incoming.update_identity import MessageVersion, find_version, is_edit, is_typed
from bot.telegram.incoming.update_store import UpdateStore
from bot.telegram.outgoing.shared_limits import SharedLimits
from knowledge.domain import Course
from knowledge.update_queue.queued_updates import NewUpdate
from knowledge.update_queue.shared_rate_limits import Request, Turn

logger = logging.getLogger(__name__)

_LARGEST_NUMBER: Final = 2**63 - 1
#: Decisions remembered while the database fails: several of Telegram's batches.
_NOT_STORED: Final = 1_000
#: Courses of what is let through; without a refusal of its own it is passed over in silence.
_PASSED: Final = (Course.ANSWER, Course.WATCH)
_MOVES: Final = frozenset({"migrate_to_chat_id", "migrate_from_chat_id"})


@dataclass(frozen=True, slots=True)
class _Arriving:
    """An update to store; ``admission`` is what the limits of all processes do not confirm yet."""

    update: NewUpdate
    admission: Admission | None = None


class Intake:
    """Takes updates from polling and the webhook; calls ``on_new`` when some are stored.

    Silently dropped updates are not stored: a flood costs little more than reading it, and people's
    conversations leave no trace. If Telegram delivers one again, it is decided anew; but an update
    that could not be stored keeps its first decision.

    ``is_meant`` is whether an update is for the bot. Others in a group, and edits that change
    nothing, are neither stored nor counted, and never get a refusal. ``is_overheard`` is whether
    such an update in a group (given its id) is to be checked all the same.

    ``shared`` are the limits of all processes together. What this process lets through has to pass
    them too; what it refuses would be refused there as well, so that a flood never reaches them.
    """

    def __init__(
        self,
        update_store: UpdateStore,
        admission: AdmissionControl,
        on_new: Callable[[], None],
        is_meant: Callable[[object], bool],
        is_overheard: Callable[[int, object], bool] = lambda _group, _update: False,
        clock: Callable[[], float] = time.monotonic,
        shared: SharedLimits | None = None,
    ) -> None:
        self._update_store, self._admission = update_store, admission
        self._on_new, self._is_meant = on_new, is_meant
        self._clock, self._shared = clock if shared is None else shared.clock, shared
        self._is_overheard = is_overheard
        self._waiting = 0
        # Decisions for updates that come again: they were counted already.
        self._not_stored: LRUCache[int, _Arriving] = LRUCache(_NOT_STORED)

    async def store(self, updates: Sequence[object]) -> None:
        """Store raw updates; returns when those to be answered are on disk.

        Updates that are already stored stay unchanged. Raises DatabaseFailed: then they must not be
        acknowledged to Telegram.
        """
        if self._admission.is_full(self._waiting):
            # The count is from the last store; some may be answered since.
            self._waiting = await self._update_store.count_waiting()
        arriving = [self._decide(update, find_update_id(update)) for update in updates]
        admitted = [each for each in arriving if each is not None]
        if not admitted:
            return
        try:
            admitted = await self._confirm(admitted)
            kept = [each.update for each in admitted]
            if not kept:
                return
            stored = await self._update_store.store(kept)
        except Exception:
            self._not_stored.update({each.update.id: each for each in admitted})
            raise
        self._waiting = stored.waiting
        again = len(kept) - len(stored.new)
        refused = sum(each.course not in _PASSED for each in kept)
        if again or refused:
            logger.info("updates_stored", extra={"again": again, "refused": refused})
        self._on_new()

    async def _confirm(self, arriving: list[_Arriving]) -> list[_Arriving]:
        """Return what the limits of all processes let through as well.

        What they refuse is told so if nobody has told that person lately, or else dropped.
        """
        limited = {a.update.id: a.admission for a in arriving if a.admission is not None}
        if self._shared is None or not limited:
            return arriving
        asked = {number: admission.turns for number, admission in limited.items()}
        refused = await self._find_refused(self._shared, asked)
        tellable = {n: (turn,) for n in refused if (turn := limited[n].refusal) is not None}
        untold = await self._find_refused(self._shared, tellable)
        confirmed = []
        for each in arriving:
            number, made = each.update.id, each.update
            if number in refused:
                admission = limited[number]
                if number in untold or number not in tellable:
                    unasked = admission.course in _PASSED and admission.refusal is None
                    reason = DropReason.PASSED_OVER if unasked else DropReason.TOO_MANY
                    telemetry.count_left_out(reason)
                    continue
                made = replace(made, course=Course.SLOW_DOWN)
            confirmed.append(_Arriving(made))
        return confirmed

    async def _find_refused(
        self, limits: SharedLimits, asked: Mapping[int, tuple[Turn, ...]]
    ) -> set[int]:
        """Take the turns of updates, by number; returns the numbers of those that got none."""
        if not asked:
            return set()
        taken = await limits.take([Request(turns) for turns in asked.values()])
        places = {turn.place for turns in asked.values() for turn in turns}
        self._admission.learn({place: taken.even_at[place] for place in places}, self._clock())
        return {number for number, wait in zip(asked, taken.waits, strict=True) if wait}

    def _decide(self, update: object, number: int | None) -> _Arriving | None:
        if number is None:
            logger.error("update_without_number")
            return None
        if number in self._not_stored:
            return self._not_stored.pop(number)
        origin = find_origin(update)
        whose = origin.person if origin.person is not None else origin.chat
        if whose is None:
            # Without a sender, or not understood: a worker decides.
            return self._make(number, str(number), update)
        if origin.chat is not None and _is_of_the_bot(update):
            # Membership updates are never limited. One lane per chat keeps their order.
            return self._make(number, self._update_store.lane(origin.chat), update)
        if (origin.in_group or is_edit(update)) and not self._is_meant(update):
            return self._decide_watched(number, update, origin)
        lane = self._update_store.lane(whose)
        typed, at = is_typed(update), self._clock()
        if typed:
            admission = self._admission.decide_inline_query(lane, self._waiting, at)
        else:
            group = origin.chat if origin.in_group else None
            within = None if group is None else self._update_store.lane(group)
            admission = self._admission.decide(lane, within, self._waiting, at)
        if admission is None:
            telemetry.count_left_out(DropReason.PASSED_OVER if typed else DropReason.TOO_MANY)
            return None
        return self._make(number, lane, update, admission, find_version(update))

    def _decide_watched(self, number: int, update: object, origin: "Origin") -> _Arriving | None:
        """Drop what is not for the bot, except a watched group's messages, which get its lane.

        Edits there are dropped too: the message was checked when it came.
        """
        group = origin.chat if origin.in_group and not is_edit(update) else None
        if group is None or not self._is_overheard(group, update):
            telemetry.count_left_out(DropReason.NOT_MEANT)
            return None
        lane = self._update_store.lane(group)
        admission = self._admission.decide_watched(lane, self._waiting, self._clock())
        if admission is None:
            telemetry.count_left_out(DropReason.PASSED_OVER)
            return None
        # A batch's updates are counted only after it: count these here.
        self._waiting += 1
        return self._make(number, lane, update, admission)

    def _make(
        self,
        number: int,
        lane: str,
        update: object,
        admission: Admission | None = None,
        version: MessageVersion | None = None,
    ) -> _Arriving:
        course = Course.ANSWER if admission is None else admission.course
        made = self._update_store.make_new_update(number, lane, update, course, version)
        return _Arriving(made, admission)


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
