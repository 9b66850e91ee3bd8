"""What a stop ends, and what it leaves."""

import asyncio

import pytest

from bot.stopping import unless_stopped


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
