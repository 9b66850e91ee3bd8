"""An answer in words: outcome first, then the quote, who said it, where and when (pure)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bot.conversation.catalogue import Catalogue
from bot.conversation.quoting import Asking, reasons, sourced
from bot.conversation.reply import Block, Button, Reply, Style
from knowledge.answers import REJECTING, SHOWN, Answer, Match, reviewed
from knowledge.claims import MessageKind
from knowledge.domain import Outcome, Relation
from knowledge.errors import ClaimProblem
from knowledge.reports import SourcedStatement

#: Characters of a claim that are repeated above its answer.
CLAIM_SHOWN: Final = 200

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
    ask = Asking(answer.claim, today)
    if answer.disputed:
        return _disputed(answer, inquiry_id, ask, words)
    if answer.outcome is Outcome.RELATED:
        headline = Block(
            say("🔎 Verified reports come close, but none settles this"), Style.HEADLINE
        )
        statements = [match.statement for match in shown]
        blocks = [headline, *_listed(statements, ask, words)]
        return Reply(tuple(blocks), (*_links(statements, words), *_dispute(inquiry_id, say)))
    best = answer.matches[0]
    row = _link(best.statement, say("Source"))
    if inquiry_id is not None and any(match is not best for match in shown):
        row += (Button(say("Other matches"), action=f"{OTHERS}:{inquiry_id}"),)
    blocks = [Block(_headline(best, say), Style.HEADLINE)]
    blocks += sourced(best.statement, ask, words)
    blocks += reasons(best, ask, words)
    return Reply(tuple(blocks), (*((row,) if row else ()), *_dispute(inquiry_id, say)))


def _disputed(answer: Answer, inquiry_id: int | None, ask: Asking, words: Catalogue) -> Reply:
    """Return what contradicts each other in the order of the answer, the newest first."""
    say = words.say
    headline = say("🔎 Verified reports contradict each other on this; the newest comes first")
    blocks = [Block(headline, Style.HEADLINE)]
    settling = [match for match in answer.matches if match.settles]
    for match in settling:
        blocks += sourced(match.statement, ask, words)
        if match.judgement.relation is Relation.SUPPORTS:
            blocks.append(Block(say("This one supports what you sent."), Style.NOTE))
        else:
            blocks.append(Block(say("This one contradicts what you sent."), Style.NOTE))
        blocks += reasons(match, ask, words)
    links = _links([match.statement for match in settling], words)
    return Reply(tuple(blocks), (*links, *_dispute(inquiry_id, say)))


@dataclass(frozen=True, slots=True)
class Part:
    """One claim of a message with its answer, and the inquiry that was kept of it, if any."""

    claim: str
    answer: Answer
    inquiry_id: int | None


def each_answered(parts: Sequence[Part], today: date, words: Catalogue) -> Reply:
    """Return one reply to several claims, or to a part of a message: each under its own words."""
    blocks: list[Block] = []
    buttons: list[tuple[Button, ...]] = []
    for number, part in enumerate(parts, start=1):
        mark = f"{number}. " if len(parts) > 1 else ""
        reply = answered(part.answer, part.inquiry_id, today, words)
        heard = words.say("In your message: “{claim}”").format(claim=_cut_short(part.claim))
        blocks += [Block(mark + heard, Style.NOTE), *reply.blocks]
        buttons += (
            tuple(replace(button, label=f"{mark}{button.label}") for button in row)
            for row in reply.buttons
        )
    return Reply(tuple(blocks), tuple(buttons))


def _cut_short(claim: str) -> str:
    return claim if len(claim) <= CLAIM_SHOWN else claim[:CLAIM_SHOWN].rsplit(" ", 1)[0] + "…"


def small_talk(kind: MessageKind, words: Catalogue) -> Reply:
    """Answer kindly what is no claim, and say what to send."""
    say = words.say
    text = {
        MessageKind.GREETING: say(
            "Hello, and welcome! Send me a piece of news you doubt, and I will look for it in"
            " verified reports."
        ),
        MessageKind.THANKS: say(
            "You are welcome! Whenever a piece of news makes you doubt, send it to me."
        ),
        MessageKind.PRAYER: say(
            "May it be accepted. When you want a piece of news checked, send it to me in a"
            " sentence."
        ),
        MessageKind.ABOUT_BOT: say(
            "I am Tathabbat, a bot. I look for the news you send me in verified reports and show"
            " you what they say, with the source. Send me a sentence to check; /help tells more."
        ),
        MessageKind.OPINION: say(
            "I hear you, but I find nothing in this that reports could settle. Send me what is said"
            " to have happened: who did what, where and when."
        ),
        MessageKind.ARABIZI: say(
            "I found nothing on this as it is written. I read Arabic best in Arabic letters: send"
            " it to me that way, please, and I will look again."
        ),
    }[kind]
    return Reply((Block(text),))


def _dispute(inquiry_id: int | None, say: Callable[[str], str]) -> tuple[tuple[Button, ...], ...]:
    if inquiry_id is None:
        return ()
    return ((Button(say("Not what I asked"), action=f"{DISPUTE}:{inquiry_id}"),),)


def others(
    claim: str, statements: Sequence[SourcedStatement], today: date, words: Catalogue
) -> Reply:
    """Return the other statements found for ``claim``, without any verdict."""
    if not statements:
        return Reply((Block(words.say("There are no other verified reports on this.")),))
    shown = statements[:SHOWN]
    headline = Block(words.say("🔎 Other verified reports that come close"), Style.HEADLINE)
    return Reply((headline, *_listed(shown, Asking(claim, today), words)), _links(shown, words))


def unreadable(problem: ClaimProblem, words: Catalogue) -> Reply:
    """Say kindly what to send instead of a message that cannot be checked."""
    say = words.say
    text = {
        ClaimProblem.EMPTY: say("Send me the news you want checked, as text."),
        ClaimProblem.NO_WORDS: say("There are no words in this to check. Write what is claimed."),
        ClaimProblem.ONLY_LINKS: say(
            "I cannot open links yet. Write in words what it says, and I will check that."
        ),
        ClaimProblem.ONLY_HASHTAGS: say(
            "Hashtags alone do not say what happened. Write a sentence: who did what, and when."
        ),
        ClaimProblem.NO_CLAIM: say(
            "I cannot see which news you mean. Send me what it says, and I will check that."
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
    if reviewed(match.statement):
        if supports:
            return say("✅ Fact-checkers reviewed this claim and confirm it")
        if match.statement.rating in REJECTING:
            return say("❌ Fact-checkers reviewed this claim and reject it")
        return say("❌ A claim that fact-checkers confirm contradicts this")
    if supports:
        return say("✅ A verified report supports this")
    return say("❌ A verified report contradicts this")


def _listed(statements: Sequence[SourcedStatement], ask: Asking, words: Catalogue) -> list[Block]:
    return [block for s in statements for block in sourced(s, ask, words)]


def _links(
    statements: Sequence[SourcedStatement], words: Catalogue
) -> tuple[tuple[Button, ...], ...]:
    one = len(statements) == 1
    source = words.say("Source")
    rows = (_link(s, source if one else f"{source} {n}") for n, s in enumerate(statements, start=1))
    return tuple(row for row in rows if row)


def _link(statement: SourcedStatement, label: str) -> tuple[Button, ...]:
    return (Button(label, url=statement.url),) if statement.url else ()
