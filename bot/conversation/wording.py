"""An answer in words: outcome first, then the quote, who said it, where and when (pure)."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from bot.conversation.catalogue import Catalogue
from bot.conversation.reply import Block, Button, Reply, Style
from knowledge.agreement.judgement import Reason, ReasonKind
from knowledge.answering import SHOWN, Answer, Match
from knowledge.domain import Outcome, Relation, ReportKind
from knowledge.errors import ClaimProblem
from knowledge.reports import SourcedStatement

#: Past this many days a report is old news, and the answer says its age.
OLD_DAYS: Final = 90

#: Actions a button can carry, before the colon and what it is about.
OTHERS, DISPUTE, LANGUAGE = "others", "dispute", "lang"


def answered(answer: Answer, inquiry_id: int | None, today: date, words: Catalogue) -> Reply:
    """Return what a person reads for ``answer``.

    Without an ``inquiry_id`` (nobody is to be told later) nothing is promised and no button asks.
    """
    say = words.say
    shown = answer.suggestions
    if answer.outcome is Outcome.NO_MATCH:
        careful = [say("That does not make it true.")]
        if inquiry_id is not None:
            careful.append(say("Your question is noted for our moderators."))
        headline = Block(say("⚪ We have no verified report on this yet"), Style.HEADLINE)
        return Reply((headline, Block(" ".join(careful))))
    if answer.outcome is Outcome.RELATED:
        headline = Block(
            say("🔎 Verified reports come close, but none settles this"), Style.HEADLINE
        )
        statements = [match.statement for match in shown]
        blocks = [headline, *_listed(statements, today, words)]
        return Reply(tuple(blocks), (*_links(statements, words), *_dispute(inquiry_id, say)))
    best = answer.matches[0]
    row = _link(best.statement, say("Source"))
    if inquiry_id is not None and any(match is not best for match in shown):
        row += (Button(say("Other matches"), action=f"{OTHERS}:{inquiry_id}"),)
    blocks = [Block(_headline(best, say), Style.HEADLINE)]
    blocks += _sourced(best.statement, today, words)
    blocks += [_because(reason, words) for reason in _said(best)]
    return Reply(tuple(blocks), (*((row,) if row else ()), *_dispute(inquiry_id, say)))


def _dispute(inquiry_id: int | None, say: Callable[[str], str]) -> tuple[tuple[Button, ...], ...]:
    if inquiry_id is None:
        return ()
    return ((Button(say("Not what I asked"), action=f"{DISPUTE}:{inquiry_id}"),),)


def others(statements: Sequence[SourcedStatement], today: date, words: Catalogue) -> Reply:
    """Return the other statements found for a claim, without any verdict."""
    if not statements:
        return Reply((Block(words.say("There are no other verified reports on this.")),))
    shown = statements[:SHOWN]
    headline = Block(words.say("🔎 Other verified reports that come close"), Style.HEADLINE)
    return Reply((headline, *_listed(shown, today, words)), _links(shown, words))


def unreadable(problem: ClaimProblem, words: Catalogue) -> Reply:
    """Say kindly what to send instead of a message that cannot be checked."""
    say = words.say
    text = {
        ClaimProblem.EMPTY: say("Send me the news you want checked, as text."),
        ClaimProblem.NO_WORDS: say("There are no words in this to check. Write what is claimed."),
        ClaimProblem.ONLY_LINKS: say(
            "I cannot open links yet. Write in words what it says, and I will check that."
        ),
        ClaimProblem.TOO_SHORT: say(
            "One word is not enough to check. Write a whole sentence: who did what, and when."
        ),
        ClaimProblem.TOO_LONG: say(
            "This is too long to check at once. Send me the one sentence you doubt."
        ),
    }[problem]
    return Reply((Block(text),))


def _headline(match: Match, say: Callable[[str], str]) -> str:
    supports = match.judgement.relation is Relation.SUPPORTS
    if match.statement.kind is ReportKind.FACT_CHECK:
        if supports:
            return say("✅ Fact-checkers reviewed this claim and confirm it")
        return say("❌ Fact-checkers reviewed this claim and reject it")
    if supports:
        return say("✅ A verified report supports this")
    return say("❌ A verified report contradicts this")


def _listed(statements: Sequence[SourcedStatement], today: date, words: Catalogue) -> list[Block]:
    return [block for s in statements for block in _sourced(s, today, words)]


def _sourced(statement: SourcedStatement, today: date, words: Catalogue) -> list[Block]:
    """Return the quote, who said it, and where and when."""
    say = words.say
    blocks = [Block(f"«{statement.text}»", Style.QUOTE)]
    lines = []
    if statement.kind is ReportKind.FACT_CHECK:
        lines.append(say("The claim above as the fact-checkers reviewed it."))
        if statement.speaker:
            lines.append(say("Claimed by: {speaker}").format(speaker=statement.speaker))
        label = statement.rating_text or (statement.rating.value if statement.rating else None)
        if label:
            lines.append(say("Their rating: “{rating}”").format(rating=label))
    elif statement.speaker:
        lines.append(say("Said by: {speaker}").format(speaker=statement.speaker))
    where = [statement.title, statement.publisher or say("outlet not stated")]
    when = statement.published_at or statement.as_of
    if when is None:
        where.append(say("undated"))
    elif (today - when).days > OLD_DAYS:
        where.append(f"{words.day(when)} ({words.age(when, today)})")
    else:
        where.append(words.day(when))
    lines.append("📰 " + " · ".join(part for part in where if part))
    return [*blocks, Block("\n".join(lines))]


def _said(match: Match) -> list[Reason]:
    """Return the reasons worth showing: those whose wordings are not the same words."""
    return [
        reason
        for reason in match.judgement.reasons
        if reason.kind in _SHOWN_REASONS and reason.claim and reason.claim != reason.statement
    ]


_SHOWN_REASONS: Final = frozenset(
    {
        ReasonKind.NUMBER_DIFFERS,
        ReasonKind.NUMBER_AGREES,
        ReasonKind.DATE_DIFFERS,
        ReasonKind.DATE_AGREES,
        ReasonKind.NEGATION_DIFFERS,
    }
)


def _because(reason: Reason, words: Catalogue) -> Block:
    pattern = words.say("In your message: “{claim}” · in the report: “{statement}”")
    return Block(pattern.format(claim=reason.claim, statement=reason.statement), Style.NOTE)


def _links(
    statements: Sequence[SourcedStatement], words: Catalogue
) -> tuple[tuple[Button, ...], ...]:
    one = len(statements) == 1
    source = words.say("Source")
    rows = (_link(s, source if one else f"{source} {n}") for n, s in enumerate(statements, start=1))
    return tuple(row for row in rows if row)


def _link(statement: SourcedStatement, label: str) -> tuple[Button, ...]:
    return (Button(label, url=statement.url),) if statement.url else ()
