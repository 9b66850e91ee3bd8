"""Updates in: each is stored, with what is to become of it, before Telegram is told it arrived."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from telegram import Bot, Update
from telegram.constants import ChatType

from bot.telegram.gate import Gate
from bot.telegram.inbox import Inbox
from knowledge.arrivals import Arriving
from knowledge.models import Course

logger = logging.getLogger(__name__)

_LARGEST_NUMBER: Final = 2**63 - 1


class Intake:
    """Where updates come in, whichever way; ``on_new`` is called when some are stored."""

    def __init__(
        self,
        bot: Bot,
        inbox: Inbox,
        gate: Gate,
        on_new: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bot, self._inbox, self._gate = bot, inbox, gate
        self._on_new, self._clock = on_new, clock
        self._waiting = 0

    async def store(self, updates: Sequence[object]) -> None:
        """Store updates as Telegram wrote them; returns when they are on disk.

        What was stored before is left as it is. Raises SQLAlchemyError where that fails: then
        Telegram must not be told that they arrived.
        """
        arriving = [self._arriving(update, number_of(update)) for update in updates]
        kept = [each for each in arriving if each is not None]
        if not kept:
            return
        stored = await self._inbox.store(kept)
        self._waiting = stored.waiting
        again = len(kept) - len(stored.new)
        refused = sum(each.course is not Course.ANSWER for each in kept)
        if again or refused:
            logger.info("updates_stored", extra={"again": again, "refused": refused})
        self._on_new()

    def _arriving(self, update: object, number: int | None) -> Arriving | None:
        if number is None:
            logger.error("update_without_number")
            return None
        try:
            read = Update.de_json(update, self._bot)  # type: ignore[arg-type]
            person, chat = read.effective_user, read.effective_chat
        except Exception as error:  # noqa: BLE001 - whatever PTB trips over; an admin will see it
            extra = {"update_id": number, "error": type(error).__name__}
            logger.warning("update_unreadable", extra=extra)
            return self._inbox.arriving(number, str(number), update, Course.ANSWER)
        whose = person or chat
        if whose is None:
            return self._inbox.arriving(number, str(number), update, Course.ANSWER)
        lane = self._inbox.lane(whose.id)
        in_group = chat is not None and chat.type != ChatType.PRIVATE
        group = str(chat.id) if chat is not None and in_group else None
        course = self._gate.course(lane, group, self._waiting, self._clock())
        return self._inbox.arriving(number, lane, update, course)


def number_of(update: object) -> int | None:
    """Return the number of an update as Telegram wrote it, None where it has none."""
    number: Any = update.get("update_id") if isinstance(update, dict) else None
    usable = isinstance(number, int) and not isinstance(number, bool)
    return number if usable and 0 <= number <= _LARGEST_NUMBER else None
