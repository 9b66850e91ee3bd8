"""Compose the cards of inline queries, offered while somebody types in another chat (pure).

A claim's first card is the answer it would get in a private chat. The statements behind it, and
close ones, follow one by one. A card's readers did not ask, so each card repeats the claim.
"""

from datetime import date
from typing import Final

from bot.conversation.answer_texts import (
    compose_answer,
    compose_verdict,
    cut_short,
    make_report_link,
)
from bot.conversation.quotes import AskedClaim, compose_reasons, compose_sourced_quote, format_note
from bot.conversation.reply import Block, Card, Cards, Reply, Style
from bot.conversation.translations import Catalogue
from knowledge.checking.outcomes import Answer, Match
from knowledge.corpus.reports import SourcedStatement
from knowledge.domain import Outcome
from knowledge.text.plain_text import single_line

#: Characters of a quote in a card's description: two lines of the list.
_DESCRIBED: Final = 90
_SEPARATOR: Final = ":"


def compose_cards(number: int, answer: Answer, today: date, words: Catalogue) -> tuple[Card, ...]:
    """Return the cards of the ``number``-th claim of an inline query, best first."""
    reply = compose_answer(answer, None, today, words)
    opening, *rest = reply.blocks
    asked = _compose_claim(answer, words)
    if answer.outcome is Outcome.NO_MATCH:
        described = rest[0].text
    else:
        described = _describe_statement(answer.suggestions[0].statement, words)
    whole = Reply((opening, asked, *rest), reply.buttons)
    first = Card(str(number), opening.text, described, whole)
    return (
        first,
        *(
            _compose_card(number, match, answer, today, words)
            for match in _select_single_cards(answer)
        ),
    )


def find_claim_number(name: str) -> int | None:
    """Return the number of the claim that a card's name refers to; None if it refers to none."""
    number = name.partition(_SEPARATOR)[0]
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else None


def find_match_on_card(name: str, answer: Answer) -> tuple[Match, ...]:
    """Return the match that a card's name refers to; empty for the answer's own card."""
    number = name.partition(_SEPARATOR)[2]
    return tuple(match for match in answer.suggestions if str(match.statement.id) == number)


def compose_hint(words: Catalogue) -> Cards:
    """Return the hint that is shown until a claim is typed."""
    return Cards(hint=words.say("Write a whole sentence: who did what, and when"))


def _select_single_cards(answer: Answer) -> tuple[Match, ...]:
    """Return the matches that get a card of their own."""
    if answer.outcome is Outcome.RELATED:
        return answer.suggestions if len(answer.suggestions) > 1 else ()
    return tuple(match for match in answer.suggestions if match is not answer.matches[0])


def _compose_card(number: int, match: Match, answer: Answer, today: date, words: Catalogue) -> Card:
    say, statement = words.say, match.statement
    title = say("🔎 A verified report is related, but neither confirms nor disproves this")
    ask = AskedClaim(answer.claim, today)
    why: list[Block] = []
    if match.settles:
        title = compose_verdict(statement, match.judgement.relation, say)
        why = compose_reasons(match, ask, words)
    blocks = (
        Block(title, Style.HEADLINE),
        _compose_claim(answer, words),
        *why,
        *compose_sourced_quote(statement, ask, words),
        *format_note(match.note, words),
    )
    row = make_report_link(statement, say("Source"))
    reply = Reply(blocks, (row,) if row else ())
    name = f"{number}{_SEPARATOR}{statement.id}"
    return Card(name, title, _describe_statement(statement, words), reply)


def _compose_claim(answer: Answer, words: Catalogue) -> Block:
    said = words.say("Asked about: “{claim}”").format(claim=words.quote(cut_short(answer.claim)))
    return Block(said, Style.NOTE)


def _describe_statement(statement: SourcedStatement, words: Catalogue) -> str:
    when = statement.published_at or statement.as_of
    where = (single_line(statement.publisher or ""), words.day(when) if when is not None else None)
    quote = f"«{cut_short(statement.text, _DESCRIBED)}»"
    return " · ".join(part for part in (quote, *where) if part)
