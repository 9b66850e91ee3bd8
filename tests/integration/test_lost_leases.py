"""A process that was cut off from the database sends nothing that another may have sent by then."""

from collections.abc import Collection
from datetime import timedelta

import pytest

from bot.telegram.incoming.update_store import UpdateStore
from bot.telegram.outgoing.unrecorded_window import UnrecordedWindow
from knowledge.domain import Course, now
from knowledge.errors import DatabaseUnavailable
from knowledge.storage.database import Sessions
from tests.e2e.echo_bot import SECRET


class Holder(UpdateStore):
    """A process with a clock of the test's own, which counts how often it renews."""

    def __init__(self, sessions: Sessions) -> None:
        self.at, self.renewals = now(), 0
        super().__init__(sessions, SECRET, clock=lambda: self.at)

    async def renew(self, in_hand: Collection[int]) -> None:
        self.renewals += 1
        await super().renew(in_hand)


async def test_a_lease_is_asked_for_only_where_it_may_be_lost(sessions: Sessions) -> None:
    one, other = Holder(sessions), Holder(sessions)
    await one.store([one.make_new_update(1, "lane", {}, Course.ANSWER)])
    (taken,) = await one.take(5, [])
    assert await one.still_holds(taken)
    one.at += one.lease / 2
    assert await one.still_holds(taken)
    assert one.renewals == 0
    # Late, but nobody has taken it.
    one.at += one.lease
    assert await one.still_holds(taken)
    assert one.renewals == 1
    # Later still: somebody has.
    one.at = other.at = one.at + 2 * one.lease
    assert [each.id for each in await other.take(5, [])] == [1]
    assert not await one.still_holds(taken)
    assert await other.still_holds(taken)
    await one.close()
    await other.close()


async def test_a_lease_that_ends_in_the_next_moments_is_renewed_first(sessions: Sessions) -> None:
    store = Holder(sessions)
    await store.store([store.make_new_update(1, "lane", {}, Course.ANSWER)])
    (taken,) = await store.take(5, [])
    store.at += store.lease - timedelta(milliseconds=1)
    assert await store.still_holds(taken)
    assert store.renewals == 1
    await store.close()


async def test_what_is_not_recorded_keeps_its_place_until_the_database_answers() -> None:
    window = UnrecordedWindow(2)
    async with window:
        pass
    for _ in range(2):
        await fail_within(window, DatabaseUnavailable("away"))
    assert window.is_full
    window.reopen()
    await fail_within(window, ValueError("another error"))
    assert not window.is_full


async def fail_within(window: UnrecordedWindow, error: Exception) -> None:
    with pytest.raises(type(error)):
        async with window:
            raise error
