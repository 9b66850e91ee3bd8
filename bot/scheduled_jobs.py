"""Run scheduled jobs beside answering, each by one process at a time.

A job that fails is logged, noted and tried again at its next time; the others go on.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.errors import BotError
from bot.observability.logs import name_requests
from bot.observability.redaction import summarise_error
from bot.stopping import sleep_until_stopped, unless_stopped
from embeddings.errors import EmbeddingsError
from knowledge.errors import DatabaseFailed, KnowledgeError
from knowledge.storage.database import Sessions
from knowledge.update_queue import scheduled_jobs

#: Seconds between checks for due jobs.
LOOK_S: Final = 15.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A job with its interval. ``run`` returns a note of how it went, which is stored."""

    name: str
    every: timedelta
    run: Callable[[datetime], Awaitable[str | None]]
    #: The lease: how long it may take before another process may begin it.
    longest: timedelta = timedelta(minutes=15)
    #: Whether half done is better than partly done twice: if cut short, it waits for its next time.
    once: bool = False


class JobRunner:
    """Runs the jobs that are due."""

    def __init__(
        self,
        sessions: Sessions,
        listed: Sequence[Job],
        clock: Callable[[], datetime],
        holder: str | None = None,
    ) -> None:
        self._sessions, self._listed, self._clock = sessions, tuple(listed), clock
        self._holder = holder

    async def run_until(self, ending: asyncio.Event, look_s: float = LOOK_S) -> None:
        """Run jobs as they come due until ``ending`` is set.

        They run concurrently: claims must not wait until an hour of polling is over.
        """
        async with asyncio.TaskGroup() as together:
            for job in self._listed:
                together.create_task(self._run_again(job, ending, look_s))

    async def _run_again(self, job: Job, ending: asyncio.Event, look_s: float) -> None:
        while not ending.is_set():
            await self.run(job)
            await sleep_until_stopped(look_s, ending)

    @contextmanager
    def in_background(self, look_s: float = LOOK_S) -> Iterator[None]:
        """Run due jobs in a thread of their own until the context is left.

        For programs whose own event loop must never wait for a page to be parsed.
        """
        loop = asyncio.new_event_loop()
        ending = asyncio.Event()

        async def work() -> None:
            try:
                # A fetch in progress is dropped: the feed is polled again later.
                await unless_stopped(self.run_until(ending, look_s), ending)
            except Exception:  # noqa: BLE001 - what runs beside them goes on
                _log.exception("jobs are run no more")

        thread = threading.Thread(
            target=lambda: loop.run_until_complete(work()), name="jobs", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(ending.set)
            thread.join()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    async def run(self, job: Job) -> bool:
        """Run a job if it is due and no other process has it; returns whether it ran."""
        try:
            with name_requests(f"job {job.name}"):
                return await self._lease(job)
        except DatabaseFailed as error:
            # It could be neither leased nor finished: it is due again when the lease ends.
            _log.warning("job %s: the database failed (%s)", job.name, error)
            return False

    async def _lease(self, job: Job) -> bool:
        # Without a holder its lease is not recovered by another process.
        held = self._sessions.write(
            scheduled_jobs.lease,
            job.name,
            self._clock(),
            job.every if job.once else job.longest,
            None if job.once else self._holder,
        )
        if held is None:
            return False
        try:
            async with asyncio.timeout(job.longest.total_seconds()):
                note = await job.run(self._clock())
        except TimeoutError:
            note = f"took longer than {job.longest}"
            _log.warning("job %s %s", job.name, note)
        except (BotError, KnowledgeError, EmbeddingsError) as error:
            note = f"failed: {summarise_error(error)}"
            _log.warning("job %s %s", job.name, note)
        except asyncio.CancelledError:
            # Cancelled because the program ends: due again at once.
            due_at = self._clock() + (job.every if job.once else timedelta())
            self._finish(job.name, held, due_at, "given up half-way")
            raise
        except Exception:  # noqa: BLE001 - one job is never another's trouble
            note = "failed; see the log"
            _log.exception("job %s failed", job.name)
        self._finish(job.name, held, self._clock() + job.every, note)
        return True

    def _finish(self, name: str, held: datetime, due_at: datetime, note: str | None) -> None:
        self._sessions.write(scheduled_jobs.finish, name, held, due_at, note)
