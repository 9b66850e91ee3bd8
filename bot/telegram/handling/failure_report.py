"""Log errors of handlers; the worker retries the update."""

import logging

from telegram import Update
from telegram.error import Forbidden

from bot.telegram.handling.context import Context
from bot.telegram.outgoing.send_errors import log_fields
from embeddings.errors import IndexUnavailable

logger = logging.getLogger(__name__)


async def report_failure(update: object, context: Context) -> None:
    """Log an error of a handler, without a person's words.

    The worker retries the update, and tells the person after the last attempt.
    """
    error = context.error
    if error is None:  # pragma: no cover - PTB always sets it for error handlers
        return
    update_id = update.update_id if isinstance(update, Update) else None
    if isinstance(error, Forbidden):
        # The person blocked the bot or removed it from the group: nobody is left to answer.
        logger.info("update_undeliverable", extra={"update_id": update_id})
        return
    index_failed = isinstance(error, IndexUnavailable)
    # Whoever opens the index logs that once; each update that waits meets it again and again.
    level = logging.DEBUG if index_failed else logging.ERROR
    logger.log(level, "update_failed", extra={"update_id": update_id, **log_fields(error)})
    if update_id is not None:
        pending = context.bot_data.pending(update_id)
        pending.failure = type(error).__name__
        pending.index_failed = index_failed
