"""Fetch updates with ``getUpdates``, a batch at a time, until told to stop."""

import asyncio
import contextlib
import logging
from datetime import timedelta

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.telegram.arrival import Counter, unless_stopped
from bot.telegram.context import App
from bot.telegram.errors import PollingConflict, TokenRejected
from bot.telegram.handlers import ALLOWED_UPDATES
from bot.telegram.sending import asked_pause

logger = logging.getLogger(__name__)

# How long Telegram holds an empty request open. Long polling: nobody waits for it to end.
_HOLD = timedelta(seconds=30)
# Updates in memory at once; the rest stays with Telegram, where a crash cannot reach it.
_BATCH = 32
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0


async def poll(application: App, stop: asyncio.Event) -> None:
    """Fetch and answer updates until ``stop`` is set; a failing network is tried again for ever.

    Each failure is one log line. Raises ``PollingConflict`` when another process fetches the same
    bot's updates and ``TokenRejected`` when the token stops being accepted.
    """
    counter = Counter(application)
    offset: int | None = None
    pause = _FIRST_PAUSE_SECONDS
    try:
        while not stop.is_set():
            fetching = application.bot.get_updates(
                offset=offset, limit=_BATCH, timeout=_HOLD, allowed_updates=ALLOWED_UPDATES
            )
            try:
                updates = await unless_stopped(fetching, stop)
            except Conflict:
                raise PollingConflict from None
            except InvalidToken:
                raise TokenRejected from None
            except TelegramError as error:
                wait = _asked_pause(error) or pause
                logger.warning(
                    "polling_failed", extra={"error": type(error).__name__, "retry_in_s": wait}
                )
                await unless_stopped(asyncio.sleep(wait), stop)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                continue
            pause = _FIRST_PAUSE_SECONDS
            if updates:
                await counter.attend(updates)
                offset = updates[-1].update_id + 1
    finally:
        await counter.close()
        if offset is not None:
            # The last batch is answered: acknowledge it, or the next start answers it again.
            with contextlib.suppress(TelegramError):
                await application.bot.get_updates(offset=offset, limit=1, timeout=timedelta(0))


def _asked_pause(error: TelegramError) -> float | None:
    """Return the seconds Telegram asks to wait, if it does."""
    if not isinstance(error, RetryAfter):
        return None
    return asked_pause(error).total_seconds()
