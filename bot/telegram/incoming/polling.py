"""Poll for updates with ``getUpdates``, a batch at a time, until a stop.

Telegram counts a batch as received when the next one is requested, so each is stored before that.
Updates are fetched raw, so that one that cannot be decoded does not block the others.
"""

import asyncio
import json
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from telegram import Bot
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.request import BaseRequest

from bot.stopping import sleep_until_stopped, unless_stopped
from bot.telegram.errors import PollingConflict, TokenRejected
from bot.telegram.incoming.filters import ALLOWED_UPDATES
from bot.telegram.incoming.intake import Intake, find_update_id
from bot.telegram.outgoing.aiohttp_request import AiohttpRequest
from bot.telegram.outgoing.send_errors import UNREADABLE, name_failure
from bot.telegram.outgoing.sending import requested_pause
from knowledge.backoff import Backoff
from knowledge.errors import DatabaseFailed

logger = logging.getLogger(__name__)

# How long Telegram holds an empty request open (long polling).
_HOLD: Final = timedelta(seconds=30)
_MARGIN: Final = timedelta(seconds=5)
#: The most that Telegram gives at once.
_BATCH: Final = 100
_BACKOFF: Final = Backoff(timedelta(seconds=1), timedelta(seconds=30))
#: Conflicts tolerated: the connection of a process that was just stopped may still be open.
_CONFLICTS: Final = 3
#: Seconds that a stop waits for the last acknowledgement; without it the batch comes again.
_LAST_WORD_SECONDS: Final = 2.0


async def poll(bot: Bot, intake: Intake, stop: asyncio.Event) -> None:
    """Fetch and store updates until ``stop`` is set; network failures are retried for ever.

    Each failure is one log line. Raises ``PollingConflict`` when another process keeps fetching
    the same bot's updates and ``TokenRejected`` when the token stops being accepted.
    """
    request = AiohttpRequest()
    await request.initialize()
    offset: int | None = None
    failures = conflicts = 0
    try:
        while not stop.is_set():
            try:
                updates = await unless_stopped(_fetch(request, bot, offset, _HOLD), stop)
                if updates:
                    await intake.store(updates)
                    offset = _find_next_offset(updates)
                failures = conflicts = 0
                continue
            except Conflict:
                conflicts += 1
                if conflicts == _CONFLICTS:
                    raise PollingConflict from None
                error_name, asked = Conflict.__name__, None
            except InvalidToken:
                raise TokenRejected from None
            except (TelegramError, DatabaseFailed) as error:
                error_name = name_failure(error)
                asked = requested_pause(error) if isinstance(error, RetryAfter) else None
            wait = (asked or _BACKOFF.pause(failures)).total_seconds()
            failures += 1
            logger.warning("polling_failed", extra={"error": error_name, "retry_in_s": wait})
            await sleep_until_stopped(wait, stop)
    finally:
        if offset is not None:
            await _acknowledge(request, bot, offset)
        await request.shutdown()


async def _fetch(
    request: BaseRequest, bot: Bot, offset: int | None, hold: timedelta, limit: int = _BATCH
) -> Sequence[object]:
    """Return the next raw updates. Raises ``TelegramError``."""
    asked = {
        "limit": limit,
        "timeout": round(hold.total_seconds()),
        "allowed_updates": json.dumps(ALLOWED_UPDATES),
    }
    if offset is not None:
        asked["offset"] = offset
    try:
        found = await request.post(
            f"{bot.base_url}/getUpdates?{urlencode(asked)}",
            read_timeout=(hold + _MARGIN).total_seconds(),
        )
    except UNREADABLE as error:
        raise NetworkError("getUpdates returned something that is not a Bot API answer") from error
    if not isinstance(found, list):
        raise NetworkError("getUpdates returned no list")
    return found


async def _acknowledge(request: BaseRequest, bot: Bot, offset: int) -> None:
    """Acknowledge the last batch to Telegram, so that it is not sent again."""
    try:
        async with asyncio.timeout(_LAST_WORD_SECONDS):
            await _fetch(request, bot, offset, timedelta(0), limit=1)
    except (TelegramError, TimeoutError) as error:
        logger.info("last_batch_not_acknowledged", extra={"error": type(error).__name__})


def _find_next_offset(updates: Sequence[object]) -> int:
    """Return the highest update id plus one. Raises ``NetworkError`` if no update has an id."""
    numbers = [number for each in updates if (number := find_update_id(each)) is not None]
    if not numbers:
        raise NetworkError("getUpdates returned no update with a number")
    return max(numbers) + 1
