"""Turns and patience: who waits for whom when updates come in."""

import asyncio
from datetime import UTC, datetime
from typing import cast

import pytest
from telegram import Chat, Message, Update, User

from bot.telegram.arrival import Counter, PersonByPerson, unless_stopped
from bot.telegram.context import App


def _update(number: int, person: int) -> Update:
    chat, user = Chat(person, Chat.PRIVATE), User(person, "Person", is_bot=False)
    message = Message(number, datetime.now(UTC), chat, from_user=user, text="text")
    return Update(number, message=message)


class _Work:
    """An application whose work on an update ends when the test says so."""

    def __init__(self) -> None:
        self.update_processor = PersonByPerson()
        self.begun: list[int] = []
        self.done: list[int] = []
        self._may_end: dict[int, asyncio.Event] = {}

    def ending(self, number: int) -> asyncio.Event:
        return self._may_end.setdefault(number, asyncio.Event())

    async def process_update(self, update: Update) -> None:
        self.begun.append(update.update_id)
        await self.ending(update.update_id).wait()
        self.done.append(update.update_id)


@pytest.fixture
def work() -> _Work:
    return _Work()


@pytest.fixture
def counter(work: _Work) -> Counter:
    return Counter(cast(App, work))


async def test_a_person_waits_for_their_own_earlier_update_and_for_nobody_elses(
    work: _Work, counter: Counter
) -> None:
    work.ending(3).set()
    work.ending(2).set()
    attending = asyncio.create_task(
        counter.attend([_update(1, person=7), _update(2, person=7), _update(3, person=8)])
    )
    while not work.done:
        await asyncio.sleep(0)
    assert (work.begun, work.done) == ([1, 3], [3])
    work.ending(1).set()
    await attending
    assert work.done == [3, 1, 2]


async def test_a_stuck_update_is_not_waited_for_longer_than_patience(
    work: _Work, counter: Counter
) -> None:
    await counter.attend([_update(1, person=7)], patience=0)
    work.ending(2).set()
    await counter.attend([_update(2, person=8)])
    assert work.done == [2]
    work.ending(1).set()
    await counter.close()
    assert work.done == [2, 1]


async def test_closing_gives_up_on_what_does_not_end(work: _Work, counter: Counter) -> None:
    await counter.attend([_update(1, person=7), _update(2, person=7)], patience=0)
    await counter.close(patience=0)
    assert work.done == []


async def test_a_stop_ends_the_wait_and_cancels_the_work() -> None:
    stop, work = asyncio.Event(), asyncio.get_running_loop().create_future()
    stop.set()
    assert await unless_stopped(work, stop) is None
    assert work.cancelled()


async def test_what_ends_or_breaks_before_the_stop_does_so() -> None:
    async def fine() -> str:
        return "fine"

    async def broken() -> str:
        raise ValueError("broken")

    assert await unless_stopped(fine(), asyncio.Event()) == "fine"
    with pytest.raises(ValueError, match="broken"):
        await unless_stopped(broken(), asyncio.Event())
