"""Answer inline queries: claims typed after the bot's name in other chats, answered with cards.

Each keystroke is a query. They pass through the update queue, where a person's newest query
replaces their waiting ones. Nothing is stored of them, and expired ones are dropped. The chosen
card comes as another update if @BotFather's inline feedback is on; that counts as an inquiry.
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

#: Telegram accepts cards for about ten seconds; later the person has typed on or left.
LONGEST_WAIT_SECONDS: Final = 8.0
#: Seconds that Telegram may cache cards: retracted statements must not be shared for long.
_CACHE: Final = timedelta(seconds=10)
#: The parameter of /start for people who come from there (Bot API: letters, digits, ``_``, ``-``).
_START: Final = "inline"
#: Characters of a card's title (one line) and description (two); they bound hostile names.
_TITLE, _DESCRIPTION = 128, 256


async def on_typed(update: Update, context: Context) -> None:
    """Answer an inline query with cards; if there are none, say what to type."""
    query, pending = update.inline_query, context.bot_data.pending(update.update_id)
    if query is None or pending.waited > LONGEST_WAIT_SECONDS:
        return
    started = time.perf_counter()
    offered = await context.ask(update, lambda talk, asker: talk.cards(asker, query.query))
    telemetry.count_answered("inline", time.perf_counter() - started)
    if not offered.cards and offered.hint is None:
        return
    articles = [made for card in offered.cards if (made := make_article(card)) is not None]
    hint = offered.hint
    try:
        # Sent once, like a callback answer: nobody waits for it.
        await query.answer(
            articles[: InlineQueryLimit.RESULTS],
            cache_time=_CACHE,
            is_personal=True,
            button=InlineQueryResultsButton(hint, start_parameter=_START) if hint else None,
        )
    except TelegramError as error:
        # Most likely expired: the person typed on.
        logger.info("cards_not_shown", extra={"error": type(error).__name__})


async def on_chosen(update: Update, context: Context) -> None:
    """Record the inquiry of a card that somebody sent."""
    chosen = update.chosen_inline_result
    if chosen is not None:
        await context.ask(
            update, lambda talk, asker: talk.record_choice(asker, chosen.query, chosen.result_id)
        )


def make_article(card: Card) -> InlineQueryResultArticle | None:
    """Return a card as Telegram's article, cut to its limits; None if it has no text."""
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
