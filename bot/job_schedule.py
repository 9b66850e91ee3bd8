"""Define the scheduled jobs of a running bot: what each does, how often and for how long."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from bot.conversation.bulletins import Bulletin, Bulletins
from bot.ingestion.feed_poller import Poller
from bot.scheduled_jobs import Job
from knowledge.claim_queue.clustering import Clusters
from knowledge.ingestion.feed_polling import forget_unlisted
from knowledge.privacy.erasure import expire
from knowledge.storage import secure_deletion
from knowledge.storage.database import Sessions
from knowledge.update_queue import queued_updates, shared_rate_limits, update_retention

#: Seconds between checks for due jobs: the longest a claim waits to be placed in the inbox.
LOOK_S: Final = 5.0
#: Claims placed between two checks for waiting people: both need the models, and moderators can
#: wait. While more than this many people wait, no more are placed in one run.
CLAIMS_AT_ONCE: Final = 8
PEOPLE_FIRST: Final = 4
#: How long ids of handled updates are kept: Telegram delivers an update again for a day at most.
SENT_KEPT: Final = timedelta(days=2)
#: How long an update that was given up is kept for an admin to retry. Its text is kept no longer
#: than any other question.
GIVEN_UP_KEPT: Final = timedelta(days=7)

#: Sends bulletins to moderators; returns how many were sent.
Send: TypeAlias = Callable[[Sequence[Bulletin]], Awaitable[int]]


class JobSchedule:
    """The jobs of a running bot. Each returns a note of how it went."""

    def __init__(
        self,
        sessions: Sessions,
        poller: Poller,
        clusters: Clusters,
        bulletins: Bulletins,
        send: Send,
        first_admins: frozenset[str],
        retention: timedelta,
    ) -> None:
        self._sessions, self._poller, self._clusters = sessions, poller, clusters
        self._bulletins, self._send = bulletins, send
        self._first_admins, self._retention = first_admins, retention

    def list_jobs(self) -> tuple[Job, ...]:
        """Return all of them."""
        seldom, within = timedelta(days=30), 2 * secure_deletion.WITHIN
        alert, digest = (
            self._make_bulletin_job(self._bulletins.alert),
            self._make_bulletin_job(self._bulletins.digest),
        )
        return (
            Job("clusters", timedelta(seconds=LOOK_S), self._place_claims),
            # Each feed has its own interval; this only checks which are due.
            Job("feeds", timedelta(minutes=1), self._poll_feeds, timedelta(hours=1)),
            Job("updates", timedelta(hours=1), self._forget_updates),
            # Longer than it ever takes: a year's questions of a busy bot, if retention was lowered.
            Job("retention", timedelta(hours=6), self._forget_questions, timedelta(hours=2)),
            # Due only once by itself; each erasure makes it due sooner.
            Job(secure_deletion.JOB_NAME, seldom, self._overwrite, within),
            Job("growth", timedelta(minutes=10), alert),
            # One message each. Not retried: those who got theirs would get it twice.
            Job("digest", timedelta(days=1), digest, once=True),
        )

    async def _place_claims(self, _: datetime) -> str:
        placed = 0
        while True:
            busy = await asyncio.to_thread(self._people_wait)
            count = await asyncio.to_thread(self._clusters.place_waiting, CLAIMS_AT_ONCE)
            placed += count
            if busy or not count:
                return f"{placed} claims placed"

    def _people_wait(self) -> bool:
        return self._sessions.read(queued_updates.count_waiting) > PEOPLE_FIRST

    async def _poll_feeds(self, _: datetime) -> str:
        tally = await self._poller.poll_due()
        return f"{tally.feeds} feeds, {tally.reports} reports, {len(tally.problems)} problems"

    async def _forget_updates(self, moment: datetime) -> str:
        gone = await asyncio.to_thread(forget_updates, self._sessions, moment, self._retention)
        return f"{gone} updates forgotten"

    async def _forget_questions(self, moment: datetime) -> str:
        before = moment - self._retention
        gone = await asyncio.to_thread(expire, self._sessions, before, self._first_admins)
        items = self._sessions.write(forget_unlisted)
        return (
            f"{gone.inquiries} questions, {gone.addresses} addresses, {items} items of feeds"
            " forgotten"
        )

    async def _overwrite(self, moment: datetime) -> str:
        return await asyncio.to_thread(secure_deletion.overwrite, self._sessions, moment)

    def _make_bulletin_job(
        self, write: Callable[[datetime], list[Bulletin]]
    ) -> Callable[[datetime], Awaitable[str]]:
        """Return a job that sends the bulletins written at the moment it runs."""

        async def tell(moment: datetime) -> str:
            written = await asyncio.to_thread(write, moment)
            return f"{await self._send(written)} of {len(written)} told"

        return tell


def forget_updates(sessions: Sessions, moment: datetime, retention: timedelta) -> int:
    """Delete finished and given-up updates; returns how many.

    Also what was used up of shared rate limits and is not any more.
    """
    kept = min(GIVEN_UP_KEPT, retention)
    sessions.write(shared_rate_limits.forget_even, moment.timestamp())
    return sessions.write(update_retention.forget, moment - SENT_KEPT, moment - kept)
