"""A stage for transcripts: people talk to the whole bot without a wire, and all is written down.

Intake, inbox, workers, handlers, conversation and post are the program's. Nothing waits for time to
pass: a failure that is tried again is tried at once, and a letter is fetched when it is asked for.
"""

import asyncio
import contextlib
import html
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any, Final

from telegram.ext import ExtBot

from bot.conversation.interface import Talk
from bot.conversation.outbox import Outbox, OutgoingNotification
from bot.telegram.handling import groups
from bot.telegram.incoming.intake import Intake
from bot.telegram.outgoing.notification_delivery import NotificationSender, run_delivery
from bot.telegram.outgoing.rate_limits import Limits
from bot.telegram.outgoing.unrecorded_window import UnrecordedWindow
from bot.telegram.setup.application import TelegramConfig, build, make_intake_and_workers
from knowledge.storage.database import Sessions
from tests.e2e.bot_api_chats import Sent
from tests.e2e.bot_api_rules import SentButton, SentCard
from tests.e2e.bot_api_server import BOT_NAME, TOKEN, BotApiServer
from tests.e2e.echo_bot import SECRET
from tests.e2e.hurried_inbox import HurriedInbox
from tests.e2e.offline_telegram import ADDRESS, OfflineTelegram

#: The day on which everything is said.
TODAY: Final = date(2026, 2, 7)
#: Updates of all stages go into one database.
_NUMBERS: Final = count(1001)
_PATIENCE_SECONDS: Final = 30.0
# What is drawn around text for its direction, and never seen.
_MARKS: Final = str.maketrans("", "", "\u200e\u200f\u2068\u2069")
#: A group and a channel, by their numbers.
GROUP: Final = -100_200
CHANNEL: Final = -100_300
_PLACES: Final = {GROUP: "group", CHANNEL: "channel"}
_SHARE: Final = "https://t.me/share/"


@dataclass(slots=True)
class Stage:
    """One conversation as it is played. ``written`` is what was said so far."""

    server: BotApiServer
    bot: ExtBot[None]
    intake: Intake
    inbox: HurriedInbox
    sessions: Sessions
    language: str
    lines: list[str] = field(default_factory=list)
    cards: tuple[SentCard, ...] = ()
    _heard: int = 0
    _noticed: int = 0

    @property
    def written(self) -> str:
        """The transcript as it is kept."""
        return "\n".join(self.lines).strip() + "\n"

    @property
    def last(self) -> Sent:
        """What the bot said last."""
        return self.server.chats.sent[-1]

    def note(self, words: str) -> None:
        """Write down what nobody says."""
        self.lines += [f"*({words})*", ""]

    async def says(self, text: str, person: int = 1, **content: Any) -> None:
        """Have a person send a text in private."""
        await self.sends({"text": text, **content}, person)

    async def sends(
        self,
        content: Mapping[str, Any],
        person: int = 1,
        chat: Mapping[str, Any] | None = None,
        kind: str = "message",
        what: str = "",
    ) -> dict[str, Any]:
        """Have a person send any message; returns it. ``what`` names what it holds beside words."""
        number = _id(person)
        message = self.server.chats.message(number, content, chat, self.language)
        where = f" in “{chat['title']}”" if chat is not None and "title" in chat else ""
        said = content.get("text") or content.get("caption") or ""
        self.lines += [f"> {_name(person)}{where}: {' '.join(filter(None, (what, said)))}", ""]
        await self.takes({kind: message})
        return message

    async def edits(self, message: Mapping[str, Any], text: str, person: int = 1) -> None:
        """Have a person change the words of a message they sent."""
        self.lines += [f"> {_name(person)} edits it: {text}", ""]
        await self.takes({"edited_message": {**message, "text": text, "edit_date": 2}})

    async def presses(self, label: str, sent: Sent | None = None, person: int = 1) -> None:
        """Have a person press a button under what the bot said last, or under ``sent``."""
        held = sent or self.last
        button = held.button(label)
        self.lines += [f"> {_name(person)} presses [{button.label}]", ""]
        press = self.server.chats.press(_id(person), held, button, self.language)
        await self.takes({"callback_query": press})

    async def types(self, query: str, person: int = 1) -> None:
        """Have a person type a claim in another chat, and see the cards they are offered."""
        typed = self.server.chats.type(_id(person), query, self.language)
        self.lines += [f"> {_name(person)} types in another chat: @{BOT_NAME} {query}".rstrip(), ""]
        await self.takes({"inline_query": typed})
        offered = self.server.chats.offered[typed["id"]]
        if offered is None:
            return
        self.lines += ["Bot offers:"]
        self.lines += [f"[{offered.hint}]"] if offered.hint else []
        self.lines += [f"- {card.title} / {card.description}" for card in offered.cards]
        self.lines = [*(line.translate(_MARKS) for line in self.lines), ""]
        self.cards = offered.cards

    async def sends_card(self, query: str, person: int = 1) -> None:
        """Have a person send the first card they were offered into that chat."""
        card = self.cards[0]
        self.lines += [f"> {_name(person)} sends the first card there:", ""]
        self.lines += card.text.translate(_MARKS).split("\n")
        self.lines += [*_rows(card.buttons), ""]
        chosen = self.server.chats.choose(_id(person), query, card, self.language)
        await self.takes({"chosen_inline_result": chosen})

    async def takes(self, *updates: Mapping[str, Any], is_heard: bool = True) -> None:
        """Have updates taken in and answered; what is said to them is written down if heard."""
        numbered = [{"update_id": next(_NUMBERS), **update} for update in updates]
        await self.intake.store(numbered)
        stuck = await self.inbox.drained()
        assert not stuck
        if is_heard:
            self._write()
        else:
            self._heard = len(self.server.chats.sent)

    async def hears_later(self) -> None:
        """Have whatever is to be told unasked delivered, and written down."""
        post = _Emptied(self.sessions, SECRET, today=lambda: TODAY)
        async with run_delivery(
            NotificationSender(self.bot, post, UnrecordedWindow(1)), _PATIENCE_SECONDS
        ):
            await post.empty.wait()
        self._write()

    def _write(self) -> None:
        chats = self.server.chats
        for sent in chats.sent[self._heard :]:
            self.lines += [*_said(sent, chats.sent[: sent.number - 1]), ""]
        self._heard = len(chats.sent)
        for notice in chats.notices[self._noticed :]:
            self.lines += [f"Bot, for a moment: {notice.translate(_MARKS)}", ""]
        self._noticed = len(chats.notices)


@contextlib.asynccontextmanager
async def stage(
    talk: Talk,
    sessions: Sessions,
    language: str,
    limits: Limits,
    placeholder_seconds: float,
) -> AsyncIterator[Stage]:
    """Play on a stage of one's own; at the end nothing may be left, and nothing refused."""
    server = BotApiServer()
    config = TelegramConfig(
        TOKEN,
        ADDRESS,
        limits=limits,
        placeholder_seconds=placeholder_seconds,
        shutdown_seconds=_PATIENCE_SECONDS,
    )
    application = build(config, talk, OfflineTelegram(server))
    await application.initialize()
    inbox = HurriedInbox(sessions)
    intake, workers = make_intake_and_workers(application, inbox, config)
    inbox.wake = workers.wake
    working = asyncio.create_task(workers.run())
    try:
        async with groups.remember_watched_groups(application.bot_data):
            yield Stage(server, application.bot, intake, inbox, sessions, language)
    finally:
        workers.stop()
        await working
        application.bot_data.close()
        await application.shutdown()
        await inbox.close()
    assert server.problems == []
    assert server.chats.unacknowledged_presses == []


class _Emptied(Outbox):
    """The post, telling when nothing is left in it."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.empty = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def take(self) -> OutgoingNotification | None:
        """Return a letter, and tell where there is none."""
        letter = super().take()
        if letter is None:
            self._loop.call_soon_threadsafe(self.empty.set)
        return letter


def _id(person: int) -> int:
    return 7_000 + person


def _name(person: int) -> str:
    return "Person" if person == 1 else f"Person {person}"


def _said(sent: Sent, before: list[Sent]) -> list[str]:
    """Return a message of the bot as it is read."""
    stood = next((b for b in reversed(before) if b.message_id == sent.message_id), None)
    place = f", in place of “{_first_line(stood)}”" if stood is not None and sent.edited else ""
    where = "" if sent.chat_id > 0 else f" in the {_PLACES[sent.chat_id]}"
    if stood is not None and sent.edited and stood.html == sent.html:
        return [f"The buttons{where} under “{_first_line(stood)}”:", *_rows(sent.buttons)]
    lines = [f"Bot{where}{place}:"]
    if sent.photo is not None:
        lines.append("(a picture)")
    if sent.document is not None:
        lines.append("(a file)")
    lines += _read(sent.html).split("\n") if sent.html else []
    return [*lines, *_rows(sent.buttons)]


def _rows(buttons: Sequence[Sequence[SentButton]]) -> list[str]:
    return [" ".join(_button(each.label, each.url) for each in row) for row in buttons]


def _read(source: str) -> str:
    """Return a message's text, with what is bold or set in italics marked."""
    for tag, mark in (("b", "**"), ("i", "_"), ("blockquote", "")):
        source = re.sub(rf"</?{tag}>", mark, source)
    return html.unescape(source).translate(_MARKS)


def _button(label: str, url: str | None) -> str:
    label = label.translate(_MARKS)
    leads = url is not None and not url.startswith(_SHARE)
    return f"[{label}]({url})" if leads else f"[{label}]"


def _first_line(sent: Sent) -> str:
    return _read(sent.html).split("\n")[0]
