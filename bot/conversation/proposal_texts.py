"""Compose proposals that need a second person, as moderators read them (pure)."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from bot.conversation.answer_texts import cut_short
from bot.conversation.change_texts import list_changes, name_field
from bot.conversation.moderator_texts import action, compose_sentence
from bot.conversation.notification_texts import compose_withdrawal
from bot.conversation.quotes import AskedClaim, compose_sourced_quote, format_quote
from bot.conversation.refusal_texts import REFUSED, compose_refusal
from bot.conversation.reply import Block, Button, Reply, Style
from bot.conversation.translations import Catalogue
from knowledge.approvals import (
    Act,
    AddFeed,
    Answer,
    Attach,
    Detach,
    EditReport,
    EditStatement,
    Explain,
    Foreseen,
    MergeStatements,
    NextProposal,
    Publish,
    ResumeFeed,
    SplitCluster,
    SplitStatement,
    TrustSource,
    Undo,
)
from knowledge.domain import Relation, StatementStatus
from knowledge.text.plain_text import single_line

#: Characters of a change that are shown in a chat: they fit one message. Without a console to
#: show the rest, as much as can be read in several messages.
ROOM: Final = 3_400
ROOM_ALONE: Final = 40_000
#: Characters shown of a change that does not fit, and of the context around a change.
_CUT: Final = 200
_AROUND: Final = 80


def name_act(act: Act, say: Callable[[str], str]) -> str:
    """Name a proposed act."""
    match act:
        case Publish():
            return say("Publish statements")
        case EditStatement():
            return say("Edit a statement")
        case EditReport():
            return say("Edit a report")
        case MergeStatements():
            return say("Merge statements")
        case SplitStatement():
            return say("Split a statement")
        case Undo():
            return say("Undo an act")
        case Answer(relation=Relation.SUPPORTS):
            return say("Answer a claim: it is supported")
        case Answer():
            return say("Answer a claim: it is contradicted")
        case Explain():
            return say("Change the note with an answer")
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


def compose_waiting(proposal_id: int, words: Catalogue) -> Reply:
    """Tell the proposer that an act waits for a second person."""
    text = words.say(
        "⏳ This waits for a second person (number {number}); until then nothing changes."
        " A colleague approves it with /pending or in the console."
    )
    withdraw = Button(words.say("↩ Withdraw it"), action=action("withdraw", proposal_id))
    return compose_sentence(text.format(number=proposal_id), withdraw)


def compose_nothing_waiting(words: Catalogue) -> Reply:
    """Say that nothing waits."""
    return compose_sentence(words.say("Nothing waits for a second person."))


def compose_proposal(each: NextProposal, page: str | None, today: date, words: Catalogue) -> Reply:
    """Show a proposal: all that it changes, what people would read, and buttons to decide.

    If something does not fit, it is counted, and the proposal can only be approved on its ``page``
    of the console (None without one): nobody approves what they saw in part.
    """
    say, proposed = words.say, each.proposed
    blocks = [
        Block(
            say("⏳ Waiting for a second person: number {number}").format(number=proposed.id),
            Style.HEADLINE,
        ),
        Block(name_act(proposed.act, say)),
        Block(_origin(each, words), Style.NOTE),
    ]
    problem = each.foreseen.problem
    if problem is not None:
        why = compose_refusal(problem, words) if isinstance(problem, REFUSED) else str(problem)
        blocks.append(Block(why))
    room = ROOM if page is not None else ROOM_ALONE
    left_out = 0
    for part in _parts(each, today, words):
        length = sum(map(_length, part))
        if length <= room:
            blocks += part
            room -= length
            continue
        left_out += 1
        short = Block(cut_short(part[0].text, _CUT), part[0].style)
        if len(part) == 1 and _length(short) <= room:
            blocks.append(short)
            room -= _length(short)
    if left_out:
        blocks.append(Block(_describe_omission(left_out, page, words)))
    return Reply(tuple(blocks), tuple(_buttons(each, left_out == 0, page, words)))


def _origin(each: NextProposal, words: Catalogue) -> str:
    return words.say("Proposed by {name}, {when}").format(
        name=words.quote(each.by), when=words.day(each.proposed.at.date())
    )


def _parts(each: NextProposal, today: date, words: Catalogue) -> Iterator[list[Block]]:
    """Yield the parts that the approver has to see; each has to be shown whole."""
    proposed = each.proposed
    if proposed.reason:
        yield [Block(words.say("Why: {reason}").format(reason=words.quote(proposed.reason)))]
    if proposed.title:
        yield [Block(single_line(proposed.title), Style.QUOTE)]
    for line in dict.fromkeys(_changes(each.foreseen, words)):
        yield [Block(line)]
    if isinstance(proposed.act, Undo | Detach) and each.foreseen.takes_back:
        heading = Block(words.say("People who were told the answer would read:"), Style.HEADLINE)
        yield [heading, *compose_withdrawal(proposed.title, is_open=True, words=words).blocks]
        return
    yield from _statements(each.foreseen, today, words)


def _changes(foreseen: Foreseen, words: Catalogue) -> Iterator[str]:
    """Yield each changed field with its old and new value."""
    for entry in foreseen.entries:
        for name, was, would_be in list_changes(entry):
            if was is not None and would_be is not None:
                was, would_be = _trim_common_parts(was, would_be)
            values = ("—" if v is None else words.quote(single_line(v)) for v in (was, would_be))
            yield f"{name_field(name, words.say)}: " + " → ".join(values)


def _trim_common_parts(was: str, would_be: str) -> tuple[str, str]:
    """Drop the common beginning and end of two long texts, except for some context."""
    before = max(0, _count_common_prefix(was, would_be) - _AROUND)
    rest = (was[before:][::-1], would_be[before:][::-1])
    after = max(0, _count_common_prefix(*rest) - _AROUND)
    opening, closing = "…" if before else "", "…" if after else ""
    cut = [f"{opening}{text[after:][::-1]}{closing}" for text in rest]
    return cut[0], cut[1]


def _count_common_prefix(one: str, other: str) -> int:
    """Return the length of the common prefix of two texts."""
    pairs = enumerate(zip(one, other, strict=False))
    differing = (place for place, (here, there) in pairs if here != there)
    return next(differing, min(len(one), len(other)))


def _statements(foreseen: Foreseen, today: date, words: Catalogue) -> Iterator[list[Block]]:
    for each in foreseen.statements:
        if each.after.status is StatementStatus.PUBLISHED:
            heading = words.say("People would read:")
            read = compose_sourced_quote(each.after, AskedClaim(each.after.text, today), words)
        else:
            heading = words.say("People would no longer read:")
            read = [format_quote(each.after.text)]
        yield [Block(heading, Style.HEADLINE), *read]


def _length(block: Block) -> int:
    """Return a block's length in a message in UTF-16 units, including the line after it."""
    return len(block.text.encode("utf-16-le")) // 2 + 2


def _describe_omission(left_out: int, page: str | None, words: Catalogue) -> str:
    said = words.say(
        "⚠️ Parts of this that do not fit here: {count}. Look at all of it in the console, where it"
        " is approved."
    ).format(count=left_out)
    if page is None:
        page = words.say(
            "The console is off. Whoever runs the bot can turn it on with CONSOLE_BIND."
        )
    return f"{said}\n{page}"


def _buttons(
    each: NextProposal, whole: bool, page: str | None, words: Catalogue
) -> list[tuple[Button, ...]]:
    say, number = words.say, each.proposed.id
    rows: list[tuple[Button, ...]] = []
    if each.own:
        rows.append((Button(say("↩ Withdraw it"), action=action("withdraw", number)),))
    else:
        approving = (Button(say("✔ Approve"), action=action("approve", number)),)
        declining = (Button(say("✖ Decline"), action=action("decline", number)),)
        rows.append((*approving, *declining) if each.may and whole else declining)
    if not whole and page is not None:
        rows.append((Button(say("Open the console"), url=page),))
    if each.more:
        rows.append((Button(say("⏭ Next"), action=action("pending", number)),))
    return rows
