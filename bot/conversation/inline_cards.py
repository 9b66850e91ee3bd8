"""Compose the cards that are offered while somebody types a claim in another chat (pure).

The first card of a claim is its answer as the claim itself would get it; the statements that it
rests on, or that come close, follow one by one. Who reads a card did not ask: each says what was.
"""

from datetime import date
from typing import Final

from bot.conversation.answer_texts import compose_answer, cut_short, headline, link
from bot.conversation.quotes import Asking, compose_reasons, compose_sourced_quote, explained
from bot.conversation.reply import Block, Card, Cards, Reply, Style
from bot.conversation.translations import Catalogue
from knowledge.checking.outcomes import Answer, Match
from knowledge.corpus.reports import SourcedStatement
from knowledge.domain import Outcome
from knowledge.text.plain_text import single_line

#: Characters of a quote in a card's description: what two lines of a list show.
_DESCRIBED: Final = 90
_SEPARATOR: Final = ":"


def cards_of(number: int, answer: Answer, today: date, words: Catalogue) -> tuple[Card, ...]:
    """Return the cards of one claim, the ``number``-th of what was typed, best first."""
    reply = compose_answer(answer, None, today, words)
    opening, *rest = reply.blocks
    asked = _asked(answer, words)
    if answer.outcome is Outcome.NO_MATCH:
        described = rest[0].text
    else:
        described = _described(answer.suggestions[0].statement, words)
    whole = Reply((opening, asked, *rest), reply.buttons)
    first = Card(str(number), opening.text, described, whole)
    return (first, *(_card(number, match, answer, today, words) for match in _apart(answer)))


def claim_number(name: str) -> int | None:
    """Return which claim of what was typed the card with this name is of; None if it is of none."""
    number = name.partition(_SEPARATOR)[0]
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else None


def find_match_on_card(name: str, answer: Answer) -> tuple[Match, ...]:
    """Return the match that the card with this name is of; nothing for the answer's own card."""
    number = name.partition(_SEPARATOR)[2]
    return tuple(match for match in answer.suggestions if str(match.statement.id) == number)


def hint(words: Catalogue) -> Cards:
    """Return what is shown for what is no claim yet."""
    return Cards(hint=words.say("Write a whole sentence: who did what, and when"))


def _apart(answer: Answer) -> tuple[Match, ...]:
    """Return the matches that the answer itself does not show, or not by themselves."""
    if answer.outcome is Outcome.RELATED:
        return answer.suggestions if len(answer.suggestions) > 1 else ()
    return tuple(match for match in answer.suggestions if match is not answer.matches[0])


def _card(number: int, match: Match, answer: Answer, today: date, words: Catalogue) -> Card:
    say, statement = words.say, match.statement
    title = say("🔎 A verified report is related, but neither confirms nor disproves this")
    ask = Asking(answer.claim, today)
    why: list[Block] = []
    if match.settles:
        title = headline(statement, match.judgement.relation, say)
        why = compose_reasons(match, ask, words)
    blocks = (
        Block(title, Style.HEADLINE),
        _asked(answer, words),
        *why,
        *compose_sourced_quote(statement, ask, words),
        *explained(match.note, words),
    )
    row = link(statement, say("Source"))
    reply = Reply(blocks, (row,) if row else ())
    name = f"{number}{_SEPARATOR}{statement.id}"
    return Card(name, title, _described(statement, words), reply)


def _asked(answer: Answer, words: Catalogue) -> Block:
    said = words.say("Asked about: “{claim}”").format(claim=words.quote(cut_short(answer.claim)))
    return Block(said, Style.NOTE)


def _described(statement: SourcedStatement, words: Catalogue) -> str:
    when = statement.published_at or statement.as_of
    where = (single_line(statement.publisher or ""), words.day(when) if when is not None else None)
    quote = f"«{cut_short(statement.text, _DESCRIBED)}»"
    return " · ".join(part for part in (quote, *where) if part)
