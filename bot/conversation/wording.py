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


def answered(answer: Answer, inquiry_id: int, today: date, words: Catalogue) -> Reply:
    """Return what a person reads for ``answer``."""
    say = words.say
    if answer.outcome is Outcome.NO_MATCH:
        return Reply(
            (
                Block(say("⚪ We have no verified report on this yet"), Style.HEADLINE),
                Block(
                    say("That does not make it true. Your question is noted for our moderators.")
                ),
            )
        )
    shown = answer.suggestions
    dispute = Button(say("Not what I asked"), action=f"{DISPUTE}:{inquiry_id}")
    if answer.outcome is Outcome.RELATED:
        headline = say("🔎 Verified reports come close, but none settles this")
        blocks = [Block(headline, Style.HEADLINE)]
        blocks += _listed([m.statement for m in shown], today, words)
        blocks += [_because(reason, words) for m in shown[:1] for reason in _said(m)]
        links = _links([m.statement for m in shown], words)
        return Reply(tuple(blocks), (*links, (dispute,)))
    best = answer.matches[0]
    first_row = _link(best.statement, say("Source"))
    if len(shown) > 1:
        first_row += (Button(say("Other matches"), action=f"{OTHERS}:{inquiry_id}"),)
    blocks = [Block(_headline(best, say), Style.HEADLINE)]
    blocks += _sourced(best.statement, today, words)
    blocks += [_because(reason, words) for reason in _said(best)]
    rows = (first_row, (dispute,)) if first_row else ((dispute,),)
    return Reply(tuple(blocks), rows)


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
    """Return the reasons a person is shown: what differs, or the numbers that agree."""
    return [r for r in match.judgement.reasons if r.kind in _SHOWN_REASONS and r.claim]


_SHOWN_REASONS: Final = frozenset(
    {
        ReasonKind.NUMBER_DIFFERS,
        ReasonKind.NUMBER_AGREES,
        ReasonKind.DATE_DIFFERS,
        ReasonKind.DATE_AGREES,
        ReasonKind.NEGATION_DIFFERS,
        ReasonKind.OPPOSITE_WORDS,
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
