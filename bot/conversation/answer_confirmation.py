"""Compose the confirmation of an answer: what people will read, and how to undo it (pure)."""

from collections.abc import Iterator
from datetime import date, timedelta

from babel import Locale

from bot.conversation.answer_texts import compose_answer, cut_short
from bot.conversation.moderator_texts import action, compose_sentence, next_button
from bot.conversation.notification_texts import compose_notification
from bot.conversation.quotes import AskedClaim, compose_sourced_quote
from bot.conversation.relation_names import is_review
from bot.conversation.reply import Block, Button, Reply, Style
from bot.conversation.translations import Catalogue, Language, find_language, load_catalogue
from knowledge.agreement.judgement import Judgement
from knowledge.approvals import AnswerPreview
from knowledge.checking.outcomes import Match, decide
from knowledge.claim_queue.cluster_actions import HeldAct
from knowledge.corpus.reports import SourcedStatement
from knowledge.domain import Calendar, Relation


def compose_confirmation(
    each: AnswerPreview, two_people: bool, today: date, words: Catalogue
) -> Reply:
    """Show what people would read of an answer, and ask for confirmation.

    ``two_people`` is whether a second person has to approve it first.
    """
    say, cluster, statement = words.say, each.detail.summary, each.statement
    people = each.audience.people if each.audience is not None else 0
    supports = each.answer.relation is Relation.SUPPORTS
    blocks = [
        Block(
            say("📤 Claim {number}: nothing is sent yet").format(number=cluster.id),
            Style.HEADLINE,
        ),
        Block(cut_short(cluster.title), Style.QUOTE),
        Block(_compose_claims(each, words)),
        *compose_sourced_quote(statement, AskedClaim(cluster.title, today), words),
        *_warn_of_missing_fields(statement, words),
    ]
    if people:
        goes = words.count("It goes to {count} person.", "It goes to {count} people.", people)
        blocks += [
            Block(goes),
            Block(say("Each reads their own wording of the claim."), Style.NOTE),
        ]
    else:
        blocks.append(Block(say("Nobody is waiting for an answer.")))
    if two_people:
        blocks.append(Block(say("A second person has to approve it first."), Style.NOTE))
    rows: list[tuple[Button, ...]] = []
    for heading, reply in _preview_messages(each, today, words):
        blocks += [Block(heading, Style.HEADLINE), *reply.blocks]
        rows += reply.buttons
    # A button's action has room for one number: the later of the two.
    about = (cluster.id, statement.id, max(each.seen, each.shown))
    sending = Button(
        say("📤 Propose it") if two_people else say("📤 Send it"),
        action=action("support" if supports else "refute", *about),
    )
    rows.append((sending, Button(say("↩ Back"), action=action("back", cluster.id))))
    return Reply(tuple(blocks), tuple(rows))


def compose_sent(
    cluster_id: int, people: int, held: HeldAct | None, undo_for: timedelta, words: Catalogue
) -> Reply:
    """Say that a cluster is answered, as ``compose_held`` says things."""
    text = words.count(
        "Claim {number} is answered. {count} person will be told.",
        "Claim {number} is answered. {count} people will be told.",
        people,
        number=cluster_id,
    )
    return compose_held(text, held, undo_for, words)


def compose_held(text: str, held: HeldAct | None, undo_for: timedelta, words: Catalogue) -> Reply:
    """Say that an act is done; if it is ``held`` back, offer to undo it before messages go out."""
    if held is None:
        return compose_sentence(text)
    seconds = int(undo_for.total_seconds())
    if not seconds:
        return compose_sentence(text, next_button(words))
    note = words.count(
        "Nothing is sent for {count} second: until then you can take it back.",
        "Nothing is sent for {count} seconds: until then you can take it back.",
        seconds,
    )
    undo = Button(words.say("↩ Undo"), action=action("undo", held.cluster_id, held.entry_id))
    return Reply((Block(text), Block(note, Style.NOTE)), ((undo,), (next_button(words),)))


def compose_taken_back(cluster_id: int, words: Catalogue) -> Reply:
    """Say that an answer was taken back, with a button to its claim."""
    text = words.say("It was taken back: claim {number} is in the inbox again. Nothing was sent.")
    again = Button(words.say("↩ Back"), action=action("back", cluster_id))
    return Reply((Block(text.format(number=cluster_id)),), ((again, next_button(words)),))


def _warn_of_missing_fields(statement: SourcedStatement, words: Catalogue) -> Iterator[Block]:
    """Yield what people are not told of where a statement comes from."""
    say = words.say
    if not statement.publisher:
        yield Block(say("Its publisher is missing: people cannot see whose report this is."))
    if not statement.url:
        yield Block(say("Its address is missing: people get no link to the report."))


def _compose_claims(each: AnswerPreview, words: Catalogue) -> str:
    if is_review(each.answer.relation, each.statement.rating):
        return words.say("You say that this statement reviews this very claim:")
    if each.answer.relation is Relation.SUPPORTS:
        return words.say("✅ You say that this statement supports it:")
    return words.say("❌ You say that this statement contradicts it:")


def _preview_messages(
    each: AnswerPreview, today: date, words: Catalogue
) -> Iterator[tuple[str, Reply]]:
    """Yield each message people would read, with a heading: who is told, else who asks next."""
    names = Locale(words.language.value).languages
    shown: set[Language] = set()
    readers = each.audience.readers if each.audience is not None else ()
    for told in (each.told for each in readers):
        language = find_language(told.language)
        if language in shown:
            continue
        shown.add(language)
        theirs = load_catalogue(language, told.calendar or Calendar.INTERNATIONAL)
        heading = words.say("What people read in {language}:")
        yield (
            heading.format(language=names[language.value]),
            compose_notification(told, today, theirs),
        )
    if shown:
        return
    judgement = Judgement(each.answer.relation, 1.0)
    match = Match(each.statement, judgement, 1.0, 1.0, settles=True, suggested=True)
    answer = decide(each.detail.summary.title, [match], 1)
    heading = words.say("What people read who ask from now on:")
    yield heading, compose_answer(answer, None, today, words)
