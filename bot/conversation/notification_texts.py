"""Compose notifications: answers, corrections, retractions and closed claims (pure)."""

from datetime import date

from bot.conversation.answer_texts import (
    compose_claim_line,
    compose_rejection,
    compose_verdict,
    make_report_link,
)
from bot.conversation.quotes import AskedClaim, compose_sourced_quote, format_note, format_quote
from bot.conversation.reply import Block, Button, Reply, Style
from bot.conversation.translations import Catalogue
from knowledge.domain import NotificationKind, RejectReason, Relation
from knowledge.notifications.rejections import RejectionNotice
from knowledge.outbox.pending_notifications import DueNotification


def compose_notification(
    notification: DueNotification | RejectionNotice, today: date, words: Catalogue
) -> Reply:
    """Compose the message of a notification in the language of ``words``."""
    if isinstance(notification, RejectionNotice):
        return (
            _compose_closed(notification, notification.reason, words)
            if notification.reason
            else _compose_reopened(notification, words)
        )
    match notification.kind:
        case NotificationKind.ANSWERED | NotificationKind.EXPLAINED:
            return _compose_answer(notification, today, words)
        case NotificationKind.CORRECTED:
            return _compose_correction(notification, today, words)
        case NotificationKind.TAKEN_BACK:
            return compose_withdrawal(notification.claim, notification.open, words)
        case _:
            return _compose_retraction(notification, words)


def _compose_answer(notification: DueNotification, today: date, words: Catalogue) -> Reply:
    say = words.say
    if notification.relation in (Relation.SUPPORTS, Relation.REFUTES):
        verdict = compose_verdict(notification.statement, notification.relation, say)
    else:
        verdict = say("🔎 A verified report is related, but neither confirms nor disproves this")
    opening = say("📬 You asked about this; our moderators have an answer")
    if notification.kind is NotificationKind.EXPLAINED:
        opening = say("✏️ Our moderators changed their note on an answer I gave you")
    elif notification.again:
        opening = say("📬 You asked about this; our moderators have another answer now")
    blocks = [
        Block(opening, Style.HEADLINE),
        compose_claim_line(notification.claim, words),
        Block(verdict, Style.HEADLINE),
        *compose_sourced_quote(
            notification.statement, AskedClaim(notification.claim, today), words
        ),
        *format_note(notification.note, words),
    ]
    return Reply(tuple(blocks), _make_source_button(notification, words))


def _compose_correction(notification: DueNotification, today: date, words: Catalogue) -> Reply:
    say = words.say
    blocks = [
        Block(say("✏️ A report that I showed you was corrected"), Style.HEADLINE),
        compose_claim_line(notification.claim, words),
    ]
    if notification.text_before is not None:
        blocks += [Block(say("What I showed you:")), format_quote(notification.text_before)]
    blocks.append(Block(say("What it says now:")))
    blocks += compose_sourced_quote(
        notification.statement, AskedClaim(notification.claim, today), words
    )
    return Reply(tuple(blocks), _make_source_button(notification, words))


def _compose_retraction(notification: DueNotification, words: Catalogue) -> Reply:
    say = words.say
    shown = notification.text_before or notification.statement.text
    return Reply(
        (
            Block(say("⚠️ A report that I showed you was withdrawn"), Style.HEADLINE),
            compose_claim_line(notification.claim, words),
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


def _compose_closed(notification: RejectionNotice, reason: RejectReason, words: Catalogue) -> Reply:
    say = words.say
    return Reply(
        (
            Block(
                say("📭 You asked about this; our moderators cannot give you an answer"),
                Style.HEADLINE,
            ),
            compose_claim_line(notification.claim, words),
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


def _compose_reopened(notification: RejectionNotice, words: Catalogue) -> Reply:
    say = words.say
    opening = say("🔄 You asked about this; our moderators are looking at it after all")
    return Reply(
        (
            Block(opening, Style.HEADLINE),
            compose_claim_line(notification.claim, words),
            Block(_say_open_again(words)),
        )
    )


def _say_open_again(words: Catalogue) -> str:
    return words.say(
        "Your question is open again: our moderators will look at it once more, and when they"
        " settle it, I will tell you here."
    )


def compose_withdrawal(claim: str, is_open: bool, words: Catalogue) -> Reply:
    """Say that an answer was withdrawn, and whether the question is open again."""
    say = words.say
    if is_open:
        now = _say_open_again(words)
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


def _make_source_button(
    notification: DueNotification, words: Catalogue
) -> tuple[tuple[Button, ...], ...]:
    row = make_report_link(notification.statement, words.say("Source"))
    return (row,) if row else ()
