"""Preview messages to people, composed by the code that composes the real ones (pure)."""

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
    """A message in one language, and how many people get it if that is known."""

    language: Language
    reply: Reply
    people: int | None = None

    @property
    def name(self) -> str:
        """The language's own name."""
        return NAMES[self.language]

    @property
    def dir(self) -> str:
        """The language's direction, as HTML's ``dir``."""
        return "rtl" if self.language is Language.ARABIC else "ltr"


def preview_asked(statement: SourcedStatement, today: date) -> tuple[Preview, ...]:
    """Preview the answer to somebody who asks a statement's exact words after it is published."""
    return _answered(
        statement.text, statement, apply_rating(Judgement(Relation.SUPPORTS, 1.0), statement), today
    )


def preview_judged(
    claim: str,
    statement: SourcedStatement,
    relation: Relation,
    today: date,
    note: Note = NO_NOTE,
) -> tuple[Preview, ...]:
    """Preview the answer to a claim whose relation to a statement a moderator decided."""
    return _answered(claim, statement, Judgement(relation, 1.0), today, note)


@dataclass(frozen=True, slots=True)
class AnswerPreviews:
    """Previews of an answer: for people who are notified, and for those who ask ``later``."""

    people: int
    notifications: tuple[Preview, ...]
    later: tuple[Preview, ...]


def preview_answer(
    audience: Audience,
    claim: str,
    statement: SourcedStatement,
    relation: Relation,
    today: date,
    note: Note = NO_NOTE,
) -> AnswerPreviews:
    """Preview an answer for its ``audience`` and for people who ask later."""
    later = preview_judged(claim, statement, relation, today, note)
    return AnswerPreviews(audience.people, preview_for_readers(audience.readers, today), later)


def preview_for_readers(readers: Sequence[Readers[Told]], today: date) -> tuple[Preview, ...]:
    """Preview the notification in each language that people wait in, most people first."""
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
    """Preview the correction for people who were shown a statement that changes."""
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
    """Preview a notification; ``text_before`` as in ``Told``.

    If an answer is taken back, the question is open again.
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
