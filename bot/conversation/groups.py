"""Handle groups: the settings of the bot there, and its unasked replies to watched messages."""

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from cachetools import TTLCache

from bot.conversation import answer_texts
from bot.conversation.interface import GroupContext, MemberStatus
from bot.conversation.personal_settings import offer_languages
from bot.conversation.reply import Asker, Block, Button, Reply, Style
from bot.conversation.translations import BY_CODE, NAMES, Catalogue
from knowledge.accounts import group_settings
from knowledge.accounts.group_settings import GroupSettings
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.checking.outcomes import Answer, is_contradicted
from knowledge.claims import read_message
from knowledge.domain import now as this_moment
from knowledge.errors import UnreadableClaim
from knowledge.storage.database import Sessions

#: Commands of a group's admins.
COMMANDS: Final = ("settings", "watch")
#: Prefix of the settings buttons' actions.
PREFIX: Final = "group"
#: Choices for the maximum of unasked replies an hour.
PER_HOUR: Final = (1, 3, 6, 12)
#: How long the same contradiction is not repeated to a group, nor a refusal to a member.
_ONCE_IN: Final = timedelta(days=1)
#: Entries remembered for that. Past it old ones are dropped, and may be repeated.
_REMEMBERED: Final = 10_000

_WATCH, _HOUR, _LANGUAGE = "watch", "hour", "lang"
_ON, _OFF, _OWN = "on", "off", "own"


class Groups:
    """Implements ``interface.GroupTalk``. ``words`` returns a person's catalogue."""

    def __init__(
        self,
        sessions: Sessions,
        checker: ClaimChecker,
        key_of: Callable[[int], str],
        words: Callable[[Asker], Catalogue],
        today: Callable[[], date],
        now: Callable[[], datetime] = this_moment,
    ) -> None:
        self._sessions, self._checker = sessions, checker
        self._key_of, self._words, self._today, self._now = key_of, words, today, now
        self._watched: frozenset[str] = frozenset()
        once_in = _ONCE_IN.total_seconds()
        # In memory only: after a restart something may be said once more.
        self._told: TTLCache[tuple[int, int], None] = TTLCache(_REMEMBERED, once_in)
        self._said: TTLCache[tuple[str, int], None] = TTLCache(_REMEMBERED, once_in)
        self._remembering = threading.Lock()

    def settings(self, asker: Asker, here: GroupContext) -> Reply | None:
        """Show a group's settings with buttons; None if the refusal was already shown."""
        words = self._words(asker)
        if here.standing is not MemberStatus.ADMIN:
            return self._refuse_once(asker, here, words)
        return _compose_settings(self._load_settings(here.group), here, words)

    def watch(self, asker: Asker, here: GroupContext, argument: str) -> Reply | None:
        """Turn watching on or off, or show its state; None if the refusal was already shown."""
        words = self._words(asker)
        if here.standing is not MemberStatus.ADMIN:
            return self._refuse_once(asker, here, words)
        wish = argument.strip().lower()
        if wish in (_ON, _OFF):
            self._change(here.group, _WATCH, wish)
        manners = self._load_settings(here.group)
        how = words.say("/watch on and /watch off change it, /settings shows more.")
        return Reply((*_describe_watching(manners, here, words), Block(how, Style.NOTE)))

    def press(self, asker: Asker, here: GroupContext, action: str) -> Reply:
        """Change a setting and show the new settings; refuse anybody but an admin."""
        if here.standing is not MemberStatus.ADMIN:
            return _compose_refusal(here, self._words(asker))
        _, _, wish = action.partition(":")
        what, _, value = wish.partition(":")
        known = self._change(here.group, what, value)
        words = self._words(asker)
        if not known:
            return Reply((Block(words.say("This button no longer works. Send /settings again.")),))
        return _compose_settings(self._load_settings(here.group), here, words)

    def greeting(self, asker: Asker) -> Reply:
        """Introduce the bot in a group that it was added to."""
        say = self._words(asker).say
        return Reply(
            (
                Block(say("Hello! I look for news in verified reports"), Style.HEADLINE),
                Block(
                    say(
                        "I am silent here unless I am mentioned, replied to or given a command:"
                        " /check in reply to a message checks what it says."
                    )
                ),
                Block(
                    say("The group's admins decide how I behave here: /settings"),
                    Style.NOTE,
                ),
            )
        )

    def alone(self, words: Catalogue) -> Reply:
        """Say in a private chat that these commands are for groups; offer the languages."""
        text = words.say(
            "This is for groups: add me to one, and its admins can say there how I behave."
            " Here, use /language."
        )
        languages = offer_languages(words)
        return Reply((Block(text), *languages.blocks), languages.buttons)

    def look(self, asker: Asker, text: str) -> Reply | None:
        """Return the answer to the first claim of ``text`` that is clearly contradicted.

        None, without asking a model, where nothing is claimed or nothing more may be said now.
        Nothing of who wrote it is kept, and no inquiry: they did not talk to the bot.
        """
        if asker.group is None:
            return None
        try:
            message = read_message(text)
        except UnreadableClaim:
            return None
        key, sessions = self._key_of(asker.group), self._sessions
        if not message.claims or not sessions.read(group_settings.may_speak, key, self._now()):
            return None
        for claim in message.claims:
            answer = self._checker.answer(claim, crossed=message.crossed)
            if not is_contradicted(answer):
                continue
            # The same claim in other words is contradicted by the same statement.
            contradicting = (key, answer.matches[0].statement.id)
            with self._remembering:
                is_said = contradicting in self._said
            if not is_said:
                if not sessions.write(group_settings.speak, key, self._now()):
                    return None
                with self._remembering:
                    self._said[contradicting] = None
                alone = message.claims == (claim,) and not message.excerpt
                return self._compose_interruption(claim, answer, alone, self._words(asker))
        return None

    def left(self, group: int) -> None:
        """Forget a group."""
        self._sessions.write(group_settings.forget, self._key_of(group))
        self.refresh()

    def moved(self, old: int, new: int) -> None:
        """Move a group's settings to its new id."""
        self._sessions.write(group_settings.move, self._key_of(old), self._key_of(new))
        self.refresh()

    def is_watched(self, group: int) -> bool:
        """Whether a group is watched, from memory."""
        return bool(self._watched) and self._key_of(group) in self._watched

    def refresh(self) -> None:
        """Reload which groups are watched."""
        self._watched = self._sessions.read(group_settings.list_watched)

    def _load_settings(self, group: int) -> GroupSettings:
        return self._sessions.read(group_settings.load_settings, self._key_of(group))

    def _change(self, group: int, what: str, value: str) -> bool:
        """Apply a setting from a button or a command; False if there is no such setting."""
        key, write = self._key_of(group), self._sessions.write
        match what, value:
            case ("watch", "on" | "off"):
                write(group_settings.choose_watching, key, value == _ON)
            case ("hour", _) if value in map(str, PER_HOUR):
                write(group_settings.choose_per_hour, key, int(value))
            case ("lang", "own"):
                write(group_settings.choose_language, key, None)
            case ("lang", _) if value in BY_CODE:
                write(group_settings.choose_language, key, value)
            case _:
                return False
        self.refresh()
        return True

    def _refuse_once(self, asker: Asker, here: GroupContext, words: Catalogue) -> Reply | None:
        if here.standing is MemberStatus.UNKNOWN:
            return _compose_refusal(here, words)
        who = (here.group, asker.id)
        with self._remembering:
            if who in self._told:
                return None
            self._told[who] = None
        return _compose_refusal(here, words)

    def _compose_interruption(
        self, claim: str, answer: Answer, alone: bool, words: Catalogue
    ) -> Reply:
        if alone:
            return answer_texts.compose_answer(answer, None, self._today(), words)
        return answer_texts.compose_answers(
            (answer_texts.Part(claim, answer, None),), self._today(), words
        )


def _compose_refusal(here: GroupContext, words: Catalogue) -> Reply:
    say = words.say
    if here.standing is MemberStatus.UNKNOWN:
        text = say(
            "Telegram does not tell me right now who is an admin here, so I leave everything as it"
            " is. Please try again in a minute."
        )
    else:
        text = say("Only admins of this group can change how I behave here.")
    return Reply((Block(text),))


def _describe_watching(
    manners: GroupSettings, here: GroupContext, words: Catalogue
) -> tuple[Block, ...]:
    """Describe whether the group is watched, and what prevents it."""
    say = words.say
    if not manners.watching:
        text = say(
            "🔕 I do not watch this group: I am silent unless I am mentioned, replied to or given a"
            " command."
        )
        return (Block(text),)
    text = words.count(
        "👁 I watch this group: I look at every message, and speak up unasked only where a verified"
        " report clearly contradicts one, at most {count} time an hour. Nothing of it is kept.",
        "👁 I watch this group: I look at every message, and speak up unasked only where a verified"
        " report clearly contradicts one, at most {count} times an hour. Nothing of it is kept.",
        manners.per_hour,
    )
    if here.readable:
        return (Block(text),)
    blind = say(
        "⚠️ But Telegram does not let me read what is said here. Make me an admin of the group; or"
        " ask whoever runs me to turn off my privacy mode at @BotFather, then add me again."
    )
    return (Block(text), Block(blind))


def _compose_settings(manners: GroupSettings, here: GroupContext, words: Catalogue) -> Reply:
    say = words.say
    own, chosen = say("Everybody's own"), BY_CODE.get(manners.language or "")
    spoken = NAMES[chosen] if chosen else own
    blocks = (
        Block(say("How I behave in this group"), Style.HEADLINE),
        *_describe_watching(manners, here, words),
        Block(say("🌐 My language here: {language}").format(language=spoken)),
        Block(say("Only admins of this group can change this."), Style.NOTE),
    )
    if manners.watching:
        watching = Button(say("🔕 Do not watch"), action=f"{PREFIX}:{_WATCH}:{_OFF}")
    else:
        watching = Button(say("👁 Watch"), action=f"{PREFIX}:{_WATCH}:{_ON}")
    hours = tuple(
        _make_choice_button(
            say("{count} an hour").format(count=each), f"{_HOUR}:{each}", each == manners.per_hour
        )
        for each in PER_HOUR
    )
    languages = tuple(
        _make_choice_button(name, f"{_LANGUAGE}:{code.value}", code is chosen)
        for code, name in NAMES.items()
    )
    everybody = _make_choice_button(own, f"{_LANGUAGE}:{_OWN}", chosen is None)
    return Reply(blocks, ((watching,), hours[:2], hours[2:], languages, (everybody,)))


def _make_choice_button(label: str, wish: str, chosen: bool) -> Button:
    return Button(f"✓ {label}" if chosen else label, action=f"{PREFIX}:{wish}")
