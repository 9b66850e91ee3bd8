"""Compose moderators' messages: a claim with candidate answers, a report just added (pure)."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from babel import Locale

from bot.conversation.answer_texts import cut_short
from bot.conversation.quotes import AskedClaim, compose_sourced_quote
from bot.conversation.relation_names import make_relation_button
from bot.conversation.reply import Block, Button, Reply, Style
from bot.conversation.translations import Catalogue
from knowledge.claim_queue.cluster_listing import ClusterDetail
from knowledge.corpus.ratings import relations_allowed
from knowledge.corpus.reports import SourcedStatement
from knowledge.curation.manual_reports import AddedReports
from knowledge.domain import RejectReason, Relation, StatementStatus

#: Prefix of the actions of moderators' buttons.
PREFIX: Final = "mod"
_VERBS: Final = {Relation.SUPPORTS: "yes", Relation.REFUTES: "no"}
#: Candidate statements, and other wordings, that are shown for one cluster.
CANDIDATES: Final = 3
WORDINGS: Final = 3
#: Statements of an added report that are listed; the console shows the others.
LISTED: Final = 8
#: Characters shown of each statement.
_QUOTED: Final = 300
#: Characters shown of a channel's name.
_NAMED: Final = 60


def compose_sentence(text: str, *buttons: Button) -> Reply:
    """Compose a reply of one sentence, each button in its own row."""
    return Reply((Block(text),), tuple((button,) for button in buttons))


def action(verb: str, *about: object) -> str:
    """Return the action of a button."""
    return ":".join((PREFIX, verb, *map(str, about)))


def next_button(words: Catalogue, after: str = "") -> Button:
    """Return the button to the cluster after ``after``, or to the first one."""
    return Button(words.say("⏭ Next"), action=action("next", after))


def compose_cluster(
    detail: ClusterDetail,
    candidates: Sequence[SourcedStatement],
    after: str | None,
    today: date,
    words: Catalogue,
    seen: int = 0,
) -> Reply:
    """Show a cluster, the statements that may answer it, and buttons for what can be done.

    ``seen`` is the newest audit entry: the buttons refuse if the cluster changed after it.
    """
    say, summary = words.say, detail.summary
    blocks = [
        Block(say("📥 Claim {number}").format(number=summary.id), Style.HEADLINE),
        Block(cut_short(summary.title), Style.QUOTE),
    ]
    _, *others = detail.phrasings(WORDINGS)
    if others:
        asked_as = "\n".join(f"• {words.quote(cut_short(text))}" for text in others)
        blocks.append(Block(say("Also asked as:") + f"\n{asked_as}"))
    blocks.append(Block(_figures(detail, words), Style.NOTE))
    ask = AskedClaim(summary.title, today)
    for number, statement in enumerate(candidates, start=1):
        opening = say("Statement {number}").format(number=number)
        blocks.append(Block(f"{opening} · {words.quote(statement.ref)}", Style.HEADLINE))
        blocks += compose_sourced_quote(statement, ask, words)
    if not candidates:
        blocks.append(
            Block(
                say(
                    "No published statement is about this. Search in the console (/console), or"
                    " add a report that settles it: “➕ Add a source”."
                )
            )
        )
    rows = [*_answers(summary.id, candidates, seen, words), *_handling(summary.id, words)]
    if after is not None:
        rows.append((next_button(words, after),))
    return Reply(tuple(blocks), tuple(rows))


def _figures(detail: ClusterDetail, words: Catalogue) -> str:
    say, summary = words.say, detail.summary
    names = Locale(words.language.value).languages
    lines = [
        say("People: {people} · asked: {asked} · waiting to be told: {waiting}").format(
            people=summary.people, asked=summary.asked, waiting=detail.waiting
        ),
        say("First asked: {first} · last: {last}").format(
            first=words.day(summary.first_asked_at.date()),
            last=words.day(summary.last_asked_at.date()),
        ),
        say("People in the last day: {recent} · in the day before: {before}").format(
            recent=summary.recent, before=summary.before
        ),
    ]
    if summary.forwarded:
        lines += _forwards(detail, words)
    if summary.languages:
        spoken = "، " if words.language.value == "ar" else ", "
        known = spoken.join(names.get(code, code) for code in summary.languages)
        lines.append(say("Languages: {languages}").format(languages=known))
    return "\n".join(lines)


def _forwards(detail: ClusterDetail, words: Catalogue) -> list[str]:
    """Say how often a cluster's claims were forwarded, and from which channels."""
    say, channels = words.say, detail.channels
    lines = [
        say("Forwarded: {times} · from channels: {channels}").format(
            times=detail.summary.forwarded, channels=channels.count
        )
    ]
    if channels.names:
        named = " · ".join(
            f"{words.quote(cut_short(name, _NAMED))} ({times})" for name, times in channels.names
        )
        lines.append(say("Most often from: {channels}").format(channels=named))
    return lines


def _answers(
    cluster_id: int, candidates: Sequence[SourcedStatement], seen: int, words: Catalogue
) -> list[tuple[Button, ...]]:
    """Return a row of relation buttons for each statement."""
    numbered = enumerate(candidates, start=1)
    return [_relations(cluster_id, each, number, seen, words) for number, each in numbered]


def _handling(cluster_id: int, words: Catalogue) -> list[tuple[Button, ...]]:
    say = words.say
    return [
        (
            Button(say("➕ Add a source"), action=action("source", cluster_id)),
            Button(say("🚫 Reject"), action=action("reject", cluster_id)),
        ),
        (
            Button(say("💤 For a day"), action=action("snooze", cluster_id, 1)),
            Button(say("💤 For a week"), action=action("snooze", cluster_id, 7)),
        ),
    ]


def compose_reject_reasons(cluster_id: int, words: Catalogue) -> Reply:
    """Ask for the reason to reject a cluster."""
    say = words.say
    names = {
        RejectReason.SPAM: say("Spam"),
        RejectReason.OPINION: say("An opinion"),
        RejectReason.NOT_CHECKABLE: say("Cannot be checked"),
    }
    row = tuple(Button(names[why], action=action("why", cluster_id, why)) for why in RejectReason)
    told = Block(say("Everybody who waits for an answer is told the reason."), Style.NOTE)
    asked = Block(say("Why is claim {number} rejected?").format(number=cluster_id))
    return Reply((asked, told), (row,))


def compose_adding_help(cluster_id: int, words: Catalogue) -> Reply:
    """Say how to add a report that answers a cluster."""
    text = words.say(
        "Send the report like this, by its address or as text with the title in the first line:"
    )
    return Reply((Block(text), Block(f"/add #{cluster_id} https://…")))


def compose_added(new: AddedReports, cluster_id: int | None, words: Catalogue) -> Reply:
    """Show the statements of an added report, to publish it or to answer a cluster with it."""
    say = words.say
    opening = say("📄 This report was added") if not new.duplicate else say("📄 It is here already")
    blocks = [Block(opening, Style.HEADLINE)]
    if new.title:
        blocks.append(Block(cut_short(new.title)))
    if new.duplicate and new.statements:
        # Read from the database: it may have been edited since.
        kept = new.statements[0]
        known_as = " · ".join(words.quote(part) for part in (kept.publisher, kept.url) if part)
        if known_as:
            blocks.append(Block(known_as, Style.NOTE))
    listed = new.statements[:LISTED]
    for number, statement in enumerate(listed, start=1):
        speaker = f" ({words.quote(statement.speaker)})" if statement.speaker else ""
        quoted = f"«{words.quote(cut_short(statement.text, _QUOTED))}»{speaker}"
        blocks.append(Block(f"{number}. {quoted}\n{words.quote(statement.ref)}"))
    if not listed:
        blocks.append(Block(say("No checkable statement was found in it; see it in the console.")))
        return Reply(tuple(blocks))
    if len(new.statements) > len(listed):
        more = words.count(
            "And {count} more; see it in the console.",
            "And {count} more; see them in the console.",
            len(new.statements) - len(listed),
        )
        blocks.append(Block(more, Style.NOTE))
    usable = [each for each in listed if each.status is not StatementStatus.RETRACTED]
    if cluster_id is not None:
        numbers = {each.id: number for number, each in enumerate(listed, start=1)}
        rows = [_relations(cluster_id, each, numbers[each.id], new.seen, words) for each in usable]
        return Reply(tuple(blocks), tuple(rows))
    unpublished = (StatementStatus.DRAFT, StatementStatus.REVIEWED)
    keys = [
        Button(
            say("Publish {number}").format(number=number),
            action=action("publish", statement.id, new.seen),
        )
        for number, statement in enumerate(listed, start=1)
        if statement.status in unpublished
    ]
    buttons = [tuple(keys[start : start + 3]) for start in range(0, len(keys), 3)]
    if keys and new.report_id is not None:
        buttons.append((Button(say("Publish all"), action=action("all", new.report_id, new.seen)),))
    return Reply(tuple(blocks), tuple(buttons))


def _relations(
    cluster_id: int, statement: SourcedStatement, number: int, seen: int, words: Catalogue
) -> tuple[Button, ...]:
    return tuple(
        make_relation_button(
            number,
            relation,
            statement.rating,
            action(_VERBS[relation], cluster_id, statement.id, seen),
            words.say,
        )
        for relation in relations_allowed(statement.rating)
    )
