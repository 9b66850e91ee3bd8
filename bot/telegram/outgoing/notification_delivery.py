"""Letters out to people: one after the other, each recorded right after it was sent.

Telegram has no way to make a sending happen exactly once. A letter is leased before it is sent and
recorded after, so several processes never send the same one, and a process that dies in the
instant between Telegram's answer and the record is the only way to be told twice.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

from telegram import Bot
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.conversation.outbox import LEASE, NotificationQueue, OutgoingNotification
from bot.observability import telemetry
from bot.observability.logs import Threads
from bot.observability.redaction import words_in_hand
from bot.stopping import rest
from bot.telegram.outgoing.send_errors import classify_error, log_fields, reason
from bot.telegram.outgoing.sending import Place, parts_of, record_surely, requested_pause, send_part
from knowledge.backoff import Backoff

logger = logging.getLogger(__name__)

#: How often the post is looked through while nothing is in it.
LOOK_SECONDS: Final = 1.0
#: A sending that takes longer counts as failed; well within the lease.
_SEND_SECONDS: Final = LEASE.total_seconds() / 4
_BACKOFF: Final = Backoff(timedelta(seconds=1), timedelta(minutes=1))
_RECORD_PAUSE_SECONDS: Final = 1.0

_T = TypeVar("_T")


class NotificationSender:
    """Takes letters from the post to Telegram until it is told to stop."""

    def __init__(
        self,
        bot: Bot,
        notifications: NotificationQueue,
        window: asyncio.Semaphore,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._bot, self._notifications, self._look_seconds = bot, notifications, look_seconds
        self._window = window
        self._thread = Threads(1, thread_name_prefix="post")
        self._stop = asyncio.Event()
        self._failures = 0

    async def run(self) -> None:
        """Deliver until ``stop``; whatever breaks is logged, and tried again later."""
        try:
            while not self._stop.is_set():
                try:
                    pause = await self._round()
                except Exception as error:  # noqa: BLE001 - logged; the post outlives a bad moment
                    logger.error("delivery_failed", extra=log_fields(error))
                    pause = self._backoff()
                if pause:
                    await rest(pause, self._stop)
        finally:
            self._thread.shutdown(wait=True)

    def stop(self) -> None:
        """Have ``run`` end once the letter in hand is sent and recorded."""
        self._stop.set()

    async def _round(self) -> float:
        """Deliver one letter; returns how long to rest before the next."""
        notification = await self._off_loop(self._notifications.take)
        if notification is None:
            self._failures = 0
            return self._look_seconds
        # A letter says what the person wrote, and whatever fails may repeat it.
        with words_in_hand([block.text for block in notification.reply.blocks]):
            return await self._deliver(notification)

    async def _deliver(self, notification: OutgoingNotification) -> float:
        try:
            async with self._window:
                await self._send(notification)
                # One that is not recorded would be repeated.
                recorded = partial(self._off_loop, partial(self._notifications.sent, notification))
                await record_surely(recorded, _RECORD_PAUSE_SECONDS)
        except (Forbidden, BadRequest) as error:
            # The person blocked the bot, the chat is gone, or Telegram will never take this.
            why = reason(error)
            await self._off_loop(lambda: self._notifications.unreachable(notification, why))
            return 0.0
        except RetryAfter as error:
            return await self._wait_as_asked(notification, error)
        except (TelegramError, TimeoutError) as error:
            # The name alone: some of Telegram's errors quote the token.
            name = type(error).__name__
            await self._off_loop(lambda: self._notifications.failed(notification, name))
            logger.warning("letter_delayed", extra={"notification": notification.id, "error": name})
            return self._backoff()
        self._failures = 0
        logger.info("letter_sent", extra={"notification": notification.id})
        return 0.0

    async def _send(self, notification: OutgoingNotification) -> None:
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                for part in parts_of(notification.reply):
                    await send_part(self._bot, part, Place(int(notification.address)))
        except (TelegramError, TimeoutError) as error:
            telemetry.count_not_sent(classify_error(error).name.lower())
            raise

    async def _wait_as_asked(self, notification: OutgoingNotification, error: RetryAfter) -> float:
        pause = requested_pause(error)
        await self._off_loop(lambda: self._notifications.failed(notification, "RetryAfter", pause))
        logger.warning("letters_held_up", extra={"retry_in_s": pause.total_seconds()})
        # The limit is the bot's, not one chat's: nothing goes out before it is over.
        return pause.total_seconds()

    def _backoff(self) -> float:
        pause = _BACKOFF.pause(self._failures)
        self._failures += 1
        return pause.total_seconds()

    async def _off_loop(self, act: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)


@contextlib.asynccontextmanager
async def run_delivery(sender: NotificationSender, patience: float) -> AsyncIterator[None]:
    """Have ``courier`` deliver for as long as the body takes.

    Its last letter is finished within ``patience`` seconds, or due again when its lease ends.
    """
    running = asyncio.create_task(sender.run())
    try:
        yield
    finally:
        sender.stop()
        await asyncio.wait((running,), timeout=patience)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
