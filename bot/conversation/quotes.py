"""Compose a statement's quote: its words, speaker, source and date, and the reasons (pure)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from babel import Locale

from bot.conversation.reply import Block, Style
from bot.conversation.translations import Catalogue
from knowledge.agreement.calendar_points import Moment, MomentBound
from knowledge.agreement.dates import moments
from knowledge.agreement.judgement import Reason, ReasonKind
from knowledge.agreement.negation import has_negator
from knowledge.agreement.tokens import tokenise
from knowledge.checking.outcomes import SHOWN, Match, is_reviewed_claim
from knowledge.claim_queue.explanations import Note
from knowledge.claims.arabizi import language_spoken
from knowledge.corpus.ratings import may_confirm
from knowledge.corpus.reports import SourcedStatement
from knowledge.domain import Rating, Relation
from knowledge.text.language import UNDETERMINED, guess_language, language_of_part
from knowledge.text.plain_text import single_line

#: Days after which a report is old: the answer says its age, and that things may have changed,
#: unless the claim itself is about that time.
OLD_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class AskedClaim:
    """A claim and the day it was asked, to compare a report's age and language with."""

    claim: str
    today: date

    @property
    def speaks_of(self) -> date:
        """The day the claim is about: the start of the latest date it names, else today."""
        named = [_start(m, self.today) for m in moments(self.claim) if m.year is not None]
        return min(max(named, default=self.today), self.today)

    @property
    def language(self) -> str:
        """The language of the claim."""
        return language_spoken(self.claim)


def _start(moment: Moment, today: date) -> date:
    if moment.bound in (MomentBound.SINCE, MomentBound.AFTER):
        return today
    try:
        return date(moment.year or today.year, moment.month or 1, moment.day or 1)
    except ValueError:  # 30 February
        return date(moment.year or today.year, moment.month or 1, 1)


def compose_sourced_quote(
    statement: SourcedStatement, ask: AskedClaim, words: Catalogue
) -> list[Block]:
    """Compose the quote, its speaker, source and date as far as known, and any warnings.

    The lines are ours whatever a field holds: each field is isolated within its line.
    """
    say, quote = words.say, words.quote
    lines = []
    if is_reviewed_claim(statement):
        lines.append(say("The claim above as the fact-checkers reviewed it."))
        if statement.speaker:
            lines.append(say("Claimed by: {speaker}").format(speaker=quote(statement.speaker)))
        label = statement.rating_text or (
            name_rating(statement.rating, say) if statement.rating else None
        )
        if label:
            lines.append(say("Their rating: “{rating}”").format(rating=quote(label)))
    elif statement.speaker:
        lines.append(say("Said by: {speaker}").format(speaker=quote(statement.speaker)))
    where = [quote(statement.title), quote(statement.publisher or "")]
    when = statement.published_at or statement.as_of
    if when is not None:
        age = f" ({words.age(when, ask.today)})" if (ask.today - when).days > OLD_DAYS else ""
        where.append(words.day(when) + age)
    known = " · ".join(part for part in where if part)
    lines.append(f"📰 {known or say('outlet not stated')}")
    mind = [
        note
        for note in (_warn_of_age(when, ask, words), _name_other_language(statement, ask, words))
        if note
    ]
    return [
        format_quote(statement.text),
        Block("\n".join(lines)),
        *(Block(note, Style.NOTE) for note in mind),
    ]


def format_note(note: Note, words: Catalogue) -> list[Block]:
    """Compose the moderators' note in the reader's language, marked as theirs; may be empty."""
    text = note.in_language(words.language.value)
    if not text:
        return []
    return [Block(words.say("🗒 Moderator’s note: {note}").format(note=words.quote(text)))]


def format_quote(text: str) -> Block:
    """Return a statement's words in quotation marks, on one line."""
    return Block(f"«{single_line(text)}»", Style.QUOTE)


def name_rating(rating: Rating, say: Callable[[str], str]) -> str:
    """Name a rating for which the fact-checker's own wording is unknown."""
    names = {
        Rating.TRUE: say("true"),
        Rating.MOSTLY_TRUE: say("mostly true"),
        Rating.MIXED: say("partly true"),
        Rating.MISLEADING: say("misleading"),
        Rating.FALSE: say("false"),
        Rating.UNPROVEN: say("unproven"),
        Rating.SATIRE: say("satire"),
    }
    return names[rating]


def _warn_of_age(when: date | None, ask: AskedClaim, words: Catalogue) -> str | None:
    """Warn if a report is much older than the time that the claim is about."""
    if when is None or (ask.speaks_of - when).days <= OLD_DAYS:
        return None
    pattern = words.say("⏳ This report is from {date}; things may have changed since.")
    return pattern.format(date=words.day(when))


def _name_other_language(
    statement: SourcedStatement, ask: AskedClaim, words: Catalogue
) -> str | None:
    """Name the report's language if it differs from the claim's."""
    names = Locale(words.language.value).languages
    code = statement.language.partition("-")[0].lower()
    if code not in names or code == UNDETERMINED:
        code = guess_language(statement.text)
    code = language_of_part(statement.text, code)
    if UNDETERMINED in (code, ask.language) or code == ask.language:
        return None
    pattern = words.say("🌐 This report is in {language}, your message is not.")
    return pattern.format(language=names[code])


def compose_reasons(match: Match, ask: AskedClaim, words: Catalogue) -> list[Block]:
    """Compose the reasons for a verdict; a contradiction always has at least one."""
    refutes = match.judgement.relation is Relation.REFUTES
    if refutes and not may_confirm(match.statement.rating):
        return []  # The rating, shown with the quote, is the reason.
    kinds = _DIFFERING if refutes else _AGREEING
    told = [
        reason
        for reason in match.judgement.reasons
        if reason.kind in kinds and reason.claim != reason.statement
    ]
    if ask.language != guess_language(match.statement.text):
        # Across languages the words always differ: no reason.
        told = [reason for reason in told if reason.kind is not ReasonKind.WORDS_DIFFER]
    said = [_describe_reason(reason, words) for reason in told[:SHOWN]]
    if refutes and not said:
        said = [words.say("The report says otherwise: compare its words with yours.")]
    return [Block(text) for text in said]


_AGREEING: Final = frozenset({ReasonKind.NUMBER_AGREES, ReasonKind.DATE_AGREES})
_DIFFERING: Final = frozenset(
    {
        ReasonKind.NUMBER_DIFFERS,
        ReasonKind.DATE_DIFFERS,
        ReasonKind.NEGATION_DIFFERS,
        ReasonKind.WORDS_DIFFER,
    }
)


def _describe_reason(reason: Reason, words: Catalogue) -> str:
    say, ours, theirs = words.say, reason.claim, reason.statement
    denies = has_negator(tokenise(ours or theirs))
    if ours and theirs and reason.kind is ReasonKind.NEGATION_DIFFERS:
        pattern = say(
            "One denies what the other says. Your message: “{claim}” → the report: “{statement}”"
        )
    elif ours and theirs:
        pattern = say("Your message: “{claim}” → the report: “{statement}”")
    elif theirs and denies:
        pattern = say("The report denies this: “{statement}”")
    elif theirs:
        pattern = say("The report adds: “{statement}”")
    elif denies:
        pattern = say("Your message denies what the report says: “{claim}”")
    else:
        pattern = say("Only in your message: “{claim}”")
    return pattern.format(claim=words.quote(ours), statement=words.quote(theirs))
