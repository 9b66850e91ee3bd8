"""Two processes' rate limits in one database let through what one process would, on either kind."""

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from sqlalchemy import select, text
from telegram.error import RetryAfter

from bot.telegram.incoming.admission_control import AdmissionControl
from bot.telegram.incoming.intake import Intake
from bot.telegram.incoming.update_store import UpdateStore
from bot.telegram.outgoing.paced_requests import Pacer, SharedPacer
from bot.telegram.outgoing.rate_limits import Limits, Meter
from bot.telegram.outgoing.sending import requested_pause
from bot.telegram.outgoing.shared_limits import SharedLimits
from knowledge.domain import Course
from knowledge.errors import DatabaseFailed
from knowledge.models import QueuedUpdate, RateLimit
from knowledge.storage.database import Sessions
from knowledge.update_queue import shared_rate_limits, update_retention
from knowledge.update_queue.shared_rate_limits import Request, SharedRateLimits, Taken
from tests.e2e.echo_bot import SECRET

LIMITS = Limits()
METER = Meter(1.0, 15, "kind")
NOW = 1_800_000_000.0
ONE, GROUP = 5, -100


def ask(key: str = "a", times: int = 1, longest: float = 0.0) -> list[Request]:
    return [Request((METER.turn(key),), longest)] * times


def rows(sessions: Sessions) -> dict[tuple[str, str], float]:
    with sessions() as session:
        return {(row.kind, row.key): row.even_at for row in session.scalars(select(RateLimit))}


class TestRows:
    def test_two_processes_let_through_what_one_would(self, sessions: Sessions) -> None:
        one, other = SharedRateLimits(sessions), SharedRateLimits(sessions)
        waits = [(one, other)[n % 2].take(ask(), NOW).waits[0] for n in range(20)]
        assert waits == [0.0] * 15 + [1.0] * 5
        # What was refused used nothing up.
        assert rows(sessions) == {("kind", "a"): NOW + 15}
        assert other.take(ask("b", 2), NOW).waits == (0.0, 0.0)
        assert one.take(ask(times=2), NOW + 1).waits == (0.0, 1.0)
        one.close()
        other.close()

    def test_they_do_at_the_same_moment(self, sessions: Sessions) -> None:
        together, waits = threading.Barrier(4), Counter[bool]()

        def work(number: int) -> None:
            limits = SharedRateLimits(sessions)
            together.wait()
            for turn in range(10):
                keys = ("a", "b") if (number + turn) % 2 else ("b", "a")
                asked = [Request((METER.turn(key),)) for key in keys]
                waits.update(not wait for wait in limits.take(asked, NOW).waits)
            limits.close()

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert waits == {True: 30, False: 50}
        assert rows(sessions) == {("kind", "a"): NOW + 15, ("kind", "b"): NOW + 15}

    def test_many_keys_are_counted_at_once(self, sessions: Sessions) -> None:
        limits = SharedRateLimits(sessions)
        taken = limits.take([each for n in range(450) for each in ask(f"person {n}")], NOW)
        limits.close()
        assert taken.waits == (0.0,) * 450
        assert set(rows(sessions).values()) == {NOW + 1}

    def test_a_pause_holds_for_all(self, sessions: Sessions) -> None:
        one, other = SharedRateLimits(sessions), SharedRateLimits(sessions)
        one.hold(("kind", "a"), NOW + 14 + 9)
        # A shorter one does not end it sooner.
        other.hold(("kind", "a"), NOW + 14 + 3)
        assert other.take(ask(), NOW).waits == (9.0,)
        assert one.take(ask(), NOW + 9).waits == (0.0,)
        one.close()
        other.close()

    def test_what_is_even_is_deleted_and_a_persons_with_the_rest_of_them(
        self, sessions: Sessions
    ) -> None:
        limits = SharedRateLimits(sessions)
        limits.take([*ask("a"), *ask("b", 5), *ask("c", 5)], NOW)
        limits.close()
        assert sessions.write(shared_rate_limits.forget_even, NOW + 2) == 1
        assert rows(sessions).keys() == {("kind", "b"), ("kind", "c")}
        sessions.write(update_retention.forget_lane, "b", "nobody")
        assert rows(sessions).keys() == {("kind", "c")}

    def test_a_database_that_fails_says_so_and_is_asked_again(self, sessions: Sessions) -> None:
        limits = SharedRateLimits(sessions)
        limits.take(ask(), NOW)
        with sessions.begin() as session:
            session.execute(text("ALTER TABLE rate_limits RENAME TO hidden"))
        with pytest.raises(DatabaseFailed):
            limits.take(ask(), NOW)
        with sessions.begin() as session:
            session.execute(text("ALTER TABLE hidden RENAME TO rate_limits"))
        assert limits.take(ask(times=15), NOW).waits == (0.0,) * 14 + (1.0,)
        limits.close()


class Clock:
    """A clock that only waiting moves, which all processes share."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def message(number: int, person: int = ONE, chat: int | None = None) -> dict[str, Any]:
    kind = "private" if chat is None else "supergroup"
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "from": {"id": person},
            "chat": {"id": chat or person, "type": kind},
            "text": f"claim {number}",
        },
    }


async def deliver(
    sessions: Sessions, clock: Clock, *updates: dict[str, Any], processes: int = 2
) -> list[Course]:
    """Deliver updates to processes in turn; returns the courses of what they stored."""
    stores = [UpdateStore(sessions, SECRET) for _ in range(processes)]
    shared = [SharedLimits(store.open_shared_limits(), clock) for store in stores]
    intakes = [
        Intake(store, AdmissionControl(LIMITS), lambda: None, lambda _: True, shared=limits)
        for store, limits in zip(stores, shared, strict=True)
    ]
    for number, update in enumerate(updates):
        await intakes[number % processes].store([update])
    for limits, store in zip(shared, stores, strict=True):
        await limits.close()
        await store.close()
    with sessions() as session:
        kept = session.scalars(select(QueuedUpdate).order_by(QueuedUpdate.id))
        return [each.course for each in kept]


class TestIntake:
    @pytest.mark.parametrize("processes", [1, 3])
    async def test_a_person_is_answered_as_often_by_three_processes_as_by_one(
        self, sessions: Sessions, clock: Clock, processes: int
    ) -> None:
        sent = [message(number) for number in range(40)]
        courses = await deliver(sessions, clock, *sent, processes=processes)
        assert courses == [Course.ANSWER] * LIMITS.person_burst + [Course.SLOW_DOWN]

    async def test_a_group_is_too_and_told_once(self, sessions: Sessions, clock: Clock) -> None:
        sent = [message(number, 1_000 + number, GROUP) for number in range(30)]
        courses = await deliver(sessions, clock, *sent)
        assert courses == [Course.ANSWER] * LIMITS.group_burst + [Course.SLOW_DOWN]

    async def test_a_group_that_is_refused_costs_its_members_nothing(
        self, sessions: Sessions, clock: Clock
    ) -> None:
        noise = [message(number, 1_000 + number, GROUP) for number in range(20)]
        refused = [message(20 + number, ONE, GROUP) for number in range(10)]
        private = [message(30 + number) for number in range(20)]
        courses = await deliver(sessions, clock, *noise, *refused, *private)
        assert courses.count(Course.ANSWER) == LIMITS.group_burst + LIMITS.person_burst

    async def test_keys_are_hashes_and_a_flood_is_refused_without_the_database(
        self, sessions: Sessions, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = 0
        take = SharedRateLimits.take

        def counted(self: SharedRateLimits, requests: list[Request], at: float) -> Taken:
            nonlocal asked
            asked += 1
            return take(self, requests, at)

        monkeypatch.setattr(SharedRateLimits, "take", counted)
        await deliver(sessions, clock, *(message(number) for number in range(300)))
        # Each process finds out once that the person, and that the refusal, is used up.
        assert asked <= LIMITS.person_burst + 2 * 2
        lane = UpdateStore(sessions, SECRET).lane(ONE)
        assert {key for _, key in rows(sessions)} == {lane}

    async def test_what_could_not_be_counted_is_delivered_again_and_counted_once(
        self, sessions: Sessions, clock: Clock
    ) -> None:
        store = UpdateStore(sessions, SECRET)
        limits = SharedLimits(store.open_shared_limits(), clock)
        intake = Intake(
            store, AdmissionControl(LIMITS), lambda: None, lambda _: True, shared=limits
        )
        sent = [message(number) for number in range(LIMITS.person_burst)]
        with sessions.begin() as session:
            session.execute(text("ALTER TABLE rate_limits RENAME TO hidden"))
        for _ in range(3):
            with pytest.raises(DatabaseFailed):
                await intake.store(sent)
        with sessions.begin() as session:
            assert session.scalars(select(QueuedUpdate)).all() == []
            session.execute(text("ALTER TABLE hidden RENAME TO rate_limits"))
        await intake.store(sent)
        await limits.close()
        await store.close()
        with sessions() as session:
            courses = [each.course for each in session.scalars(select(QueuedUpdate))]
        assert courses == [Course.ANSWER] * LIMITS.person_burst


class Sending:
    """Processes that send by one clock."""

    def __init__(self, sessions: Sessions, clock: Clock, processes: int) -> None:
        self.clock = clock
        self.limits = [SharedLimits(SharedRateLimits(sessions), clock) for _ in range(processes)]
        self.pacers = [SharedPacer(LIMITS, str, each, clock.sleep) for each in self.limits]
        self.made: list[float] = []

    async def send(
        self,
        process: int,
        chat: int,
        request: Callable[[], Coroutine[Any, Any, Any]] | None = None,
    ) -> Any:
        async def noted() -> None:
            self.made.append(round(self.clock.now - NOW, 2))

        pacer: Pacer = self.pacers[process]
        return await pacer.process_request(
            request or noted, (), {}, "sendMessage", {"chat_id": chat}, None
        )

    async def close(self) -> None:
        for each in self.limits:
            await each.close()


async def with_sending(
    sessions: Sessions, clock: Clock, body: Callable[[Sending], Awaitable[None]]
) -> None:
    sending = Sending(sessions, clock, 2)
    try:
        await body(sending)
    finally:
        await sending.close()


class TestSending:
    async def test_all_processes_together_send_thirty_a_second(
        self, sessions: Sessions, clock: Clock
    ) -> None:
        async def body(sending: Sending) -> None:
            for number in range(90):
                await sending.send(number % 2, 1_000 + number)
            assert sending.made[29] == 0.0
            assert sending.made[-1] == pytest.approx(2.0, abs=0.05)

        await with_sending(sessions, clock, body)

    async def test_a_group_gets_twenty_a_minute_of_all(
        self, sessions: Sessions, clock: Clock
    ) -> None:
        async def body(sending: Sending) -> None:
            process = 0
            while clock.now < NOW + 59.5:
                process = 1 - process
                try:
                    await sending.send(process, GROUP)
                except RetryAfter as error:
                    # Further away than is waited for: said before anything was sent.
                    assert sending.pacers[process].wait(GROUP) > 2.0
                    await clock.sleep(requested_pause(error).total_seconds() / 3)
            assert len(sending.made) == pytest.approx(LIMITS.chat_burst + 19, abs=1)

        await with_sending(sessions, clock, body)

    async def test_a_pause_that_one_is_asked_for_holds_the_others(
        self, sessions: Sessions, clock: Clock
    ) -> None:
        async def refused() -> None:
            raise RetryAfter(9)

        async def body(sending: Sending) -> None:
            with pytest.raises(RetryAfter):
                await sending.send(0, ONE, refused)
            # The other does not know of it, asks, and sends nothing.
            assert sending.pacers[1].wait(6) == 0.0
            with pytest.raises(RetryAfter, match="0:00:09"):
                await sending.send(1, 6)
            assert sending.pacers[1].wait(6) == pytest.approx(9.0)
            await clock.sleep(9.0)
            await sending.send(1, 6)
            assert sending.made == [9.0]

        await with_sending(sessions, clock, body)

    async def test_without_the_database_a_part_is_sent_and_it_is_logged_once(
        self, sessions: Sessions, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def body(sending: Sending) -> None:
            await sending.send(0, ONE)
            with sessions.begin() as session:
                session.execute(text("ALTER TABLE rate_limits RENAME TO hidden"))
            before = clock.now
            with caplog.at_level(logging.INFO):
                for number in range(30):
                    await sending.send(0, 1_000 + number)
                # A quarter of the burst at once, then a quarter of the rate.
                assert clock.now - before == pytest.approx((30 - 8) / 7.5, abs=0.05)
                with sessions.begin() as session:
                    session.execute(text("ALTER TABLE hidden RENAME TO rate_limits"))
                await sending.send(0, ONE)
            said = [record.message for record in caplog.records]
            assert said == ["limits_not_shared", "limits_shared_again"]

        await with_sending(sessions, clock, body)

    async def test_a_database_that_hangs_is_not_waited_for(
        self, sessions: Sessions, clock: Clock
    ) -> None:
        answers = threading.Event()

        class Hanging(SharedRateLimits):
            def take(self, requests: Any, at: float) -> Taken:
                answers.wait()
                return super().take(requests, at)

        shared = SharedLimits(Hanging(sessions), clock, patience=0.01)
        pacer = SharedPacer(LIMITS, str, shared, clock.sleep)

        async def sent() -> str:
            return "sent"

        given: dict[str, Any] = {"chat_id": ONE}
        assert await pacer.process_request(sent, (), {}, "sendMessage", given, None) == "sent"
        answers.set()
        await shared.close()
        # It is given up on here as well; the connection is closed all the same.
        await asyncio.to_thread(shared._thread.shutdown)
