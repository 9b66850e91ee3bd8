"""Random updates through everything but the wire, and what must hold when they are done with.

From the intake over the durable inbox and the workers to the handlers and out again. Whatever is
not as it must be is one line of ``Withstood.problems``; an empty tuple is what a test asks for.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from typing import Any, Final

from sqlalchemy import select

from bot.conversation.interface import Talk
from bot.observability import telemetry
from bot.telegram.handling import groups
from bot.telegram.incoming.intake import Intake, find_update_id
from bot.telegram.outgoing.rate_limits import Limits
from bot.telegram.setup.application import TelegramConfig, build, make_intake_and_workers
from knowledge.domain import UpdateState
from knowledge.models import QueuedUpdate
from knowledge.storage.database import Sessions
from tests.e2e.bot_api_chats import Chats
from tests.e2e.bot_api_rules import Refused
from tests.e2e.bot_api_server import TOKEN, BotApiServer, Told
from tests.e2e.hurried_inbox import NO_PLACEHOLDER, HurriedInbox
from tests.e2e.offline_telegram import ADDRESS, OfflineTelegram
from tests.fuzzing.updates import Fuzzed

#: Nobody is told to slow down: what is looked for lies behind the gate.
LIMITS: Final = Limits(
    sends_per_second=1e6,
    sends_burst=10**6,
    chat_sends_per_second=1e6,
    chat_burst=10**6,
    group_sends_per_minute=1e8,
    person_burst=10**6,
    group_burst=10**6,
    waiting=10**6,
)
#: Updates of one delivery, as Telegram's batches are.
_BATCH: Final = 100
#: So many may wait before the next are stored.
_WAITING: Final = 2_000
#: How long the end waits for what is in hand.
_PATIENCE_SECONDS: Final = 30.0
#: How the bot says something: a refusal of these is the end of an answer.
_SENDING: Final = ("sendMessage", "sendPhoto", "sendDocument", "editMessageText")
_UNREADABLE: Final = "answerCallbackQuery: parameters cannot be read"

#: What may be logged above INFO of any update: that a chat is gone which something is asked of.
_ANY: Final = frozenset({"menu_not_shown", "placeholder_not_shown", "standing_unknown"})
#: What may be logged of an update that Telegram would never write: it is given up with a trace.
_SPOILT: Final = frozenset({"update_failed", "update_given_up"})


#: Why such an update may be given up.
_GIVEN_UP: Final = frozenset({"not understood", "not answered"})


@dataclass(frozen=True, slots=True)
class Withstood:
    """How a stream of updates went."""

    updates: int
    seconds: float
    fates: Mapping[str, int]
    problems: tuple[str, ...]


async def withstand(
    fuzzed: Iterable[Fuzzed],
    talk: Talk,
    sessions: Sessions,
    placeholder_seconds: float = NO_PLACEHOLDER,
) -> Withstood:
    """Take all of ``fuzzed`` in, have it answered, and look whether all is well."""
    server, log = BotApiServer(), _Log()
    server.chats, server.files = _AnyChats(), _AnyFiles()
    carrier = _Carrier(server)
    config = TelegramConfig(
        TOKEN,
        ADDRESS,
        limits=LIMITS,
        placeholder_seconds=placeholder_seconds,
        shutdown_seconds=_PATIENCE_SECONDS,
    )
    application = build(config, talk, carrier)
    inbox = HurriedInbox(sessions)
    loop, problems = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda _, context: problems.append(f"loop: {context!r}"))
    logging.getLogger().addHandler(log)
    tally, started, left_out = _Tally(), time.perf_counter(), _left_out()
    await application.initialize()
    intake, workers = make_intake_and_workers(application, inbox, config)
    inbox.wake = workers.wake
    working = asyncio.create_task(workers.run())
    try:
        async with groups.remember_watched_groups(application.bot_data):
            stuck = await _taken_in(fuzzed, intake, inbox, server, tally)
        seconds = time.perf_counter() - started
    finally:
        workers.stop()
        await working
        logging.getLogger().removeHandler(log)
        application.bot_data.close()
        await application.shutdown()
        await inbox.close()
        loop.set_exception_handler(None)
    rows = _rows(sessions)
    problems += [f"stuck: {stuck} updates"] if stuck else []
    # A press of which the very number is spoilt cannot be acknowledged; that is a sign only.
    refused = [each for each in server.problems if not each.startswith(_UNREADABLE)]
    problems += [f"refused by Telegram: {each}" for each in refused]
    problems += log.problems(tally)
    problems += _misfits(rows, tally.spoilt, carrier.undeliverable)
    problems += [f"lost: update {number}" for number in inbox.given - {row.id for row in rows}]
    # One that came twice may be counted twice.
    missing, left_out = tally.spoilt.keys() - inbox.given, _left_out() - left_out
    if len(missing) > left_out:
        problems.append(f"lost: {len(missing)} updates are not kept, {left_out} were left out")
    fates = Counter(f"{row.state.value} {_kind(row.error)}".strip() for row in rows)
    fates["left out"] = len(missing)
    return Withstood(tally.all, seconds, dict(sorted(fates.items())), tuple(problems))


async def _taken_in(
    fuzzed: Iterable[Fuzzed],
    intake: Intake,
    inbox: HurriedInbox,
    server: BotApiServer,
    tally: "_Tally",
) -> int:
    """Have updates taken in, a batch at a time; returns how many are stuck."""
    for batch in _batches(fuzzed):
        for each in batch:
            tally.count(each)
        await intake.store([each.update for each in batch])
        if inbox.waiting > _WAITING:
            await inbox.drained()
        # The tests' server remembers everything: too much of that many.
        server.calls.clear()
        server.chats.sent.clear()
    return await inbox.drained()


@dataclass(slots=True)
class _Tally:
    """What was taken in: whether each number was spoilt, and how many had none."""

    spoilt: dict[int, bool] = field(default_factory=dict)
    numberless: int = 0
    all: int = 0

    def count(self, fuzzed: Fuzzed) -> None:
        """Count one."""
        self.all += 1
        number = find_update_id(fuzzed.update)
        if number is None:
            self.numberless += 1
        else:
            self.spoilt[number] = self.spoilt.get(number, False) or fuzzed.spoilt


class _Carrier(OfflineTelegram):
    """Carries what is sent, and counts what Telegram refused because the chat is gone."""

    def __init__(self, server: BotApiServer) -> None:
        super().__init__(server)
        self.undeliverable = 0

    async def do_request(self, url: str, *given: Any, **more: Any) -> tuple[int, bytes]:
        """Answer one call."""
        status, body = await super().do_request(url, *given, **more)
        self.undeliverable += status == HTTPStatus.FORBIDDEN and url.endswith(_SENDING)
        return status, body


class _AnyFiles(dict[str, bytes]):
    """Files of any name, that say just that; one in seven cannot be had when it is asked for."""

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> bytes:
        return name.encode(errors="replace")

    def get(self, name: str, default: Any = None) -> Any:
        """Return a file's bytes, or ``default``."""
        return default if sum(map(ord, name)) % 7 == 0 else self[name]


class _AnyChats(Chats):
    """Chats that the bot may write to, all but those that are gone: one in fifty, by its number."""

    def require(self, given: Mapping[str, Any]) -> int:
        """Return the chat's number. Raises ``Told`` where the bot was blocked."""
        chat_id = int(given["chat_id"])
        if chat_id % 50 == 7:
            raise Told("Forbidden: bot was blocked by the user", HTTPStatus.FORBIDDEN)
        return chat_id

    def rewrite(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Do ``editMessageText``. Raises ``Told`` where the message is one that nobody sent."""
        try:
            return super().rewrite(given)
        except Refused as error:
            if "can't be edited" not in str(error):
                raise
            # A press tells of any message whatever: the bot sends anew what it cannot edit.
            raise Told(str(error), error.status) from None


class _Log(logging.Handler):
    """Keeps whatever is logged above INFO."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self._records.append(record)

    def problems(self, tally: "_Tally") -> list[str]:
        """Return what should not have been logged."""
        missing = sum(record.msg == "update_without_number" for record in self._records)
        numberless = tally.numberless
        found = [] if missing == numberless else [f"{numberless} numberless, {missing} logged"]
        for record in self._records:
            spoilt = tally.spoilt.get(getattr(record, "update_id", None) or 0, False)
            allowed = _ANY | {"update_without_number"} | (_SPOILT if spoilt else set())
            if record.msg not in allowed:
                told = {name: vars(record)[name] for name in _TOLD if name in vars(record)}
                found.append(f"logged: {record.name} {record.getMessage()} {told}")
        return found


_TOLD: Final = ("update_id", "error", "where", "fate")


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    state: UpdateState
    error: str | None
    is_leased: bool
    #: Whether whose it was had themselves forgotten: why it was dropped is gone as well.
    is_forgotten: bool


def _rows(sessions: Sessions) -> list[_Row]:
    with sessions() as session:
        wanted = select(
            QueuedUpdate.id,
            QueuedUpdate.state,
            QueuedUpdate.error,
            QueuedUpdate.leased_until.is_not(None),
            QueuedUpdate.lane.startswith("nobody:"),
        )
        return [_Row(*row) for row in session.execute(wanted)]


def _misfits(rows: Sequence[_Row], sent: Mapping[int, bool], undeliverable: int) -> list[str]:
    """Return what is wrong with what is kept."""
    found = [f"leased at the end: update {row.id}" for row in rows if row.is_leased]
    for row in rows:
        given_up = row.state is UpdateState.GIVEN_UP and sent.get(row.id, False)
        if row.state not in (UpdateState.SENT, UpdateState.DROPPED) and not given_up:
            found.append(f"update {row.id} is {row.state.value}: {row.error}")
        elif given_up and _kind(row.error) not in _GIVEN_UP:
            found.append(f"update {row.id} was given up: {row.error}")
    dropped = [row for row in rows if row.state is UpdateState.DROPPED]
    told = sum(row.error is not None for row in dropped)
    forgotten = sum(row.error is None and row.is_forgotten for row in dropped)
    if not told <= undeliverable <= told + forgotten:
        found.append(f"{undeliverable} sendings were refused, {told} are accounted for")
    return found


def _left_out() -> int:
    counted = (
        telemetry.REGISTRY.get_sample_value("tathabbat_updates_left_out_total", {"why": why.value})
        for why in telemetry.DropReason
    )
    return round(sum(each or 0.0 for each in counted))


def _kind(error: str | None) -> str:
    return (error or "").partition(":")[0]


def _batches(fuzzed: Iterable[Fuzzed]) -> Iterator[list[Fuzzed]]:
    left = iter(fuzzed)
    while batch := list(islice(left, _BATCH)):
        yield batch
