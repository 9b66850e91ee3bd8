"""Compose answers: outcome first, then the quote, who said it, where and when (pure)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from bot.conversation.quotes import AskedClaim, compose_reasons, compose_sourced_quote, format_note
from bot.conversation.reply import Block, Button, Reply, Style
from bot.conversation.translations import Catalogue
from knowledge.checking.outcomes import SHOWN, Answer, Match, is_reviewed_claim
from knowledge.claim_queue.person_actions import Noted
from knowledge.corpus.ratings import REJECTING_RATINGS, may_confirm
from knowledge.corpus.reports import SourcedStatement
from knowledge.domain import Outcome, Rating, RejectReason, Relation
from knowledge.text.plain_text import single_line

#: Characters of a claim that are repeated above its answer.
CLAIM_SHOWN: Final = 200

#: Actions of buttons. A colon and the id of what it is about follow.
OTHERS, DISPUTE, LANGUAGE = "others", "dispute", "lang"
USEFUL, USELESS, TELL, QUIET = "useful", "useless", "tell", "quiet"
REST = "rest"

#: From how many people who forwarded a message the answer says so. WhatsApp's own label
#: "forwarded many times" begins at five.
MANY_FORWARDERS: Final = 5

#: Prefix of a button's label if its claim is one of several in the message.
NUMBERED: Final = re.compile(r"\d+\. ")
#: Prefix of the feedback button that a person chose.
_CHOSEN: Final = "✓ "

#: Characters of a claim and of a quote in a share link: links have a maximum length.
_CLAIM_SHARED: Final = 80
_QUOTE_SHARED: Final = 140


def select_shown_matches(answer: Answer, most: int = SHOWN) -> tuple[Match, ...]:
    """Return the matches that ``compose_answer`` shows. A button shows the others."""
    if answer.outcome is Outcome.NO_MATCH:
        return ()
    if answer.disputed:
        return tuple(match for match in answer.matches if match.settles)
    if answer.outcome is Outcome.RELATED:
        return answer.suggestions[:most]
    # A claim that was settled clause by clause has a statement for each.
    return answer.matches[: len(answer.clauses) or 1]


def compose_answer(
    answer: Answer, noted: Noted | None, today: date, words: Catalogue, most: int = SHOWN
) -> Reply:
    """Compose the reply to one claim; at most ``most`` candidates where none settles it.

    Without ``noted`` (nobody can be notified later) it promises nothing and has no notify button.
    """
    say = words.say
    shown = answer.suggestions
    if answer.outcome is Outcome.NO_MATCH:
        careful = [say("That does not make it true.")]
        if noted is not None:
            careful.append(_describe_next_step(noted, say))
        opening = Block(say("⚪ We have no verified report on this yet"), Style.HEADLINE)
        blocks = [opening, Block(" ".join(careful)), *_describe_forwards(noted, words)]
        return Reply(tuple(blocks), compose_notify_button(noted, say))
    ask = AskedClaim(answer.claim, today)
    if answer.disputed:
        return _compose_disputed(answer, noted, ask, words)
    if answer.outcome is Outcome.RELATED:
        opening = Block(
            say("🔎 Verified reports are related, but none confirms or disproves this"),
            Style.HEADLINE,
        )
        statements = [match.statement for match in select_shown_matches(answer, most)]
        more = (_make_others_button(noted, say),) if noted is not None and len(shown) > most else ()
        blocks = [
            opening,
            *_describe_closest(shown, say),
            *_list_statements(statements, ask, words),
        ]
        if noted is not None and (noted.waiting or noted.closed):
            blocks.append(Block(_describe_next_step(noted, say), Style.NOTE))
        return Reply(
            tuple(blocks),
            (
                *_make_links(statements, words),
                *more,
                *_make_feedback_buttons(noted, say),
                *compose_notify_button(noted, say),
            ),
        )
    best = answer.matches[0]
    row = make_report_link(best.statement, say("Source"))
    if noted is not None and any(match is not best for match in shown):
        row += _make_others_button(noted, say)
    verdict = compose_verdict(best.statement, best.judgement.relation, say)
    if noted is not None:
        row += (_make_share_button(verdict, answer.claim, best.statement, words),)
    blocks = [Block(verdict, Style.HEADLINE)]
    for clause, settling in zip(
        answer.clauses or ("",), select_shown_matches(answer), strict=False
    ):
        if clause:
            blocks.append(compose_claim_line(clause, words))
        blocks += [
            *compose_reasons(settling, ask, words),
            *compose_sourced_quote(settling.statement, ask, words),
        ]
        blocks += format_note(settling.note, words)
    blocks += _describe_forwards(noted, words)
    return Reply(tuple(blocks), (*((row,) if row else ()), *_make_feedback_buttons(noted, say)))


def _make_others_button(noted: Noted, say: Callable[[str], str]) -> tuple[Button, ...]:
    return (Button(say("Other matches"), action=f"{OTHERS}:{noted.inquiry_id}"),)


def _describe_forwards(noted: Noted | None, words: Catalogue) -> list[Block]:
    """Say how many people forwarded an unsupported claim, if they are many."""
    if noted is None or noted.forwarders < MANY_FORWARDERS:
        return []
    text = words.count(
        "At least {count} person has forwarded this message to me.",
        "At least {count} people have forwarded this message to me.",
        noted.forwarders,
    )
    return [Block(text, Style.NOTE)]


def _describe_next_step(noted: Noted, say: Callable[[str], str]) -> str:
    """Say what happens to an unsettled claim; promise a notification only if one will be sent."""
    if noted.closed is not None:
        return compose_rejection(noted.closed, say)
    if noted.waiting:
        return say("Our moderators will look into it; when they settle it, I will tell you here.")
    return say("Your question is noted for our moderators.")


def compose_rejection(reason: RejectReason, say: Callable[[str], str]) -> str:
    """Say why moderators rejected a claim, and what to send instead."""
    return {
        RejectReason.SPAM: say(
            "Our moderators take this for advertising or a chain message, so they do not check it."
            " If there is news in it that you doubt, send me that alone: who did what, where and"
            " when."
        ),
        RejectReason.OPINION: say(
            "Our moderators read this as an opinion. Reports can show what happened, not who is"
            " right about it. If an event is behind it, send me that: who did what, where and when."
        ),
        RejectReason.NOT_CHECKABLE: say(
            "Our moderators looked into this, but it cannot be checked as it stands: no"
            " report, document or known witness confirms or denies it, or it says too little."
            " You can help: tell me where it comes from, or say more clearly who did what,"
            " where and when."
        ),
    }[reason]


def compose_dispute(told: bool, words: Catalogue) -> Reply:
    """Thank a person who reports that an answer misses their question; say what happens next."""
    say = words.say
    blocks = [Block(say("Thank you, noted. Try other words: who did what, where and when."))]
    if told:
        later = say("Our moderators will look into it; when they settle it, I will tell you here.")
        blocks.append(Block(later, Style.NOTE))
    return Reply(tuple(blocks))


def _compose_disputed(
    answer: Answer, noted: Noted | None, ask: AskedClaim, words: Catalogue
) -> Reply:
    """Compose the reply where sources contradict each other, the newest first."""
    say = words.say
    opening = say("🔎 Verified reports contradict each other on this; the newest comes first")
    blocks = [Block(opening, Style.HEADLINE)]
    settling = select_shown_matches(answer)
    for match in settling:
        blocks += compose_sourced_quote(match.statement, ask, words)
        if match.judgement.relation is Relation.SUPPORTS:
            blocks.append(Block(say("This one supports what you sent."), Style.NOTE))
        else:
            blocks.append(Block(say("This one contradicts what you sent."), Style.NOTE))
        blocks += [*compose_reasons(match, ask, words), *format_note(match.note, words)]
    if noted is not None and (noted.waiting or noted.closed):
        blocks.append(Block(_describe_next_step(noted, say), Style.NOTE))
    links = _make_links([match.statement for match in settling], words)
    return Reply(
        tuple(blocks),
        (*links, *_make_feedback_buttons(noted, say), *compose_notify_button(noted, say)),
    )


class Carrier(StrEnum):
    """How a claim arrived: as a message, a picture or a link."""

    MESSAGE = "message"
    PICTURE = "picture"
    PAGE = "page"
    EXAMPLE = "example"


@dataclass(frozen=True, slots=True)
class Part:
    """One claim of a message, its answer, and the recorded inquiry if there is one."""

    claim: str
    answer: Answer
    noted: Noted | None


def compose_answers(
    parts: Sequence[Part],
    today: date,
    words: Catalogue,
    carrier: Carrier = Carrier.MESSAGE,
    rest: int = 0,
) -> Reply:
    """Compose one reply to several claims; each answer follows its claim's words.

    ``rest`` is how many more claims of the message can be asked for. They are stored with the
    last of these.
    """
    blocks: list[Block] = []
    buttons: list[tuple[Button, ...]] = []
    for number, part in enumerate(parts, start=1):
        mark = f"{number}. " if len(parts) > 1 else ""
        # Several answers must fit one message: a button shows what is left out of each.
        most = SHOWN if len(parts) == 1 or part.noted is None else 1
        reply = compose_answer(part.answer, part.noted, today, words, most)
        blocks += [compose_claim_line(part.claim, words, mark, carrier), *reply.blocks]
        buttons += (
            tuple(replace(button, label=f"{mark}{button.label}") for button in row)
            for row in reply.buttons
        )
    last = parts[-1].noted
    if rest and last is not None:
        label = words.say("Check the rest ({count})").format(count=rest)
        buttons.append((Button(label, action=f"{REST}:{last.inquiry_id}"),))
    return Reply(tuple(blocks), tuple(buttons))


def compose_claim_line(
    claim: str, words: Catalogue, mark: str = "", carrier: Carrier = Carrier.MESSAGE
) -> Block:
    """Compose the line that repeats a claim above its answer, with ``mark`` in front."""
    said = {
        Carrier.MESSAGE: words.say("In your message: “{claim}”"),
        Carrier.PICTURE: words.say("In the picture I read: “{claim}”"),
        Carrier.PAGE: words.say("On the page I read: “{claim}”"),
        Carrier.EXAMPLE: words.say("An example, as if you had sent it: “{claim}”"),
    }[carrier]
    return Block(mark + said.format(claim=words.quote(cut_short(claim))), Style.NOTE)


def cut_short(text: str, shown: int = CLAIM_SHOWN) -> str:
    """Return ``text`` on one line, cut after a word past ``shown`` characters."""
    text = single_line(text)
    return text if len(text) <= shown else text[:shown].rsplit(" ", 1)[0] + "…"


def compose_sources(
    claim: str, statements: Sequence[SourcedStatement], today: date, words: Catalogue
) -> Reply:
    """Compose the sources of the last answer: the statements it showed, each with its source."""
    if not statements:
        none = words.say("I found no verified report on this, so there is no source to name.")
        return Reply((compose_claim_line(claim, words), Block(none)))
    shown = statements[:SHOWN]
    blocks = _list_statements(shown, AskedClaim(claim, today), words)
    return Reply((compose_claim_line(claim, words), *blocks), _make_links(shown, words))


def compose_wrong_answer(inquiry_id: int, claim: str, words: Catalogue) -> Reply:
    """Offer to report the last answer to moderators as wrong."""
    say = words.say
    asked = say(
        "I am sorry. If the answer is not what you asked, press the button: a moderator will look."
        " Other words may help, too: who did what, where and when."
    )
    button = Button(say("Not what I asked"), action=f"{DISPUTE}:{inquiry_id}")
    return Reply((compose_claim_line(claim, words), Block(asked)), ((button,),))


def _make_feedback_buttons(
    noted: Noted | None, say: Callable[[str], str]
) -> tuple[tuple[Button, ...], ...]:
    """Return the feedback buttons of an answer."""
    if noted is None:
        return ()
    number = noted.inquiry_id
    return (
        (
            Button(say("👍 Useful"), action=f"{USEFUL}:{number}"),
            Button(say("👎 Not useful"), action=f"{USELESS}:{number}"),
            Button(say("Not what I asked"), action=f"{DISPUTE}:{number}"),
        ),
    )


def compose_feedback(action: str, inquiry_id: int, say: Callable[[str], str]) -> tuple[Button, ...]:
    """Return the feedback buttons after ``action``, one of the two, was chosen."""
    labels = {USEFUL: say("👍 Useful"), USELESS: say("👎 Not useful")}
    return tuple(
        Button(f"{_CHOSEN if each == action else ''}{label}", action=f"{each}:{inquiry_id}")
        for each, label in labels.items()
    )


def compose_notify_button(
    noted: Noted | None, say: Callable[[str], str]
) -> tuple[tuple[Button, ...], ...]:
    """Return the button that turns the notification about this claim on or off."""
    if noted is None or noted.closed is not None:
        return ()
    if noted.waiting:
        return ((Button(say("🔕 Do not tell me"), action=f"{QUIET}:{noted.inquiry_id}"),),)
    return ((Button(say("🔔 Tell me when you know"), action=f"{TELL}:{noted.inquiry_id}"),),)


def _make_share_button(
    verdict: str, claim: str, statement: SourcedStatement, words: Catalogue
) -> Button:
    """Return the button that shares an answer: what was claimed, and what the report says."""
    when = statement.published_at or statement.as_of
    where = (single_line(statement.publisher or ""), words.day(when) if when is not None else None)
    lines = (
        f"{verdict}:",
        f"“{cut_short(claim, _CLAIM_SHARED)}”",
        f"«{cut_short(statement.text, _QUOTE_SHARED)}»",
        " · ".join(part for part in where if part),
    )
    text = "\n".join(line for line in lines if line)
    return Button(words.say("📤 Share"), url=statement.url, share=text)


def compose_others(
    claim: str, statements: Sequence[SourcedStatement], today: date, words: Catalogue
) -> Reply:
    """Compose the list of other statements found for ``claim``, without a verdict."""
    if not statements:
        return Reply((Block(words.say("There are no other verified reports on this.")),))
    shown = statements[:SHOWN]
    opening = Block(words.say("🔎 Other related verified reports"), Style.HEADLINE)
    return Reply(
        (opening, *_list_statements(shown, AskedClaim(claim, today), words)),
        _make_links(shown, words),
    )


def compose_verdict(
    statement: SourcedStatement, relation: Relation, say: Callable[[str], str]
) -> str:
    """Return the verdict line for a statement with this relation to the claim."""
    supports, rating = relation is Relation.SUPPORTS, statement.rating
    if rating is None:
        if supports:
            return say("✅ A verified report supports this")
        return say("❌ A verified report contradicts this")
    if rating in REJECTING_RATINGS:
        return say("❌ Fact-checkers reviewed this claim and reject it")
    if not may_confirm(rating):
        return say("❌ Fact-checkers reviewed this claim and do not confirm it")
    if not supports:
        return say("❌ A claim that fact-checkers confirm contradicts this")
    if rating is Rating.MOSTLY_TRUE:
        return say("✅ Fact-checkers reviewed this claim and find it mostly true")
    return say("✅ Fact-checkers reviewed this claim and confirm it")


def _describe_closest(shown: Sequence[Match], say: Callable[[str], str]) -> list[Block]:
    """Say what the closest statement seems to say, where no verdict is sure enough.

    It must not read as a confirmation: it says what is unsure, and points to the report.
    """
    if not shown or not shown[0].suggested:
        return []
    closest = shown[0]
    if is_reviewed_claim(closest.statement):
        text = say(
            "Fact-checkers may have reviewed this very claim. I am not sure that it is the same:"
            " read their review before you believe it or pass it on."
        )
    elif closest.judgement.relation is Relation.SUPPORTS:
        text = say(
            "The closest report may say the same, but I am not sure. Read it: this is no"
            " confirmation."
        )
    else:
        text = say(
            "The closest report may say otherwise, but I am not sure. Read it before you believe"
            " this or pass it on."
        )
    return [Block(text)]


def _list_statements(
    statements: Sequence[SourcedStatement], ask: AskedClaim, words: Catalogue
) -> list[Block]:
    return [block for s in statements for block in compose_sourced_quote(s, ask, words)]


def _make_links(
    statements: Sequence[SourcedStatement], words: Catalogue
) -> tuple[tuple[Button, ...], ...]:
    one = len(statements) == 1
    source = words.say("Source")
    rows = (
        make_report_link(s, source if one else f"{source} {n}")
        for n, s in enumerate(statements, start=1)
    )
    return tuple(row for row in rows if row)


def make_report_link(statement: SourcedStatement, label: str) -> tuple[Button, ...]:
    """Return a row with the link to a statement's report; empty if its address is unknown."""
    return (Button(label, url=statement.url),) if statement.url else ()
