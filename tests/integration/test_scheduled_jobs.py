"""Jobs: due ones are run, by one process at a time, and none is another's trouble."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from bot.errors import BotError
from bot.scheduled_jobs import Job, JobRunner
from knowledge.models import ScheduledJob as Row
from knowledge.storage.database import Sessions
from knowledge.update_queue import scheduled_jobs

NOW = datetime(2024, 4, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def notes(sessions: Sessions) -> dict[str, tuple[datetime, str | None]]:
    with sessions() as session:
        return {row.name: (row.due_at, row.last_result) for row in session.scalars(select(Row))}


async def test_a_job_is_run_when_it_is_due(sessions: Sessions) -> None:
    runs: list[datetime] = []
    clock = Clock()

    async def run(at: datetime) -> str:
        runs.append(at)
        return "done"

    job = Job("a", HOUR, run)
    work = JobRunner(sessions, [job], clock)
    assert await work.run(job)
    assert not await work.run(job)
    clock.now += HOUR
    assert await work.run(job)
    assert runs == [NOW, NOW + HOUR]
    assert notes(sessions) == {"a": (NOW + 2 * HOUR, "done")}


async def test_one_that_is_done_once_is_not_begun_anew_where_it_was_cut_short(
    sessions: Sessions,
) -> None:
    begun = asyncio.Event()

    async def endless(_: datetime) -> None:
        begun.set()
        await asyncio.Event().wait()

    job = Job("a", HOUR, endless, timedelta(minutes=1), once=True)
    running = asyncio.create_task(JobRunner(sessions, [job], Clock(), "me").run(job))
    await begun.wait()
    with sessions.begin() as session:
        scheduled_jobs.LEASE.end(session, "me", NOW)
    assert notes(sessions) == {"a": (NOW + HOUR, None)}
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert notes(sessions) == {"a": (NOW + HOUR, "given up half-way")}


async def test_one_that_fails_is_noted_and_the_others_are_run(sessions: Sessions) -> None:
    async def known(_: datetime) -> None:
        raise BotError("the sea is dry; wait for rain")

    async def unknown(_: datetime) -> None:
        raise ZeroDivisionError

    async def slow(_: datetime) -> None:
        await asyncio.Event().wait()

    async def good(_: datetime) -> None:
        return None

    listed = [
        Job("known", HOUR, known),
        Job("unknown", HOUR, unknown),
        Job("slow", HOUR, slow, timedelta(seconds=0.05)),
        Job("good", HOUR, good),
    ]
    work = JobRunner(sessions, listed, Clock())
    assert [await work.run(job) for job in listed] == [True] * 4
    found = notes(sessions)
    assert found["known"] == (NOW + HOUR, "failed: the sea is dry; wait for rain")
    assert found["unknown"] == (NOW + HOUR, "failed; see the log")
    assert found["slow"][1] == "took longer than 0:00:00.050000"
    assert found["good"] == (NOW + HOUR, None)


def test_of_many_processes_one_runs_it(sessions: Sessions) -> None:
    together = threading.Barrier(4)
    taken: list[bool] = []

    def take() -> None:
        together.wait()
        with sessions.begin() as session:
            taken.append(scheduled_jobs.lease(session, "a", NOW, HOUR) is not None)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False, False, False, True]


def test_one_whose_process_died_comes_back(sessions: Sessions) -> None:
    with sessions.begin() as session:
        assert scheduled_jobs.lease(session, "a", NOW, HOUR)
    with sessions.begin() as session:
        assert not scheduled_jobs.lease(session, "a", NOW + HOUR / 2, HOUR)
        assert scheduled_jobs.lease(session, "a", NOW + HOUR, HOUR)


def test_who_took_too_long_gives_nothing_of_anothers_back(sessions: Sessions) -> None:
    with sessions.begin() as session:
        late = scheduled_jobs.lease(session, "a", NOW, HOUR)
    with sessions.begin() as session:
        held = scheduled_jobs.lease(session, "a", NOW + HOUR, HOUR)
    assert late is not None
    assert held is not None
    with sessions.begin() as session:
        scheduled_jobs.finish(session, "a", late, NOW, "late")
        assert scheduled_jobs.lease(session, "a", NOW + HOUR * 1.5, HOUR) is None
        scheduled_jobs.finish(session, "a", held, NOW + 3 * HOUR, "done")
    assert notes(sessions) == {"a": (NOW + 3 * HOUR, "done")}


def test_in_the_background_until_told_to_stop(sessions: Sessions) -> None:
    begun = threading.Event()

    async def endless(_: datetime) -> None:
        begun.set()
        await asyncio.Event().wait()

    with JobRunner(sessions, [Job("a", HOUR, endless)], Clock()).in_background():
        assert begun.wait(10)
    assert notes(sessions) == {"a": (NOW, "given up half-way")}


def test_a_job_that_takes_long_keeps_no_other_from_its_time(sessions: Sessions) -> None:
    clock, second = Clock(), threading.Event()
    runs: list[datetime] = []

    async def endless(_: datetime) -> None:
        await asyncio.Event().wait()

    async def run(at: datetime) -> None:
        runs.append(at)
        if len(runs) == 2:
            second.set()

    listed = [Job("long", HOUR, endless), Job("short", timedelta(), run)]
    with JobRunner(sessions, listed, clock).in_background(look_s=0.01):
        assert second.wait(10)


def test_the_background_looks_again_and_again(sessions: Sessions) -> None:
    clock, third = Clock(), threading.Event()
    runs: list[datetime] = []

    async def run(at: datetime) -> None:
        runs.append(at)
        clock.now += HOUR
        if len(runs) == 3:
            third.set()

    with JobRunner(sessions, [Job("a", timedelta(), run)], clock).in_background(look_s=0.01):
        assert third.wait(10)
    assert len(runs) >= 3
