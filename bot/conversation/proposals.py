"""What waits for a second person, in words: named, and as moderators read it (pure)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.conversation.catalogue import Catalogue
from bot.conversation.moderators import action, said
from bot.conversation.quoting import Asking, sourced
from bot.conversation.reply import Block, Button, Reply, Style
from bot.conversation.wording import cut_short
from knowledge.approvals import (
    Act,
    AddFeed,
    Answer,
    Attach,
    Detach,
    EditReport,
    EditStatement,
    Foreseen,
    MergeStatements,
    Proposed,
    Publish,
    ResumeFeed,
    SplitCluster,
    SplitStatement,
    TrustSource,
    Undo,
)
from knowledge.domain import Relation
from knowledge.models import StatementStatus

#: Statements and fields that are shown in a chat; the others are in the console.
SHOWN: Final = 2
FIELDS: Final = 8


@dataclass(frozen=True, slots=True)
class Pending:
    """A proposal for somebody to look at: who proposed it by name, and what would come of it.

    ``own`` is whether it is theirs, ``may`` whether their role is enough to approve it, ``more``
    whether others wait.
    """

    proposed: Proposed
    by: str
    foreseen: Foreseen
    own: bool
    may: bool
    more: bool


def act_named(act: Act, say: Callable[[str], str]) -> str:
    """Name what somebody proposes."""
    match act:
        case Publish():
            return say("Publish statements")
        case EditStatement():
            return say("Edit a statement")
        case EditReport():
            return say("Edit a report")
        case MergeStatements():
            return say("Make statements one")
        case SplitStatement():
            return say("Split a statement")
        case Undo():
            return say("Take an act back")
        case Answer(relation=Relation.SUPPORTS):
            return say("Answer a claim: it is supported")
        case Answer():
            return say("Answer a claim: it is contradicted")
        case Attach():
            return say("Attach a statement to a claim")
        case Detach():
            return say("Detach a statement from a claim")
        case SplitCluster():
            return say("Split a cluster that was answered")
        case TrustSource():
            return say("Trust a publisher")
        case AddFeed():
            return say("Add a feed to a trusted publisher")
        case ResumeFeed():
            return say("Resume a feed of a trusted publisher")


def waits(proposal_id: int, words: Catalogue) -> Reply:
    """Say that an act waits, to who proposed it."""
    text = words.say(
        "⏳ This waits for a second person (number {number}); until then nothing changes."
        " A colleague approves it with /pending or in the console."
    )
    return said(text.format(number=proposal_id))


def nothing_waits(words: Catalogue) -> Reply:
    """Say that nothing waits."""
    return said(words.say("Nothing waits for a second person."))


def pending(each: Pending, today: date, words: Catalogue) -> Reply:
    """Show a proposal, what it changes and what people would read, and how it is decided."""
    say, proposed = words.say, each.proposed
    blocks = [
        Block(
            say("⏳ Waiting for a second person: number {number}").format(number=proposed.id),
            Style.HEADLINE,
        ),
        Block(act_named(proposed.act, say)),
        Block(_origin(each, words), Style.NOTE),
    ]
    if proposed.title:
        blocks.append(Block(cut_short(proposed.title), Style.QUOTE))
    if each.foreseen.problem is not None:
        blocks.append(
            Block(say("It cannot be done any more: {why}").format(why=each.foreseen.problem))
        )
    lines = _changes(each.foreseen)
    if lines:
        blocks.append(Block("\n".join(lines)))
    blocks += _statements(each.foreseen, today, words)
    return Reply(tuple(blocks), tuple(_buttons(each, words)))


def _origin(each: Pending, words: Catalogue) -> str:
    lines = [
        words.say("Proposed by {name}, {when}").format(
            name=each.by, when=words.day(each.proposed.at.date())
        )
    ]
    if each.proposed.reason:
        lines.append(words.say("Why: {reason}").format(reason=cut_short(each.proposed.reason)))
    return "\n".join(lines)


def _changes(foreseen: Foreseen) -> Sequence[str]:
    """Write each field that is changed: how it is, and how it would be."""
    lines = []
    for entry in foreseen.entries:
        before, after = entry.before or {}, entry.after or {}
        for name in dict.fromkeys((*before, *after)):
            was, would_be = before.get(name), after.get(name)
            if was != would_be:
                lines.append(f"{name}: {_short(was)} → {_short(would_be)}")
    return list(dict.fromkeys(lines))[:FIELDS]


def _short(value: object) -> str:
    return "—" if value is None else cut_short(str(value))


def _statements(foreseen: Foreseen, today: date, words: Catalogue) -> list[Block]:
    blocks = []
    for each in foreseen.statements[:SHOWN]:
        if each.after.status is StatementStatus.PUBLISHED:
            blocks.append(Block(words.say("People would read:"), Style.HEADLINE))
            blocks += sourced(each.after, Asking(each.after.text, today), words)
        else:
            blocks.append(Block(words.say("People would read this no more:"), Style.HEADLINE))
            blocks.append(Block(f"«{each.after.text}»", Style.QUOTE))
    return blocks


def _buttons(each: Pending, words: Catalogue) -> list[tuple[Button, ...]]:
    say, number = words.say, each.proposed.id
    rows: list[tuple[Button, ...]] = []
    if each.own:
        rows.append((Button(say("↩ Withdraw it"), action=action("withdraw", number)),))
    else:
        approving = (Button(say("✔ Approve"), action=action("approve", number)),)
        declining = (Button(say("✖ Decline"), action=action("decline", number)),)
        rows.append((*approving, *declining) if each.may else declining)
    if each.more:
        rows.append((Button(say("⏭ Next"), action=action("pending", number)),))
    return rows
