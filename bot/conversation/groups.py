"""Talk in groups: how the bot behaves there, and the few things it says unasked."""

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from cachetools import TTLCache

from bot.conversation import answer_texts
from bot.conversation.interface import Here, Standing
from bot.conversation.personal_settings import offer
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

#: What the commands of a group's admins are.
COMMANDS: Final = ("settings", "watch")
#: What the buttons of the settings open with.
PREFIX: Final = "group"
#: How many times an hour at most admins may choose from.
PER_HOUR: Final = (1, 3, 6, 12)
#: In this time a group is not told of the same again, nor a member that they are no admin.
_ONCE_IN: Final = timedelta(days=1)
#: What is remembered for it: more is done twice before memory is filled.
_REMEMBERED: Final = 10_000

_WATCH, _HOUR, _LANGUAGE = "watch", "hour", "lang"
_ON, _OFF, _OWN = "on", "off", "own"


class Groups:
    """Implements ``interface.GroupTalk``. ``words`` returns what somebody is spoken to with."""

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
        # In memory only: what is forgotten, at a restart too, is said once more.
        self._told: TTLCache[tuple[int, int], None] = TTLCache(_REMEMBERED, once_in)
        self._said: TTLCache[tuple[str, int], None] = TTLCache(_REMEMBERED, once_in)
        self._remembering = threading.Lock()

    def settings(self, asker: Asker, here: Here) -> Reply | None:
        """Show how the bot behaves in a group, with buttons; None if a refusal was said already."""
        words = self._words(asker)
        if here.standing is not Standing.ADMIN:
            return self._refused_once(asker, here, words)
        return _shown(self._manners(here.group), here, words)

    def watch(self, asker: Asker, here: Here, argument: str) -> Reply | None:
        """Turn watching on or off, or say how it stands; None if a refusal was said already."""
        words = self._words(asker)
        if here.standing is not Standing.ADMIN:
            return self._refused_once(asker, here, words)
        wish = argument.strip().lower()
        if wish in (_ON, _OFF):
            self._change(here.group, _WATCH, wish)
        manners = self._manners(here.group)
        how = words.say("/watch on and /watch off change it, /settings shows more.")
        return Reply((*_standing(manners, here, words), Block(how, Style.NOTE)))

    def press(self, asker: Asker, here: Here, action: str) -> Reply:
        """Change a setting and show how they are then; a refusal for who may not."""
        if here.standing is not Standing.ADMIN:
            return _refusal(here, self._words(asker))
        _, _, wish = action.partition(":")
        what, _, value = wish.partition(":")
        known = self._change(here.group, what, value)
        words = self._words(asker)
        if not known:
            return Reply((Block(words.say("This button no longer works. Send /settings again.")),))
        return _shown(self._manners(here.group), here, words)

    def greeting(self, asker: Asker) -> Reply:
        """Say how the bot behaves in a group that it was added to."""
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
        """Say where nobody else is that these commands are for groups; offer the languages."""
        text = words.say(
            "This is for groups: add me to one, and its admins can say there how I behave."
            " Here, use /language."
        )
        languages = offer(words)
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
            # Whoever says it in other words is contradicted by the same statement.
            contradicting = (key, answer.matches[0].statement.id)
            with self._remembering:
                is_said = contradicting in self._said
            if not is_said:
                if not sessions.write(group_settings.speak, key, self._now()):
                    return None
                with self._remembering:
                    self._said[contradicting] = None
                alone = message.claims == (claim,) and not message.excerpt
                return self._interrupting(claim, answer, alone, self._words(asker))
        return None

    def left(self, group: int) -> None:
        """Forget a group."""
        self._sessions.write(group_settings.forget, self._key_of(group))
        self.refresh()

    def moved(self, old: int, new: int) -> None:
        """Have a group go by another number."""
        self._sessions.write(group_settings.move, self._key_of(old), self._key_of(new))
        self.refresh()

    def is_watched(self, group: int) -> bool:
        """Whether a group is watched, as far as is remembered."""
        return bool(self._watched) and self._key_of(group) in self._watched

    def refresh(self) -> None:
        """Look anew which groups are watched."""
        self._watched = self._sessions.read(group_settings.list_watched)

    def _manners(self, group: int) -> GroupSettings:
        return self._sessions.read(group_settings.load_settings, self._key_of(group))

    def _change(self, group: int, what: str, value: str) -> bool:
        """Do what a button or a command says; False where it is none of them."""
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

    def _refused_once(self, asker: Asker, here: Here, words: Catalogue) -> Reply | None:
        if here.standing is Standing.UNKNOWN:
            return _refusal(here, words)
        who = (here.group, asker.id)
        with self._remembering:
            if who in self._told:
                return None
            self._told[who] = None
        return _refusal(here, words)

    def _interrupting(self, claim: str, answer: Answer, alone: bool, words: Catalogue) -> Reply:
        if alone:
            return answer_texts.compose_answer(answer, None, self._today(), words)
        return answer_texts.compose_answers(
            (answer_texts.Part(claim, answer, None),), self._today(), words
        )


def _refusal(here: Here, words: Catalogue) -> Reply:
    say = words.say
    if here.standing is Standing.UNKNOWN:
        text = say(
            "Telegram does not tell me right now who is an admin here, so I leave everything as it"
            " is. Please try again in a minute."
        )
    else:
        text = say("Only admins of this group can change how I behave here.")
    return Reply((Block(text),))


def _standing(manners: GroupSettings, here: Here, words: Catalogue) -> tuple[Block, ...]:
    """Return how it stands with watching, and what keeps it from working."""
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


def _shown(manners: GroupSettings, here: Here, words: Catalogue) -> Reply:
    say = words.say
    own, chosen = say("Everybody's own"), BY_CODE.get(manners.language or "")
    spoken = NAMES[chosen] if chosen else own
    blocks = (
        Block(say("How I behave in this group"), Style.HEADLINE),
        *_standing(manners, here, words),
        Block(say("🌐 My language here: {language}").format(language=spoken)),
        Block(say("Only admins of this group can change this."), Style.NOTE),
    )
    if manners.watching:
        watching = Button(say("🔕 Do not watch"), action=f"{PREFIX}:{_WATCH}:{_OFF}")
    else:
        watching = Button(say("👁 Watch"), action=f"{PREFIX}:{_WATCH}:{_ON}")
    hours = tuple(
        _choice(
            say("{count} an hour").format(count=each), f"{_HOUR}:{each}", each == manners.per_hour
        )
        for each in PER_HOUR
    )
    languages = tuple(
        _choice(name, f"{_LANGUAGE}:{code.value}", code is chosen) for code, name in NAMES.items()
    )
    everybody = _choice(own, f"{_LANGUAGE}:{_OWN}", chosen is None)
    return Reply(blocks, ((watching,), hours[:2], hours[2:], languages, (everybody,)))


def _choice(label: str, wish: str, chosen: bool) -> Button:
    return Button(f"✓ {label}" if chosen else label, action=f"{PREFIX}:{wish}")
