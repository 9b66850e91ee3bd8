"""Handle a person's settings, the export of their data, and its erasure.

These replies are private: the channel asks for them in a private chat only.
"""

from collections.abc import Callable
from importlib.metadata import version
from typing import Final

from bot.conversation.answer_texts import LANGUAGE, compose_notify_button, compose_rejection
from bot.conversation.reply import Asker, Block, Button, Document, Reply, Style
from bot.conversation.translations import BY_CODE, NAMES, Catalogue, Language, load_catalogue
from knowledge.accounts import people
from knowledge.accounts.people import Contact
from knowledge.claim_queue import inquiries, person_actions
from knowledge.claim_queue.person_actions import Noted
from knowledge.corpus import reports
from knowledge.domain import Calendar
from knowledge.privacy import data_export, erasure
from knowledge.storage import secure_deletion
from knowledge.storage.database import Sessions

#: Actions of buttons. A colon and the choice or id follow.
CALENDAR, NOTIFY, FORGET = "cal", "notify", "forget"
_ON, _OFF, _YES, _NO = "on", "off", "yes", "no"
_DOCUMENT: Final = "tathabbat-my-data.json"


class PersonalSettings:
    """Handles the commands and buttons about the person who gives them.

    ``retention_days`` is how long questions are kept, for telling people.
    """

    def __init__(self, sessions: Sessions, secret: bytes, retention_days: int) -> None:
        self._sessions, self._secret, self._days = sessions, secret, retention_days

    def command(self, name: str, argument: str, key: str, words: Catalogue) -> Reply | None:
        """Handle a command; None if it is not one of these."""
        asked: dict[str, Callable[[], Reply]] = {
            "notify": lambda: self._notify(argument.strip().lower(), key, words),
            "mydata": lambda: self._show_data(key, words),
            "forgetme": lambda: _confirm_erasure(words),
            "privacy": lambda: self._privacy(words),
            "about": lambda: self._about(words),
        }
        return asked[name]() if name in asked else None

    def press(self, kind: str, rest: str, key: str, words: Catalogue) -> Reply | None:
        """Handle a button; None if it is not one of these."""
        match kind, rest:
            case ("lang", code) if code in BY_CODE:
                return self._choose_language(key, BY_CODE[code], words)
            case ("cal", calendar) if calendar in list(Calendar):
                return self._choose_calendar(key, Calendar(calendar), words)
            case "notify", "on" | "off":
                return self._notify(rest, key, words)
            case "forget", "yes":
                return self._forget(key, words)
            case "forget", "no":
                return Reply((Block(words.say("Nothing was erased.")),))
        return None

    def tell(self, asker: Asker, key: str, number: int, words: Catalogue) -> Reply | None:
        """Turn on the notification for an inquiry; None if it is another person's.

        If moderators rejected the claim, say why instead.
        """
        if asker.address is None:
            text = words.say("I can tell you only in a private chat: ask me there.")
            return Reply((Block(text),))
        person = Contact(key, asker.address, self._secret)
        noted = self._sessions.write(person_actions.wait, number, person)
        if noted is None:
            return None
        if noted.closed is not None:
            return Reply((Block(compose_rejection(noted.closed, words.say)),))
        text = words.say("When our moderators settle it, I will tell you here.")
        return Reply((Block(text),), compose_notify_button(noted, words.say))

    def quiet(self, key: str, number: int, words: Catalogue) -> Reply | None:
        """Turn off the notification for an inquiry; None if it is another person's."""
        if not self._sessions.write(inquiries.stop_waiting, number, key):
            return None
        text = words.say("I will not tell you about this one. For all of them: /notify off")
        return Reply((Block(text),), compose_notify_button(Noted(number), words.say))

    def _choose_language(self, key: str, language: Language, words: Catalogue) -> Reply:
        self._sessions.write(people.choose_language, key, language.value)
        say = load_catalogue(language, words.calendar).say
        return Reply((Block(say("From now on I speak English with you.")),))

    def _choose_calendar(self, key: str, calendar: Calendar, words: Catalogue) -> Reply:
        self._sessions.write(people.choose_calendar, key, calendar)
        return Reply((Block(words.say("From now on I write dates that way.")),))

    def _notify(self, wish: str, key: str, words: Catalogue) -> Reply:
        say = words.say
        if wish == _OFF:
            self._sessions.write(person_actions.mute, key)
        elif wish == _ON:
            self._sessions.write(people.unmute, key)
        if self._sessions.read(people.load_person, key).wishes.muted:
            text = say(
                "🔕 Notifications are off, and I have deleted your chat's address."
                " Corrections of what I showed you will not reach you either."
            )
            button = Button(say("🔔 Tell me"), action=f"{NOTIFY}:{_ON}")
        else:
            text = say(
                "🔔 I tell you here when moderators settle what you asked, and when a report that I"
                " showed you is corrected or withdrawn."
            )
            button = Button(say("🔕 Do not tell me"), action=f"{NOTIFY}:{_OFF}")
        return Reply((Block(text),), ((button,),))

    def _show_data(self, key: str, words: Catalogue) -> Reply:
        held = self._sessions.read(data_export.export, key, self._secret)
        if held.questions:
            text = words.count(
                "This is everything I hold about you. There is {count} question of yours in it.",
                "This is everything I hold about you. There are {count} questions of yours in it.",
                held.questions,
            )
        else:
            text = words.say(
                "This is everything I hold about you. There is no question of yours in it."
            )
        return Reply((Block(text),), document=Document(_DOCUMENT, held.document))

    def _forget(self, key: str, words: Catalogue) -> Reply:
        overwritten = erasure.forget_person(self._sessions, key)
        text = words.say(
            "🗑 It is erased. Our chat itself is yours to clear: Telegram keeps it, not I."
        )
        if overwritten:
            return Reply((Block(text),))
        later = words.say(
            "On my disk it is overwritten within the hour, once nothing reads it any more."
        )
        return Reply((Block(text), Block(later, Style.NOTE)))

    def _privacy(self, words: Catalogue) -> Reply:
        return _privacy(self._days, secure_deletion.is_ours(self._sessions), words)

    def _about(self, words: Catalogue) -> Reply:
        kept = self._sessions.read(reports.count_published)
        say = words.say
        statements = words.count(
            "I search {count} published statement",
            "I search {count} published statements",
            kept.statements,
        )
        sources = words.count("of {count} source.", "of {count} sources.", kept.sources)
        return Reply(
            (
                Block(say("Tathabbat: make sure before you act on it"), Style.HEADLINE),
                Block(
                    say(
                        "I compare what you send with what verified reports say, and show you their"
                        " words with the source. I never say myself what is true, and where reports"
                        " are silent I say so. People check and publish what I search."
                    )
                ),
                Block(f"{statements} {sources}"),
                Block(
                    say(
                        "Version {version}, free software under the Apache 2.0 licence. /privacy"
                        " says what is stored about you."
                    ).format(version=version("tathabbat")),
                    Style.NOTE,
                ),
            )
        )


def offer_languages(words: Catalogue) -> Reply:
    """Offer the languages, and the calendars usual in the current one; mark the choices."""
    say = words.say
    languages = tuple(
        Button(_mark_choice(name, code is words.language), action=f"{LANGUAGE}:{code.value}")
        for code, name in NAMES.items()
    )
    calendars = {
        Calendar.INTERNATIONAL: say("February"),
        Calendar.LEVANTINE: say("February as in the Levant"),
        Calendar.HIJRI: say("Hijri"),
    }
    if words.language is not Language.ARABIC:
        # The two calendars differ in Arabic only.
        del calendars[Calendar.LEVANTINE]
    row = tuple(
        Button(_mark_choice(name, each is words.calendar), action=f"{CALENDAR}:{each}")
        for each, name in calendars.items()
    )
    text = say("Which language shall we speak? And how do you write dates?")
    return Reply((Block(text),), (languages, row))


def _mark_choice(name: str, chosen: bool) -> str:
    return f"✓ {name}" if chosen else name


def _confirm_erasure(words: Catalogue) -> Reply:
    say = words.say
    return Reply(
        (
            Block(say("Erase everything I hold about you?"), Style.HEADLINE),
            Block(
                say(
                    "Your questions, your settings and where to write to you are erased at once and"
                    " cannot be brought back. You will not be told of anything you asked. /privacy"
                    " says what stays, and /mydata shows it all before."
                )
            ),
        ),
        (
            (
                Button(say("🗑 Yes, erase it"), action=f"{FORGET}:{_YES}"),
                Button(say("No, keep it"), action=f"{FORGET}:{_NO}"),
            ),
        ),
    )


def _privacy(days: int, overwritten: bool, words: Catalogue) -> Reply:
    say = words.say
    kept = (
        say(
            "Instead of your name and number: a code made of your number with a secret key. Without"
            " that key it leads to nobody."
        ),
        words.count(
            "What you asked and when, what you were shown, what you said of it, and where a message"
            " came from that you forwarded: for {count} day. Then only anonymous totals"
            " remain: without your words, the code and where it came from.",
            "What you asked and when, what you were shown, what you said of it, and where a message"
            " came from that you forwarded: for {count} days. Then only anonymous totals"
            " remain: without your words, the code and where it came from.",
            days,
        ),
        say(
            "Longer, without saying who sent it: a wording that somebody else sent as well, until"
            " theirs is erased, and one that moderators answered."
        ),
        say(
            "Of where a forward comes from: of a person or a group only such a code, of a public"
            " channel its name as well. If somebody forwards me a message of yours, that code of"
            " yours stands with their question until it is erased."
        ),
        say(
            "Of a picture, or of the page behind a link: only the words in it that I looked for."
            " The site sees that its page is opened, not who sent me the link."
        ),
        say(
            "Your chat's address, encrypted, from when you ask in a private chat until that"
            " question is erased. /notify off erases it at once."
        ),
        say(
            "Each message as it came, encrypted, until it is answered; one that cannot be, for a"
            " week. Its number, its answer's number and codes that show whether you edit it,"
            " without the content, for two days."
        ),
        say("Your language, your calendar and whether you are told things, until /forgetme."),
        say(
            "Of a group: a code made the same way, what its admins chose and when I last spoke up"
            " unasked, until I am removed from it. Where they had me watch it, each message is"
            " looked at as it comes and its words are dropped at once; who wrote it is not kept."
        ),
    )
    stays = (
        say("A wording that somebody else sent as well, or that moderators answered."),
        say("A block by moderators until it ends, and its entry in their log."),
        say("If you moderate: your role, and what you did by it."),
        say("Copies of the database that were made before, until whoever runs me replaces them."),
    )
    traces = say(
        "On the disk, traces that I can reach no more, until the database itself overwrites"
        " them: that may take days."
    )
    return Reply(
        (
            Block(say("What I keep of you"), Style.HEADLINE),
            Block(_list(kept)),
            Block(
                say(
                    "Moderators read what is asked, not who asks. My logs hold neither your words"
                    " nor your number."
                )
            ),
            Block(say("What stays after /forgetme, without saying who sent it"), Style.HEADLINE),
            Block(_list(stays if overwritten else (*stays, traces))),
            Block(
                say(
                    "/mydata sends you everything I hold about you. Telegram keeps our chat under"
                    " its own rules."
                )
            ),
        )
    )


def _list(lines: tuple[str, ...]) -> str:
    return "\n".join(f"• {line}" for line in lines)
