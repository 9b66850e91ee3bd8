"""Deliver notifications one at a time, and record each right after it is sent.

Telegram cannot send a message exactly once. A notification is leased before it is sent and recorded
afterwards. So several processes never send the same one, and it is repeated only if a process dies
between Telegram's answer and the record.
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
from bot.observability.redaction import withhold_words
from bot.stopping import sleep_until_stopped
from bot.telegram.outgoing.send_errors import classify_error, describe_refusal, log_fields
from bot.telegram.outgoing.sending import (
    Place,
    list_parts,
    record_surely,
    requested_pause,
    send_part,
)
from bot.telegram.outgoing.unrecorded_window import UnrecordedWindow
from knowledge.backoff import Backoff

logger = logging.getLogger(__name__)

#: Seconds between polls of an empty queue.
LOOK_SECONDS: Final = 1.0
#: Seconds after which a send counts as failed; well within the lease.
_SEND_SECONDS: Final = LEASE.total_seconds() / 4
_BACKOFF: Final = Backoff(timedelta(seconds=1), timedelta(minutes=1))
_RECORD_PAUSE_SECONDS: Final = 1.0

_T = TypeVar("_T")


class NotificationSender:
    """Sends queued notifications on Telegram until ``stop`` is called."""

    def __init__(
        self,
        bot: Bot,
        notifications: NotificationQueue,
        window: UnrecordedWindow,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._bot, self._notifications, self._look_seconds = bot, notifications, look_seconds
        self._window = window
        self._thread = Threads(1, thread_name_prefix="post")
        self._stop = asyncio.Event()
        self._failures = 0

    async def run(self) -> None:
        """Deliver until ``stop``; errors are logged and retried later."""
        try:
            while not self._stop.is_set():
                try:
                    pause = await self._deliver_next()
                except Exception as error:  # noqa: BLE001 - logged; the post outlives a bad moment
                    logger.error("delivery_failed", extra=log_fields(error))
                    pause = self._backoff()
                if pause:
                    await sleep_until_stopped(pause, self._stop)
        finally:
            self._thread.shutdown(wait=True)

    def stop(self) -> None:
        """Make ``run`` return once the current notification is sent and recorded."""
        self._stop.set()

    async def _deliver_next(self) -> float:
        """Deliver one notification; returns the seconds to wait before the next."""
        notification = await self._off_loop(self._notifications.take)
        if notification is None:
            self._failures = 0
            return self._look_seconds
        # A notification quotes the person, and an error may repeat it.
        with withhold_words([block.text for block in notification.reply.blocks]):
            return await self._deliver(notification)

    async def _deliver(self, notification: OutgoingNotification) -> float:
        try:
            async with self._window:
                await self._send(notification)
                # An unrecorded notification would be sent again.
                recorded = partial(
                    self._off_loop, partial(self._notifications.record_sent, notification)
                )
                await record_surely(recorded, _RECORD_PAUSE_SECONDS)
        except (Forbidden, BadRequest) as error:
            # The person blocked the bot, the chat is gone, or Telegram refuses it for good.
            why = describe_refusal(error)
            await self._off_loop(lambda: self._notifications.mark_unreachable(notification, why))
            return 0.0
        except RetryAfter as error:
            return await self._keep_pause(notification, error)
        except (TelegramError, TimeoutError) as error:
            # Only the error's name: some of Telegram's errors quote the token.
            name = type(error).__name__
            await self._off_loop(lambda: self._notifications.record_failure(notification, name))
            logger.warning(
                "notification_delayed", extra={"notification": notification.id, "error": name}
            )
            return self._backoff()
        self._failures = 0
        logger.info("notification_sent", extra={"notification": notification.id})
        return 0.0

    async def _send(self, notification: OutgoingNotification) -> None:
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                for part in list_parts(notification.reply):
                    await send_part(self._bot, part, Place(int(notification.address)))
        except (TelegramError, TimeoutError) as error:
            telemetry.count_not_sent(classify_error(error).name.lower())
            raise

    async def _keep_pause(self, notification: OutgoingNotification, error: RetryAfter) -> float:
        pause = requested_pause(error)
        await self._off_loop(
            lambda: self._notifications.record_failure(notification, "RetryAfter", pause)
        )
        logger.warning("notifications_held_up", extra={"retry_in_s": pause.total_seconds()})
        # The limit is for the whole bot: send nothing before it ends.
        return pause.total_seconds()

    def _backoff(self) -> float:
        pause = _BACKOFF.pause(self._failures)
        self._failures += 1
        return pause.total_seconds()

    async def _off_loop(self, act: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)


@contextlib.asynccontextmanager
async def run_delivery(sender: NotificationSender, patience: float) -> AsyncIterator[None]:
    """Run ``sender`` while the body runs.

    Its last notification is finished within ``patience`` seconds, or is due again when its lease
    ends.
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
