"""Claims that people type in other chats, after the bot's name: cards to choose from, at once.

Each keystroke is a query. They pass the inbox like everything else, where the last of a person's
overtakes those that still wait; nothing is kept of them, and what can be shown no more is let go.
What was chosen is another update, if @BotFather's inline feedback is on: that is asked in earnest.
"""

import logging
import time
from datetime import timedelta
from typing import Final

from telegram import (
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    Update,
)
from telegram.constants import InlineQueryLimit, ParseMode
from telegram.error import TelegramError

from bot.conversation.reply import Card
from bot.observability import telemetry
from bot.telegram.handling.context import Context
from bot.telegram.outgoing.rendering import render
from bot.telegram.outgoing.sending import NO_PREVIEW
from knowledge.text.plain_text import single_line

logger = logging.getLogger(__name__)

#: Telegram takes cards for about ten seconds; who typed that has typed on, or gone.
LONGEST_WAIT_SECONDS: Final = 8.0
#: How long Telegram may show the same cards again: what is withdrawn is not to be passed on.
_CACHE: Final = timedelta(seconds=10)
#: What /start gets from who comes from there (Bot API: letters, digits, ``_`` and ``-``).
_START: Final = "inline"
#: Characters of what a list shows in one line and in two; they bound hostile names.
_TITLE, _DESCRIPTION = 128, 256


async def on_typed(update: Update, context: Context) -> None:
    """Offer cards for what is typed; say what to type where there are none."""
    query, pending = update.inline_query, context.bot_data.pending(update.update_id)
    if query is None or pending.waited > LONGEST_WAIT_SECONDS:
        return
    started = time.perf_counter()
    offered = await context.ask(update, lambda talk, asker: talk.cards(asker, query.query))
    telemetry.count_answered("inline", time.perf_counter() - started)
    if not offered.cards and offered.hint is None:
        return
    articles = [made for card in offered.cards if (made := article(card)) is not None]
    hint = offered.hint
    try:
        # A sign like a press's: nobody waits for it longer than they look at it.
        await query.answer(
            articles[: InlineQueryLimit.RESULTS],
            cache_time=_CACHE,
            is_personal=True,
            button=InlineQueryResultsButton(hint, start_parameter=_START) if hint else None,
        )
    except TelegramError as error:
        # Too old, most likely: typed on since.
        logger.info("cards_not_shown", extra={"error": type(error).__name__})


async def on_chosen(update: Update, context: Context) -> None:
    """Have it kept that somebody asked what they sent on."""
    chosen = update.chosen_inline_result
    if chosen is not None:
        await context.ask(
            update, lambda talk, asker: talk.chosen(asker, chosen.query, chosen.result_id)
        )


def article(card: Card) -> InlineQueryResultArticle | None:
    """Return a card as Telegram shows it, None where it says nothing; what is too long is cut."""
    messages = render(card.reply)
    title = single_line(card.title)[:_TITLE]
    if not messages or not title:
        return None
    return InlineQueryResultArticle(
        card.name,
        title,
        InputTextMessageContent(
            messages[0].html, parse_mode=ParseMode.HTML, link_preview_options=NO_PREVIEW
        ),
        reply_markup=messages[-1].keyboard,
        description=single_line(card.description)[:_DESCRIPTION] or None,
    )
