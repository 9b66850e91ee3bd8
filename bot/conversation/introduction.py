"""Introduce the bot: what to send, what the answers mean, and an example as a button."""

from collections.abc import Callable
from datetime import date
from typing import Final

from bot.conversation import answer_texts, commands
from bot.conversation.answer_texts import Carrier, Part
from bot.conversation.reply import Block, Button, Reply, Style
from bot.conversation.translations import Catalogue
from embeddings.errors import EmbeddingsError
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.claims import read_message
from knowledge.corpus.reports import SourcedStatement, load_published, load_short_news
from knowledge.domain import Outcome
from knowledge.errors import UnreadableClaim
from knowledge.storage.database import Sessions

#: Action of the example's button; a colon and the statement's id follow.
EXAMPLE: Final = "example"
#: Statements tried as the example; the first one that the checker confirms is used.
_TRIED: Final = 10
#: Maximum characters of an example: it should be read at a glance.
_CHARACTERS: Final = 160


class Introduction:
    """Introduces the bot, with a published statement as the example. Examples are not recorded."""

    def __init__(
        self, sessions: Sessions, checker: ClaimChecker, today: Callable[[], date]
    ) -> None:
        self._sessions, self._checker, self._today = sessions, checker, today

    def start(self, words: Catalogue) -> Reply:
        """Greet."""
        say = words.say
        return Reply(
            (
                Block(say("Welcome to Tathabbat: make sure before you act on it"), Style.HEADLINE),
                Block(
                    say(
                        "Send me a piece of news, a link to it or a photo of it, or forward a"
                        " message. I look for it in verified reports and show you what they say:"
                        " the quote, who said it, where and when."
                    )
                ),
                Block(say("When they say nothing about it, I tell you so.")),
            ),
            self._button(words),
        )

    def help(self, words: Catalogue) -> Reply:
        """Explain the outcomes and the commands."""
        say = words.say
        listed = (f"/{name} · {what}" for name, what in commands.describe_commands(words.language))
        outcomes = (
            say("✅ A verified report says the same."),
            say("❌ A verified report says otherwise."),
            say("🔎 Related reports; none confirms or disproves it. Read them and judge."),
            say("⚪ We have nothing on it. That does not make it true."),
        )
        return Reply(
            (
                Block(say("How to use this bot"), Style.HEADLINE),
                Block(
                    say(
                        "Send what you want checked in whole sentences: who did what, and when."
                        " Photos, links and forwarded messages work too. The first line of the"
                        " answer says what I found:"
                    )
                ),
                Block("\n".join(outcomes)),
                Block("\n".join(listed)),
                Block(
                    say(
                        "In a group I am silent unless I am mentioned, replied to or given a"
                        " command; its admins change that with /settings and /watch."
                    ),
                    Style.NOTE,
                ),
            ),
            self._button(words),
        )

    def example(self, number: int, words: Catalogue) -> Reply | None:
        """Answer an example as if it had been sent; None if it is no longer published."""
        statement = self._sessions.read(load_published, [number]).get(number)
        claim = _claim(statement) if statement is not None else None
        if claim is None:
            return None
        part = Part(claim, self._checker.answer(claim), None)
        return answer_texts.compose_answers([part], self._today(), words, Carrier.EXAMPLE)

    def _button(self, words: Catalogue) -> tuple[tuple[Button, ...], ...]:
        """Return the example's button, in the person's language if there is one."""
        found = self._sessions.read(load_short_news, _CHARACTERS, _TRIED, words.language.value)
        try:
            confirmed = next((each for each in found if self._is_confirmed(each)), None)
        except EmbeddingsError:
            # The introduction works without an index.
            confirmed = None
        if confirmed is None:
            return ()
        return ((Button(words.say("Try an example"), action=f"{EXAMPLE}:{confirmed.id}"),),)

    def _is_confirmed(self, statement: SourcedStatement) -> bool:
        claim = _claim(statement)
        return claim is not None and self._checker.answer(claim).outcome is Outcome.SUPPORTED


def _claim(statement: SourcedStatement) -> str | None:
    """Return the claim that a statement's words would be read as; None unless it is exactly one."""
    try:
        claims = read_message(statement.text).claims
    except UnreadableClaim:
        return None
    return claims[0] if len(claims) == 1 else None
