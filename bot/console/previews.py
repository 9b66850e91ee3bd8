"""Preview what people will read, worded by the same code that words it for them (pure)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from bot.conversation import answer_texts
from bot.conversation.notification_texts import compose_notification
from bot.conversation.reply import Reply
from bot.conversation.translations import NAMES, Catalogue, Language, find_language, load_catalogue
from knowledge.agreement.judgement import Judgement
from knowledge.approvals import Prospect
from knowledge.checking.outcomes import Match, apply_rating, decide
from knowledge.claim_queue.explanations import NO_NOTE, Note
from knowledge.corpus.reports import SourcedStatement
from knowledge.domain import Calendar, NotificationKind, Relation
from knowledge.notifications.due_notification import Readers
from knowledge.notifications.rejections import RejectionNotice
from knowledge.outbox.pending_notifications import Audience, DueNotification

Told: TypeAlias = DueNotification | RejectionNotice


@dataclass(frozen=True, slots=True)
class Preview:
    """A message in one language, and how many people get it where that is known."""

    language: Language
    reply: Reply
    people: int | None = None

    @property
    def name(self) -> str:
        """The language's own name."""
        return NAMES[self.language]

    @property
    def dir(self) -> str:
        """The direction it is read in."""
        return "rtl" if self.language is Language.ARABIC else "ltr"


def preview_asked(statement: SourcedStatement, today: date) -> tuple[Preview, ...]:
    """Return what somebody reads who asks the very words of a statement once it is published."""
    return _answered(
        statement.text, statement, apply_rating(Judgement(Relation.SUPPORTS, 1.0), statement), today
    )


def preview_ruled(
    claim: str,
    statement: SourcedStatement,
    relation: Relation,
    today: date,
    note: Note = NO_NOTE,
) -> tuple[Preview, ...]:
    """Return what somebody reads who asks a claim that a person ruled a statement's relation to."""
    return _answered(claim, statement, Judgement(relation, 1.0), today, note)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would be read of an answer: by those who are told of it, and by who asks ``later``."""

    people: int
    letters: tuple[Preview, ...]
    later: tuple[Preview, ...]


def outlook(
    audience: Audience,
    claim: str,
    statement: SourcedStatement,
    relation: Relation,
    today: date,
    note: Note = NO_NOTE,
) -> Outlook:
    """Return what would be read of an answer to a claim that reaches ``audience``."""
    later = preview_ruled(claim, statement, relation, today, note)
    return Outlook(audience.people, letters(audience.readers, today), later)


def letters(readers: Sequence[Readers[Told]], today: date) -> tuple[Preview, ...]:
    """Return the letter of each language that people wait in, that of most people first."""
    first: dict[Language, Told] = {}
    people: Counter[Language] = Counter()
    for each in readers:
        language = find_language(each.told.language)
        first.setdefault(language, each.told)
        people[language] += each.people
    return tuple(
        Preview(each, compose_notification(first[each], today, _words(each, first[each])), count)
        for each, count in people.most_common()
    )


def _words(language: Language, told: Told) -> Catalogue:
    return load_catalogue(language, told.calendar or Calendar.INTERNATIONAL)


def _answered(
    claim: str,
    statement: SourcedStatement,
    judgement: Judgement,
    today: date,
    note: Note = NO_NOTE,
) -> tuple[Preview, ...]:
    settles = judgement.relation is not Relation.NOT_ENOUGH_INFO
    match = Match(statement, judgement, 1.0, 1.0, settles=settles, suggested=True, note=note)
    answer = decide(claim, [match], 1)
    return tuple(
        Preview(each, answer_texts.compose_answer(answer, None, today, load_catalogue(each)))
        for each in Language
    )


def preview_corrected(prospect: Prospect, today: date) -> tuple[Preview, ...]:
    """Return what those read who were shown a statement and are told how it changes."""
    after, before = prospect.after, prospect.before or prospect.after
    was = before.text if before.text != after.text else None
    return preview_notification(NotificationKind.CORRECTED, before.text, after, None, today, was)


def preview_notification(
    kind: NotificationKind,
    claim: str,
    statement: SourcedStatement,
    relation: Relation | None,
    today: date,
    text_before: str | None = None,
    note: Note = NO_NOTE,
) -> tuple[Preview, ...]:
    """Return what those read who are told unasked; ``text_before`` as in ``Told``.

    Their question is open again, if an answer is taken back.
    """
    return tuple(
        Preview(
            each,
            compose_notification(
                DueNotification(
                    id=0,
                    person_key="",
                    address=None,
                    language=each.value,
                    kind=kind,
                    claim=claim,
                    relation=relation,
                    statement=statement,
                    text_before=text_before,
                    tries=0,
                    open=True,
                    note=note,
                ),
                today,
                load_catalogue(each),
            ),
        )
        for each in Language
    )
