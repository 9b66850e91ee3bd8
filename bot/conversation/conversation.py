"""Answer everything a person can do: messages, commands, pictures and button presses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Final, TypeAlias

from bot.conversation import (
    answer_texts,
    inline_cards,
    media_texts,
    moderator_texts,
    small_talk_texts,
)
from bot.conversation.answer_texts import Carrier, Part
from bot.conversation.groups import COMMANDS as OF_GROUPS
from bot.conversation.groups import Groups
from bot.conversation.inquiry_recording import Answered, InquiryRecorder
from bot.conversation.introduction import EXAMPLE, Introduction
from bot.conversation.media_texts import Medium
from bot.conversation.moderator_commands import Moderation
from bot.conversation.personal_settings import PersonalSettings, offer_languages
from bot.conversation.reply import Asker, Block, Cards, Origin, Reply, Style
from bot.conversation.translations import Catalogue, find_language, load_catalogue, usual_calendar
from bot.fetching.errors import FetchError
from bot.media.errors import PictureError
from knowledge.accounts import group_settings, people
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.claim_queue import inquiries, person_actions
from knowledge.claim_queue.inquiries import Rest
from knowledge.claim_queue.person_actions import Noted
from knowledge.claims import MAX_CLAIMS, Intent, Message, lone_link, read_message
from knowledge.corpus.readers.page_heading import Heading
from knowledge.corpus.reports import load_published_in_order
from knowledge.domain import Feedback, Outcome
from knowledge.errors import UnreadableClaim, UnreadableFile
from knowledge.storage.database import Sessions

#: Default number of days that questions are kept.
RETENTION_DAYS: Final = 90

#: How long after an answer "what is the source?" refers to it.
LAST_ANSWER: Final = timedelta(hours=12)

#: Reads the text in a picture. Raises PictureError.
ReadPicture: TypeAlias = Callable[[bytes], str]
#: Reads the title and description of a web page. Raises FetchError or UnreadableFile.
ReadLink: TypeAlias = Callable[[str], Heading]

_FEEDBACK: Final = {answer_texts.USEFUL: Feedback.USEFUL, answer_texts.USELESS: Feedback.NOT_USEFUL}


class Conversation:
    """Implements ``interface.Talk`` over the services of ``knowledge``.

    ``channel`` keeps people of different channels apart, ``secret`` keys the hash of their ids.
    ``retention_days`` is how long questions are kept, for telling people; a scheduled job erases
    them. Without ``read_picture`` or ``read_link`` people are told that these are not read.
    """

    def __init__(
        self,
        sessions: Sessions,
        checker: ClaimChecker,
        secret: bytes,
        channel: str,
        today: Callable[[], date] = lambda: datetime.now().astimezone().date(),
        moderation: Moderation | None = None,
        retention_days: int = RETENTION_DAYS,
        read_picture: ReadPicture | None = None,
        read_link: ReadLink | None = None,
    ) -> None:
        self._sessions, self._checker = sessions, checker
        self._secret, self._channel, self._today = secret, channel, today
        self._moderation = moderation
        self._read_picture, self._read_link = read_picture, read_link
        self._keeping = InquiryRecorder(sessions, checker, self._key_of, secret)
        self._personal = PersonalSettings(sessions, secret, retention_days)
        self._introduction = Introduction(sessions, checker, today)
        self._groups = Groups(sessions, checker, self._group_key, self._words, today)

    @property
    def groups(self) -> Groups:
        """The conversation in groups."""
        return self._groups

    def start(self, asker: Asker) -> Reply:
        """Greet."""
        return self._introduction.start(self._words(asker))

    def help(self, asker: Asker) -> Reply:
        """Explain the outcomes and the commands."""
        return self._introduction.help(self._words(asker))

    def language(self, asker: Asker) -> Reply:
        """Offer the languages and the calendars."""
        return offer_languages(self._words(asker))

    def command(self, asker: Asker, name: str, argument: str) -> Reply:
        """Handle a public command or a moderator's; explain the commands for any other."""
        if name == "check":
            return self.claim(asker, argument)
        key, words = self._key(asker), self._words(asker)
        if name in OF_GROUPS:
            return self._groups.alone(words)
        reply = self._personal.command(name, argument, key, words)
        if reply is None and self._moderation is not None:
            reply = self._moderation.command(asker, key, name, argument, words)
        return reply or self.help(asker)

    def in_private(self, asker: Asker) -> Reply:
        """Say that a command works in a private chat only."""
        say = self._words(asker).say
        return Reply((Block(say("Private chats only: send it to me in a private chat.")),))

    def menu(self, asker: Asker) -> tuple[tuple[str, str], ...]:
        """Return a moderator's commands; empty for anybody else."""
        if self._moderation is None:
            return ()
        return self._moderation.menu(self._key(asker), self._words(asker))

    def claim(self, asker: Asker, text: str, origin: Origin | None = None) -> Reply:
        """Answer the claims of a message and record an inquiry for each; answer small talk."""
        words, blocked = self._load_words(asker)
        if blocked:
            return _compose_blocked(words)
        link = lone_link(text)
        if link is not None and self._read_link is not None:
            return self._answer_link(asker, link, self._read_link, words, origin)
        try:
            message = read_message(text)
        except UnreadableClaim as error:
            return small_talk_texts.compose_unreadable(error.problem, words)
        if message.intent is not Intent.CLAIM:
            return self._answer_small_talk(asker, message.intent, text, words)
        return self._answer_claims(asker, message, Carrier.MESSAGE, words, origin)

    def _answer_small_talk(
        self, asker: Asker, intent: Intent, text: str, words: Catalogue
    ) -> Reply:
        """Answer a message that is not a claim; it may be about the last answer."""
        if intent is Intent.HELP:
            return self.help(asker)
        if intent not in (Intent.SOURCE, Intent.VERDICT, Intent.WRONG):
            return small_talk_texts.compose_small_talk(intent, words, text)
        since = datetime.now(UTC) - LAST_ANSWER
        last = self._sessions.read(inquiries.load_latest, self._key(asker), since)
        if last is None:
            return small_talk_texts.compose_small_talk(intent, words, text)
        if intent is Intent.SOURCE:
            shown = self._sessions.read(load_published_in_order, last.statement_ids)
            return answer_texts.compose_sources(last.claim, shown, self._today(), words)
        if intent is Intent.WRONG:
            return answer_texts.compose_wrong_answer(last.id, last.claim, words)
        noted = Noted(last.id, last.waiting, closed=last.closed)
        again = Part(last.claim, self._checker.answer(last.claim), noted)
        self._keeping.show(last.id, answer_texts.select_shown_matches(again.answer))
        return answer_texts.compose_answers([again], self._today(), words)

    def picture(self, asker: Asker, data: bytes, origin: Origin | None = None) -> Reply:
        """Answer the claims of the text in a picture, and show the text that was read."""
        words, blocked = self._load_words(asker)
        if blocked:
            return _compose_blocked(words)
        if self._read_picture is None:
            return media_texts.compose_unsupported(Medium.PICTURE, words)
        try:
            message = read_message(self._read_picture(data))
        except PictureError as error:
            return media_texts.compose_unread_picture(error, words)
        except UnreadableClaim:
            return media_texts.compose_wordless_picture(words)
        return self._answer_claims(asker, message, Carrier.PICTURE, words, origin)

    def _answer_link(
        self, asker: Asker, link: str, read: ReadLink, words: Catalogue, origin: Origin | None
    ) -> Reply:
        """Answer what a linked page claims in its title, else in its description."""
        try:
            page = read(link)
        except FetchError as error:
            return media_texts.compose_unread_link(error, words)
        except UnreadableFile:
            return media_texts.compose_wordless_page(words)
        for text in page.texts:
            try:
                message = read_message(text)
            except UnreadableClaim:
                continue
            if message.claims:
                reply = self._answer_claims(asker, message, Carrier.PAGE, words, origin)
                return replace(reply, blocks=(Block(f"🌐 {page.host}", Style.NOTE), *reply.blocks))
        return media_texts.compose_wordless_page(words)

    def _answer_claims(
        self,
        asker: Asker,
        message: Message,
        carrier: Carrier,
        words: Catalogue,
        origin: Origin | None,
    ) -> Reply:
        """Answer the claims of a message that was read, and record an inquiry for each."""
        if not message.claims:
            return small_talk_texts.compose_small_talk(message.intent, words)
        answered = self._check_claims(message)
        if not answered:
            return small_talk_texts.compose_arabizi_unread(words)
        rest = Rest(message.rest, self._keeping.origin(origin) if origin is not None else None)
        parts = self._keeping.keep(asker, answered, rest, words.language)
        if asker.is_nobody:
            # A channel's buttons would be pressed by others than the asker.
            parts = [replace(part, noted=None) for part in parts]
        if len(parts) > 1 or message.excerpt or carrier is not Carrier.MESSAGE:
            return answer_texts.compose_answers(
                parts, self._today(), words, carrier, len(rest.claims)
            )
        return answer_texts.compose_answer(parts[0].answer, parts[0].noted, self._today(), words)

    def _answer_rest(self, asker: Asker, number: int, words: Catalogue) -> Reply | None:
        """Answer the remaining claims of a message; None if it is not this person's."""
        left = self._sessions.read(inquiries.load_rest, number, self._key(asker))
        if left is None:
            return None
        if self._load_words(asker)[1]:
            return _compose_blocked(words)
        claims, rest = left.claims[:MAX_CLAIMS], replace(left, claims=left.claims[MAX_CLAIMS:])
        answered = [(claim, self._checker.answer(claim)) for claim in claims]
        parts = self._keeping.keep(asker, answered, rest, words.language, after=number)
        return answer_texts.compose_answers(parts, self._today(), words, rest=len(rest.claims))

    def cards(self, asker: Asker, text: str) -> Cards:
        """Offer cards for an inline query; none to a blocked person."""
        words, blocked = self._load_words(asker)
        if blocked:
            return Cards()
        message = _parse_message(text)
        answered = self._check_claims(message) if message is not None else ()
        if not answered:
            return inline_cards.compose_hint(words)
        today = self._today()
        offered = (
            inline_cards.compose_cards(n, each, today, words)
            for n, (_, each) in enumerate(answered)
        )
        return Cards(tuple(chain.from_iterable(offered)))

    def record_choice(self, asker: Asker, text: str, name: str) -> None:
        """Record an inquiry for the claim whose card was sent; no notification is promised."""
        message, number = _parse_message(text), inline_cards.find_claim_number(name)
        words, blocked = self._load_words(asker)
        if message is None or number is None or blocked:
            return
        for claim in message.claims[number : number + 1]:
            answer = self._checker.answer(claim, crossed=message.crossed)
            (part,) = self._keeping.keep(asker, ((claim, answer),), Rest(), words.language)
            if part.noted is not None:
                self._keeping.show(
                    part.noted.inquiry_id, inline_cards.find_match_on_card(name, answer)
                )

    def _check_claims(self, message: Message) -> Answered:
        """Return the claims of a message with their answers; empty if it turns out to be no claim.

        Text without any match may only look like Arabic in Latin letters.
        """
        answered = [
            (claim, self._checker.answer(claim, crossed=message.crossed))
            for claim in message.claims
        ]
        found = any(answer.outcome is not Outcome.NO_MATCH for _, answer in answered)
        return answered if found or not message.arabizi else ()

    def press(self, asker: Asker, action: str) -> Reply:
        """Answer a button press; say that it has expired if it is unknown or another person's."""
        kind, _, rest = action.partition(":")
        key, words = self._key(asker), self._words(asker)
        reply = self._personal.press(kind, rest, key, words)
        if reply is None and kind == moderator_texts.PREFIX and self._moderation is not None:
            reply = self._moderation.press(asker, key, rest, words)
        if reply is None:
            number = int(rest) if rest.isascii() and rest.isdecimal() and len(rest) < 19 else 0
            reply = self._answer_button(asker, kind, number, words)
        if reply is None:
            gone = words.say("This button no longer works. Send the claim again.")
            return Reply((Block(gone),))
        return reply

    def _answer_button(
        self, asker: Asker, kind: str, number: int, words: Catalogue
    ) -> Reply | None:
        """Answer a button of an answer or an example; None if it is unknown or another person's."""
        key = self._key(asker)
        if kind == EXAMPLE:
            blocked = self._load_words(asker)[1]
            return _compose_blocked(words) if blocked else self._introduction.example(number, words)
        if kind == answer_texts.OTHERS:
            return self._show_others(asker, number, words)
        if kind == answer_texts.REST:
            return self._answer_rest(asker, number, words)
        if kind == answer_texts.TELL:
            return self._personal.tell(asker, key, number, words)
        if kind == answer_texts.QUIET:
            return self._personal.quiet(key, number, words)
        if kind == answer_texts.DISPUTE:
            person = self._keeping.contact(asker)
            told = self._sessions.write(person_actions.dispute, number, person)
            return None if told is None else answer_texts.compose_dispute(told, words)
        if kind in _FEEDBACK:
            if not self._sessions.write(inquiries.rate, number, key, _FEEDBACK[kind]):
                return None
            chosen = answer_texts.compose_feedback(kind, number, words.say)
            return Reply((Block(words.say("Thank you, noted.")),), (chosen,))
        return None

    def mark_unreachable(self, asker: Asker) -> None:
        """Delete a person's address and their pending notifications: they blocked the bot."""
        self._sessions.write(person_actions.note_unreachable, self._key(asker))

    def unsupported(self, asker: Asker, medium: Medium) -> Reply:
        """Say what can be read instead."""
        return media_texts.compose_unsupported(medium, self._words(asker))

    def lost_picture(self, asker: Asker) -> Reply:
        """Say that Telegram does not provide a picture any more."""
        return media_texts.compose_lost_picture(self._words(asker))

    def compose_placeholder(self, asker: Asker) -> Reply:
        """Return the placeholder that is shown until the answer is found."""
        return Reply((Block(self._words(asker).say("⏳ Looking through the reports…")),))

    def slow_down(self, asker: Asker) -> Reply:
        """Say that the person's rate limit is reached."""
        say = self._words(asker).say
        return Reply(
            (
                Block(
                    say(
                        "That is more than I can check at once, so I leave out what comes now."
                        " Please wait a minute, then send what matters most."
                    )
                ),
            )
        )

    def busy(self, asker: Asker) -> Reply:
        """Say that too many ask at once."""
        return media_texts.compose_busy(self._words(asker))

    def failure(self, asker: Asker) -> Reply:
        """Say that something broke on our side."""
        say = self._words(asker).say
        return Reply(
            (Block(say("Something went wrong on our side. Please send it again in a minute.")),)
        )

    def _show_others(self, asker: Asker, number: int, words: Catalogue) -> Reply | None:
        asked = self._sessions.read(inquiries.load, number, self._key(asker))
        if asked is None:
            return None
        if self._load_words(asker)[1]:
            return _compose_blocked(words)
        # Searched again: only statements that were shown are stored, and reports change.
        first = asked.statement_ids[:1]
        found = self._checker.answer(asked.claim).suggestions
        rest = [match for match in found if match.statement.id not in first]
        self._keeping.show(number, rest)
        statements = [match.statement for match in rest]
        return answer_texts.compose_others(asked.claim, statements, self._today(), words)

    def _load_words(self, asker: Asker) -> tuple[Catalogue, bool]:
        """Return a person's catalogue, and whether they are blocked."""
        group = self._group_key(asker.group) if asker.group is not None else None
        known = self._sessions.read(group_settings.load_member, self._key(asker), group)
        code, wishes = asker.language_code, known.wishes
        words = load_catalogue(
            find_language(wishes.language or code), wishes.calendar or usual_calendar(code)
        )
        return words, known.is_blocked(datetime.now(UTC))

    def _words(self, asker: Asker) -> Catalogue:
        words, _ = self._load_words(asker)
        return words

    def _key(self, asker: Asker) -> str:
        return self._key_of(asker.id)

    def _key_of(self, number: int) -> str:
        return people.person_key(self._secret, self._channel, number)

    def _group_key(self, group: int) -> str:
        return group_settings.group_key(self._secret, self._channel, group)


def _parse_message(text: str) -> Message | None:
    try:
        return read_message(text)
    except UnreadableClaim:
        return None


def _compose_blocked(words: Catalogue) -> Reply:
    """Say that a blocked person is not answered; nothing is looked up or stored."""
    return Reply((Block(words.say("For now I do not answer you. Try again later.")),))
