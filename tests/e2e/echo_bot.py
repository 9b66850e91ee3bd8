"""The Telegram channel with a conversation that is a function of what was said.

In a test: ``with running(config, EchoTalk())``. As a process of its own:
``python -m tests.e2e.echo_bot API_URL FOLDER [--hold] [--sends-per-second N] [--database URL]
[--shared-limits] [--webhook URL --port PORT]``; with ``--hold`` a held claim is never released.
The database is an SQLite file in the folder unless another one, which has its tables, is given.
"""

import argparse
import asyncio
import base64
import contextlib
import logging
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

from bot.conversation.bot_profile import Profile
from bot.conversation.commands import Audience, list_offered
from bot.conversation.groups import PREFIX
from bot.conversation.interface import GroupContext, MemberStatus
from bot.conversation.media_texts import Medium
from bot.conversation.outbox import NotificationQueue, OutgoingNotification
from bot.conversation.reply import (
    Asker,
    Block,
    Button,
    Card,
    Cards,
    Document,
    Origin,
    Picture,
    Reply,
    Style,
)
from bot.conversation.translations import Language
from bot.telegram.incoming.update_store import UpdateStore
from bot.telegram.outgoing.rate_limits import Limits
from bot.telegram.setup.application import TelegramConfig, run, serve
from embeddings.errors import IndexUnreachable
from knowledge.domain import now
from knowledge.models import Base, QueuedUpdate
from knowledge.operations.lease_recovery import recover_leases
from knowledge.operations.process_locks import ProcessLock
from knowledge.storage.database import Sessions, open_engine
from knowledge.update_queue.queued_updates import LeasedUpdate
from tests.e2e.bot_api_server import PATIENCE, PLACEHOLDER, TOKEN, BotApiServer

_ARABIC = (("start", "البداية"), ("help", "المساعدة"), ("language", "اللغة"))
_ENGLISH = (("start", "Start"), ("help", "Help"), ("language", "Language"))
PROFILES = {
    "": Profile("يعيد ما يقال له", "صدى", dict.fromkeys(Audience, _ARABIC)),
    "en": Profile("Says what it is told", "Echo", dict.fromkeys(Audience, _ENGLISH)),
}
SECRET = b"the key of these tests"
WEBHOOK_SECRET = "the-secret"
#: Commands that do not need a role.
KNOWN = {name for each in Audience for name, _ in list_offered(each, Language.ENGLISH)}
#: Short, so that what a killed bot had in hand is taken again soon.
LEASE = timedelta(seconds=1)
#: Who may give moderators' commands.
MODERATOR = 900
#: The smallest picture there is.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
#: What a watched group's message holds that is worth an interruption.
RUMOUR = "rumour"
BREAKS = "break"
FAILS = "fail"
HELD = "hold"
BLOCKED = "blocked"
RATED = "rate"


class EchoGroups:
    """Watches where an admin has it watch; says back what was done, and what holds a rumour.

    Who is no admin is told so once; "break" raises.
    """

    def __init__(self) -> None:
        self.watched: frozenset[int] = frozenset()
        #: What it was given to look at.
        self.looked_at: list[str] = []
        #: Groups that were left and that moved.
        self.gone: list[int] = []
        self._told: set[int] = set()

    def settings(self, asker: Asker, here: GroupContext) -> Reply | None:
        if here.standing is not MemberStatus.ADMIN:
            return self._refusal(asker, here)
        action = f"{PREFIX}:watch:on"
        return Reply((Block(self._state(here)),), ((Button("Watch", action=action),),))

    def watch(self, asker: Asker, here: GroupContext, argument: str) -> Reply | None:
        if here.standing is not MemberStatus.ADMIN:
            return self._refusal(asker, here)
        if argument:
            self._set(here.group, argument == "on")
        return _reply(self._state(here))

    def press(self, asker: Asker, here: GroupContext, action: str) -> Reply:
        if here.standing is not MemberStatus.ADMIN:
            return _reply(f"refused {here.standing.name}")
        self._set(here.group, action.endswith(":on"))
        return _reply(self._state(here))

    def greeting(self, asker: Asker) -> Reply:
        return _reply(f"hello {asker.group} from {asker.id}")

    def look(self, asker: Asker, text: str) -> Reply | None:
        if text == BREAKS:
            raise ValueError(f"the secret words of a person: {text}")
        self.looked_at.append(text)
        return _reply(f"contradicted {text}") if RUMOUR in text else None

    def left(self, group: int) -> None:
        self.gone.append(group)
        self._set(group, False)

    def moved(self, old: int, new: int) -> None:
        self._set(new, self.is_watched(old) or self.is_watched(new))
        self.left(old)

    def is_watched(self, group: int) -> bool:
        return group in self.watched

    def refresh(self) -> None: ...

    def _set(self, group: int, watched: bool) -> None:
        self.watched = self.watched | {group} if watched else self.watched - {group}

    def _state(self, here: GroupContext) -> str:
        state = "watching" if self.is_watched(here.group) else "silent"
        return state if here.readable else f"{state} but blind"

    def _refusal(self, asker: Asker, here: GroupContext) -> Reply | None:
        if asker.id in self._told:
            return None
        self._told.add(asker.id)
        return _reply(f"refused {here.standing.name}")


class EchoTalk:
    """Says back what it was asked; "break" raises, "hold" waits until ``release`` is set.

    "fail" raises as often as ``failures`` says, any claim as often as ``outages`` says because the
    index is away. The answer to "rate" can be said something of.
    """

    def __init__(self) -> None:
        self.groups = EchoGroups()
        #: Who blocked the bot.
        self.lost: list[int] = []
        self.holding = threading.Event()
        self.release = threading.Event()
        #: Whether the moderator is none any more.
        self.dismissed = False
        #: What was sent on from another chat: who, what was typed, and the card.
        self.chosen_cards: list[tuple[int, str, str]] = []
        #: Answers that break before one is well.
        self.failures = 0
        #: Answers for which the index is not there.
        self.outages = 0

    def start(self, asker: Asker) -> Reply:
        return _reply(f"start {asker.id} {asker.language_code}")

    def help(self, asker: Asker) -> Reply:
        return _reply(f"help {asker.id}")

    def language(self, asker: Asker) -> Reply:
        return Reply((Block("language"),), ((Button("English", action="lang:en"),),))

    def command(self, asker: Asker, name: str, argument: str) -> Reply:
        if asker.id != MODERATOR and name not in KNOWN:
            return self.help(asker)
        if name == "picture":
            return Reply((Block("under it"),), picture=Picture(PIXEL, "a pixel"))
        if name == "mydata":
            return Reply((Block("all of it"),), document=Document("data.json", b'{"all": "it"}'))
        return _reply(f"command {name} [{argument}]")

    def in_private(self, asker: Asker) -> Reply:
        return _reply("in private")

    def menu(self, asker: Asker) -> tuple[tuple[str, str], ...]:
        return (("queue", "Queue"),) if asker.id == MODERATOR and not self.dismissed else ()

    def claim(self, asker: Asker, text: str, origin: Origin | None = None) -> Reply:
        if text == FAILS and self.failures:
            self.failures -= 1
            raise OSError("the database is locked")
        if self.outages:
            self.outages -= 1
            raise IndexUnreachable("the index does not answer")
        if text == BREAKS:
            raise ValueError(f"the secret words of a person: {text}")
        if text == HELD:
            self.holding.set()
            self.release.wait()
        came = f" from {origin.kind} {origin.id} {origin.name}" if origin is not None else ""
        found = (
            Button("Source", url="https://example.org/report"),
            Button("Others", action="other:7"),
        )
        said = (
            (Button("1. Useful", action="useful:7"), Button("1. Useless", action="useless:7")),
            (Button("1. Tell me", action="tell:7"),),
        )
        return Reply(
            (Block(f"claim {asker.id}{came}", Style.HEADLINE), Block(text, Style.QUOTE)),
            (found, *(said if text == RATED else ())),
        )

    def cards(self, asker: Asker, text: str) -> Cards:
        if not text:
            return Cards(hint="write a sentence")
        if text == BREAKS:
            raise ValueError(f"the secret words of a person: {text}")
        if text == HELD:
            self.holding.set()
            self.release.wait()
        if text == BLOCKED:
            return Cards()
        source = (Button("Source", url="https://example.org/report"),)
        long = Reply((Block("a" * 4000), Block("b" * 4000)), (source,))
        return Cards(
            (
                Card("0", f"card {text}", "what it says", Reply((Block(text),), (source,))),
                Card("0:7", "t" * 1000, "d" * 1000, long),
            )
        )

    def record_choice(self, asker: Asker, text: str, name: str) -> None:
        self.chosen_cards.append((asker.id, text, name))

    def press(self, asker: Asker, action: str) -> Reply:
        if action == BREAKS:
            raise ValueError("the press broke")
        return Reply((Block(f"press {action}"),), _PRESSED.get(action, ()))

    def mark_unreachable(self, asker: Asker) -> None:
        self.lost.append(asker.id)

    def picture(self, asker: Asker, data: bytes, origin: Origin | None = None) -> Reply:
        """Read a picture as a claim: its bytes are its text."""
        text = f"picture {data.decode()}" if data != HELD.encode() else HELD
        return self.claim(asker, text, origin)

    def lost_picture(self, asker: Asker) -> Reply:
        return _reply("lost picture")

    def unsupported(self, asker: Asker, medium: Medium) -> Reply:
        return _reply(f"unsupported {medium}")

    def compose_placeholder(self, asker: Asker) -> Reply:
        return _reply(f"{PLACEHOLDER} looking")

    def slow_down(self, asker: Asker) -> Reply:
        return _reply("slow down")

    def busy(self, asker: Asker) -> Reply:
        return _reply("busy")

    def failure(self, asker: Asker) -> Reply:
        return _reply("failure")


class FakeNotificationQueue:
    """A queue in memory that records, by id, what happened to each notification."""

    def __init__(self, *waiting: OutgoingNotification) -> None:
        self._waiting = list(waiting)
        self._changed = threading.Condition()
        #: What was recorded of each, in order: "sent", "failed NAME", "unreachable REASON".
        self.records: dict[int, list[str]] = {}
        self.pauses: list[timedelta | None] = []

    def take(self) -> OutgoingNotification | None:
        with self._changed:
            return self._waiting.pop(0) if self._waiting else None

    def record_sent(self, notification: OutgoingNotification) -> None:
        self._record(notification, "sent")

    def record_failure(
        self, notification: OutgoingNotification, error: str, pause: timedelta | None = None
    ) -> None:
        # Tried again at once: how long to wait is the real post's to know.
        with self._changed:
            self._waiting.append(notification)
            self.pauses.append(pause)
        self._record(notification, f"failed {error}")

    def mark_unreachable(self, notification: OutgoingNotification, error: str) -> None:
        self._record(notification, f"unreachable {error}")

    def wait_for(self, notification: int, record: str) -> None:
        """Return once ``record`` was made for a notification."""
        with self._changed:
            seen = self._changed.wait_for(
                lambda: record in self.records.get(notification, ()), PATIENCE
            )
        assert seen, self.records

    def _record(self, notification: OutgoingNotification, what: str) -> None:
        with self._changed:
            self.records.setdefault(notification.id, []).append(what)
            self._changed.notify_all()


class WatchedInbox(UpdateStore):
    """An inbox that tells which updates are done with."""

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(sessions, SECRET, LEASE)
        self._done: set[int] = set()
        self._changed = threading.Condition()

    async def finish(self, taken: LeasedUpdate, stands: int | None = None) -> bool:
        return self._note(taken, await super().finish(taken, stands))

    async def drop(self, taken: LeasedUpdate, error: str) -> bool:
        return self._note(taken, await super().drop(taken, error))

    async def give_up(self, taken: LeasedUpdate, error: str) -> bool:
        return self._note(taken, await super().give_up(taken, error))

    def wait_for(self, update_id: int) -> None:
        """Return once an update is done with."""
        with self._changed:
            seen = self._changed.wait_for(lambda: update_id in self._done, PATIENCE)
        assert seen, self._done

    def _note(self, taken: LeasedUpdate, done: bool) -> bool:
        with self._changed:
            if done:
                self._done.add(taken.id)
            self._changed.notify_all()
        return done


class Running:
    """A bot in a thread with a loop of its own."""

    def __init__(
        self,
        config: TelegramConfig,
        talk: EchoTalk,
        post: NotificationQueue | None = None,
        sessions: Sessions | None = None,
    ) -> None:
        self._config, self._talk, self._post = config, talk, post or FakeNotificationQueue()
        self._folder = tempfile.TemporaryDirectory()
        self.sessions = sessions or sessions_in(Path(self._folder.name))
        self._inbox = WatchedInbox(self.sessions)
        self._stop = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def start(self) -> None:
        """Start it; returns before it is connected."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Ask it to stop, without waiting."""
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):  # it ended by itself meanwhile
                self._loop.call_soon_threadsafe(self._stop.set)

    def wait_until_done(self, update_id: int) -> None:
        """Return once an update is answered, or found not to be."""
        self._inbox.wait_for(update_id)

    def wait_until_left_out(self, server: BotApiServer, update_id: int) -> None:
        """Return once an update was received and nothing of it kept."""
        server.wait_until_acknowledged(update_id)
        with self.sessions() as session:
            assert session.get(QueuedUpdate, update_id) is None

    def join(self) -> None:
        """Wait for its end; raises what it ended with."""
        self._thread.join()
        self._folder.cleanup()
        if self._error is not None:
            raise self._error

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()
        try:
            await serve(self._config, self._talk, self._post, self._inbox, PROFILES, self._stop)
        except Exception as error:  # noqa: BLE001 - handed to ``join``
            self._error = error


@contextlib.contextmanager
def running(
    config: TelegramConfig,
    talk: EchoTalk,
    post: NotificationQueue | None = None,
    sessions: Sessions | None = None,
) -> Iterator[Running]:
    """Run a bot for the body; whatever the talk still holds is released at the end.

    Without ``sessions`` it has a database of its own.
    """
    bot = Running(config, talk, post, sessions)
    bot.start()
    try:
        yield bot
    finally:
        talk.release.set()
        bot.stop()
        bot.join()


def sessions_in(folder: Path) -> Sessions:
    """Return sessions on the database in ``folder``, made if it is not there."""
    file = folder / "bot.db"
    if not file.exists():
        aside = folder / f"{os.getpid()}.aside"
        aside.write_bytes(_empty_database())
        # Whole or not at all, for processes are killed at any moment; and never over another's.
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(aside)
        aside.unlink()
    return Sessions(open_engine(f"sqlite:///{file}"))


@cache
def _empty_database() -> bytes:
    """Return the file of a database with tables only: making them takes as long as most tests."""
    engine = open_engine("sqlite://")
    Base.metadata.create_all(engine)
    with contextlib.closing(engine.raw_connection()) as pooled:
        connection = pooled.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        held = connection.serialize()
    engine.dispose()
    return held


def inbox_of_a_process(folder: Path, database: str | None = None) -> UpdateStore:
    """Return the inbox in ``folder`` as the program opens it: what dead processes held is free."""
    sessions = sessions_in(folder) if database is None else Sessions(open_engine(database))
    process = ProcessLock(folder / "processes")
    recover_leases(sessions, process, now())
    # Held until the process ends.
    _LOCKS.append(process)
    return UpdateStore(sessions, SECRET, holder=process.name)


_LOCKS: list[ProcessLock] = []

#: The buttons that come of a press.
_PRESSED = {
    "useful:7": ((Button("✓ Useful", action="useful:7"), Button("Useless", action="useless:7")),),
    "useless:7": ((Button("Useful", action="useful:7"), Button("✓ Useless", action="useless:7")),),
    "tell:7": ((Button("Do not tell me", action="quiet:7"),),),
    "quiet:7": ((Button("Tell me", action="tell:7"),),),
}


def _reply(text: str) -> Reply:
    return Reply((Block(text),))


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("api_url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hold", action="store_true")
    parser.add_argument("--sends-per-second", type=float, default=Limits().sends_per_second)
    parser.add_argument("--database")
    parser.add_argument("--shared-limits", action="store_true")
    parser.add_argument("--webhook")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    # Everything the program could ever log, as loud as it gets.
    logging.basicConfig(level=logging.INFO, format="%(name)s %(message)s")
    talk = EchoTalk()
    if not given.hold:
        talk.release.set()
    inbox = inbox_of_a_process(given.folder, given.database)
    rate = given.sends_per_second
    limits = Limits(sends_per_second=rate, sends_burst=round(rate))
    run(
        TelegramConfig(
            TOKEN,
            given.api_url,
            given.webhook,
            WEBHOOK_SECRET,
            listen_port=given.port,
            limits=limits,
            shared_limits=given.shared_limits,
        ),
        talk,
        FakeNotificationQueue(),
        inbox,
        PROFILES,
    )


if __name__ == "__main__":
    _main()
