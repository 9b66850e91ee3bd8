"""Word what people are told unasked: answers, corrections, withdrawals … (pure)."""

from datetime import date

from bot.conversation.answer_texts import compose_claim_line, compose_rejection, headline, link
from bot.conversation.quotes import Asking, compose_sourced_quote, explained, format_quote
from bot.conversation.reply import Block, Button, Reply, Style
from bot.conversation.translations import Catalogue
from knowledge.domain import NotificationKind, RejectReason, Relation
from knowledge.notifications.rejections import RejectionNotice
from knowledge.outbox.pending_notifications import DueNotification


def compose_notification(
    told: DueNotification | RejectionNotice, today: date, words: Catalogue
) -> Reply:
    """Return what a person reads of ``told``, in the language of ``words``."""
    if isinstance(told, RejectionNotice):
        return _closed(told, told.reason, words) if told.reason else _reopened(told, words)
    match told.kind:
        case NotificationKind.ANSWERED | NotificationKind.EXPLAINED:
            return _answered(told, today, words)
        case NotificationKind.CORRECTED:
            return _corrected(told, today, words)
        case NotificationKind.TAKEN_BACK:
            return compose_withdrawal(told.claim, told.open, words)
        case _:
            return _retracted(told, words)


def _answered(told: DueNotification, today: date, words: Catalogue) -> Reply:
    say = words.say
    if told.relation in (Relation.SUPPORTS, Relation.REFUTES):
        verdict = headline(told.statement, told.relation, say)
    else:
        verdict = say("🔎 A verified report is related, but neither confirms nor disproves this")
    opening = say("📬 You asked about this; our moderators have an answer")
    if told.kind is NotificationKind.EXPLAINED:
        opening = say("✏️ Our moderators changed their note on an answer I gave you")
    elif told.again:
        opening = say("📬 You asked about this; our moderators have another answer now")
    blocks = [
        Block(opening, Style.HEADLINE),
        compose_claim_line(told.claim, words),
        Block(verdict, Style.HEADLINE),
        *compose_sourced_quote(told.statement, Asking(told.claim, today), words),
        *explained(told.note, words),
    ]
    return Reply(tuple(blocks), _source(told, words))


def _corrected(told: DueNotification, today: date, words: Catalogue) -> Reply:
    say = words.say
    blocks = [
        Block(say("✏️ A report that I showed you was corrected"), Style.HEADLINE),
        compose_claim_line(told.claim, words),
    ]
    if told.text_before is not None:
        blocks += [Block(say("What I showed you:")), format_quote(told.text_before)]
    blocks.append(Block(say("What it says now:")))
    blocks += compose_sourced_quote(told.statement, Asking(told.claim, today), words)
    return Reply(tuple(blocks), _source(told, words))


def _retracted(told: DueNotification, words: Catalogue) -> Reply:
    say = words.say
    shown = told.text_before or told.statement.text
    return Reply(
        (
            Block(say("⚠️ A report that I showed you was withdrawn"), Style.HEADLINE),
            compose_claim_line(told.claim, words),
            Block(say("What I showed you:")),
            format_quote(shown),
            Block(
                say(
                    "Please do not rely on it any more, and tell whoever you passed it on to. Send"
                    " me the claim again to see what reports say now."
                )
            ),
        )
    )


def _closed(told: RejectionNotice, reason: RejectReason, words: Catalogue) -> Reply:
    say = words.say
    return Reply(
        (
            Block(
                say("📭 You asked about this; our moderators cannot give you an answer"),
                Style.HEADLINE,
            ),
            compose_claim_line(told.claim, words),
            Block(compose_rejection(reason, say)),
            Block(
                say(
                    "That is no verdict: it is neither confirmed nor denied. If they settle it"
                    " after all, I will tell you here."
                ),
                Style.NOTE,
            ),
        )
    )


def _reopened(told: RejectionNotice, words: Catalogue) -> Reply:
    say = words.say
    opening = say("🔄 You asked about this; our moderators are looking at it after all")
    return Reply(
        (
            Block(opening, Style.HEADLINE),
            compose_claim_line(told.claim, words),
            Block(_open_again(words)),
        )
    )


def _open_again(words: Catalogue) -> str:
    return words.say(
        "Your question is open again: our moderators will look at it once more, and when they"
        " settle it, I will tell you here."
    )


def compose_withdrawal(claim: str, is_open: bool, words: Catalogue) -> Reply:
    """Say that an answer to a claim does not hold, and whether the question is open again."""
    say = words.say
    if is_open:
        now = _open_again(words)
    else:
        now = say("Send me the claim again to see what reports say now.")
    return Reply(
        (
            Block(say("↩️ An answer I gave you was taken back"), Style.HEADLINE),
            compose_claim_line(claim, words),
            Block(
                say(
                    "Please do not rely on that answer any more, and tell whoever you passed it on"
                    " to."
                )
            ),
            Block(now),
        )
    )


def _source(told: DueNotification, words: Catalogue) -> tuple[tuple[Button, ...], ...]:
    row = link(told.statement, words.say("Source"))
    return (row,) if row else ()
