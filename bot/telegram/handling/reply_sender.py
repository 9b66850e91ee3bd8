"""Send a stored reply to Telegram, piece by piece, and record each piece right after.

Telegram cannot send a message exactly once. The reply is stored before its first piece is sent, and
each piece is recorded afterwards. So only messages that Telegram accepted just before a crash can
be sent twice, a few at a time (``Limits.unrecorded``). Each possible repetition is counted.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from telegram import Bot
from telegram.error import ChatMigrated, RetryAfter, TelegramError

from bot.observability import telemetry
from bot.telegram.incoming.update_store import UpdateStore
from bot.telegram.outgoing.paced_requests import PATIENCE_SECONDS, Pacer
from bot.telegram.outgoing.rendering import Buttons, Rendered
from bot.telegram.outgoing.reply_pieces import Piece
from bot.telegram.outgoing.send_errors import SendFailure, classify_error, describe_refusal
from bot.telegram.outgoing.sending import (
    edit_buttons,
    edit_part,
    record_surely,
    requested_pause,
    send_part,
)
from bot.telegram.outgoing.unrecorded_window import UnrecordedWindow
from knowledge.backoff import Backoff
from knowledge.update_queue.queued_updates import LeasedUpdate

logger = logging.getLogger(__name__)

#: Seconds after which a send counts as failed.
_SEND_SECONDS: Final = 30.0
#: How often one piece is changed until Telegram accepts it.
_CHANGES: Final = 4
_RECORD_PAUSE_SECONDS: Final = 0.5
#: Pauses before an update is retried after its answer or its sending failed.
BACKOFF: Final = Backoff(timedelta(seconds=1), timedelta(minutes=5))
#: An answer older than this is dropped instead of sent.
SEND_FOR: Final = timedelta(days=1)
#: The longest pause between retries while the index is unavailable.
LONGEST_INDEX_PAUSE: Final = timedelta(seconds=15)


class Sender:
    """Sends the replies that are stored in the update queue.

    ``window`` limits the messages that may be sent but not yet recorded; ``moved`` is called with a
    group's old and new id.
    """

    def __init__(
        self,
        bot: Bot,
        update_store: UpdateStore,
        pacer: Pacer,
        window: UnrecordedWindow,
        moved: Callable[[int, int], Awaitable[None]],
    ) -> None:
        self._bot, self._update_store, self._moved = bot, update_store, moved
        self._pacer, self._window = pacer, window

    async def send(self, taken: LeasedUpdate, pieces: tuple[Piece, ...]) -> timedelta | None:
        """Send the rest of a reply and record it; returns a pause if it has to be retried later.

        Raises ``InvalidToken`` if Telegram no longer accepts the token, and DatabaseFailed.
        """
        if taken.repeats:
            logger.warning("update_sent_again", extra={"update_id": taken.id})
        reply, number, changes = list(pieces), taken.progress, 0
        stands: int | None = None
        started = time.perf_counter()
        while number < len(reply):
            piece = reply[number]
            wait = self._pacer.wait(piece.place.chat_id)
            if wait > PATIENCE_SECONDS:
                return await self._postpone(taken, timedelta(seconds=wait))
            # Wait before entering the window, so that waiting for one chat blocks no other.
            await asyncio.sleep(wait)
            async with contextlib.nullcontext() if piece.is_edit else self._window:
                if self._pacer.wait(piece.place.chat_id) > PATIENCE_SECONDS:
                    # Telegram asked for a pause in the meantime.
                    continue
                if not await self._update_store.still_holds(taken):
                    logger.warning("lease_lost", extra={"update_id": taken.id})
                    return None
                try:
                    async with asyncio.timeout(_SEND_SECONDS):
                        message_id = await self._send_piece(piece)
                except (TelegramError, TimeoutError) as error:
                    fate = _classify(piece, error)
                    if isinstance(error, ChatMigrated):
                        await self._moved(piece.place.chat_id, error.new_chat_id)
                    changed = _change_reply(reply, number, fate, error)
                    if changed is None or changes == _CHANGES:
                        if fate is not SendFailure.THERE:
                            return await self._handle_failure(taken, piece, fate, error)
                        message_id = piece.edits
                    else:
                        reply, changes = changed, changes + 1
                        continue
                if number == 0:
                    # An edit of the person's message finds the answer by this.
                    stands = message_id
                number += 1
                await self._record(taken, reply, number, stands)
        send, total = time.perf_counter() - started, self._update_store.clock() - taken.arrived_at
        telemetry.observe_stage("send", send)
        telemetry.observe_stage("total", total.total_seconds())
        logger.info(
            "update_sent",
            extra={
                "update_id": taken.id,
                "course": taken.course.value,
                "send_ms": round(send * 1000),
                "total_ms": round(total.total_seconds() * 1000),
            },
        )
        return None

    async def _send_piece(self, piece: Piece) -> int | None:
        """Send or edit one piece; returns its message id, if it has one."""
        if isinstance(piece.part, Buttons):
            await edit_buttons(self._bot, piece.part, piece.place.chat_id)
            return None
        if piece.edits is not None and isinstance(piece.part, Rendered):
            await edit_part(self._bot, piece.part, piece.place.chat_id, piece.edits)
            return piece.edits
        return await send_part(self._bot, piece.part, piece.place)

    async def _record(
        self, taken: LeasedUpdate, reply: Sequence[Piece], number: int, stands: int | None
    ) -> None:
        """Record how many pieces are sent, and the first one's message id if it is new."""
        if number < len(reply):
            await _record_surely(lambda: self._update_store.advance(taken, reply, number, stands))
        else:
            await _record_surely(lambda: self._update_store.finish(taken, stands))

    async def _handle_failure(
        self,
        taken: LeasedUpdate,
        piece: Piece,
        fate: SendFailure,
        error: TelegramError | TimeoutError,
    ) -> timedelta | None:
        """React to a failure; returns a pause if the reply is retried."""
        # Only the error's name if it is unknown: some of Telegram's errors quote the token.
        name = type(error).__name__
        extra = {"update_id": taken.id, "error": name, "fate": fate.name.lower()}
        telemetry.count_not_sent(fate.name.lower())
        match fate:
            case SendFailure.GONE:
                logger.info("update_undeliverable", extra=extra)
                await _record_surely(
                    lambda: self._update_store.drop(taken, describe_refusal(error))
                )
                return None
            case SendFailure.LOCKED_OUT:
                await self._postpone(taken, timedelta(seconds=1))
                raise error
            case SendFailure.LATER if isinstance(error, RetryAfter):
                logger.warning("send_delayed", extra=extra)
                return await self._postpone(taken, requested_pause(error))
            case SendFailure.UNSENT | SendFailure.UNSURE if not is_too_late(
                taken.arrived_at, self._update_store.clock()
            ):
                logger.warning("send_delayed", extra=extra)
                wait = compute_pause(taken.tries)
                repeat = fate is SendFailure.UNSURE and not piece.is_edit
                await _record_surely(lambda: self._update_store.put_back(taken, wait, name, repeat))
                return wait
        logger.error("update_given_up", extra=extra)
        why = describe_refusal(error) if fate is SendFailure.REFUSED else name
        await _record_surely(lambda: self._update_store.give_up(taken, f"not sent: {why}"))
        return None

    async def _postpone(self, taken: LeasedUpdate, wait: timedelta) -> timedelta:
        await _record_surely(lambda: self._update_store.put_back(taken, wait))
        return wait


def _classify(piece: Piece, error: TelegramError | TimeoutError) -> SendFailure:
    fate = classify_error(error)
    # If a message was deleted, its new buttons are not shown elsewhere.
    nowhere = isinstance(piece.part, Buttons) and fate in (SendFailure.ANEW, SendFailure.MOVED)
    return SendFailure.THERE if nowhere else fate


def _change_reply(
    reply: list[Piece], number: int, fate: SendFailure, error: TelegramError | TimeoutError
) -> list[Piece] | None:
    """Return a changed reply that avoids the failure; None if there is none."""
    piece = reply[number]
    if fate is SendFailure.ANEW and piece.edits is not None:
        return [*reply[:number], replace(piece, edits=None), *reply[number + 1 :]]
    if fate is SendFailure.OUTSIDE and piece.place.topic_id is not None:
        return [replace(p, place=replace(p.place, topic_id=None)) for p in reply]
    if fate is SendFailure.MOVED and isinstance(error, ChatMigrated):
        # Message ids differ in the new group: nothing can be replied to or edited there.
        group = error.new_chat_id
        return [
            replace(p, edits=None, place=replace(p.place, chat_id=group, message_id=None))
            for p in reply
        ]
    return None


async def _record_surely(record: Callable[[], Awaitable[object]]) -> None:
    await record_surely(record, _RECORD_PAUSE_SECONDS)


def compute_pause(tries: int) -> timedelta:
    """Return an update's pause after ``tries`` failures, with jitter."""
    return BACKOFF.pause(tries, random.random())  # noqa: S311 - spreads, hides nothing


def compute_index_pause(waited: float) -> timedelta:
    """Return the pause before the index is tried again, after ``waited`` seconds.

    A fraction of the time waited, so that many waiting updates do not retry every second.
    """
    longest, first = LONGEST_INDEX_PAUSE.total_seconds(), BACKOFF.first.total_seconds()
    part = min(max(waited / 4, first), longest)
    return timedelta(seconds=part * (0.5 + random.random() / 2))  # noqa: S311 - spreads


def is_too_late(arrived_at: datetime, now: datetime) -> bool:
    """Whether an answer is too old to be sent."""
    return now - arrived_at > SEND_FOR
