"""Schedule what a running bot does beside answering: each job, how often, how long it may take."""

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
from knowledge.update_queue import queued_updates, update_retention

#: Seconds between two looks at what is due: how long a claim waits for its place in the inbox.
LOOK_S: Final = 5.0
#: Claims placed before it is looked whether people wait: both need the models, and moderators can
#: wait. While more than so many people do, no more are placed in a turn.
CLAIMS_AT_ONCE: Final = 8
PEOPLE_FIRST: Final = 4
#: Telegram brings an update for a day at most: as long is remembered which were there.
SENT_KEPT: Final = timedelta(days=2)
#: How long an update that was given up waits for an admin to have it tried again: what it says is
#: kept no longer than any other question.
GIVEN_UP_KEPT: Final = timedelta(days=7)

#: Sends bulletins to moderators; returns how many were sent.
Send: TypeAlias = Callable[[Sequence[Bulletin]], Awaitable[int]]


class JobSchedule:
    """The jobs of a running bot; each tells how it went."""

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
        alert, digest = self._telling(self._bulletins.alert), self._telling(self._bulletins.digest)
        return (
            Job("clusters", timedelta(seconds=LOOK_S), self._place_claims),
            # How often each feed is asked is its own; this only looks whose turn it is.
            Job("feeds", timedelta(minutes=1), self._poll_feeds, timedelta(hours=1)),
            Job("updates", timedelta(hours=1), self._forget_updates),
            # Longer than it ever takes: a year's questions of a busy bot, where it was lowered.
            Job("retention", timedelta(hours=6), self._forget_questions, timedelta(hours=2)),
            # Due by itself only once; whoever erases has it due sooner.
            Job(secure_deletion.JOB_NAME, seldom, self._overwrite, within),
            Job("growth", timedelta(minutes=10), alert),
            # Everybody is told by one message each: those who were are not told again.
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

    def _telling(
        self, write: Callable[[datetime], list[Bulletin]]
    ) -> Callable[[datetime], Awaitable[str]]:
        """Return the job that sends what is written at its moment."""

        async def tell(moment: datetime) -> str:
            written = await asyncio.to_thread(write, moment)
            return f"{await self._send(written)} of {len(written)} told"

        return tell


def forget_updates(sessions: Sessions, moment: datetime, retention: timedelta) -> int:
    """Forget the updates that are done with, those given up too; returns how many."""
    kept = min(GIVEN_UP_KEPT, retention)
    return sessions.write(update_retention.forget, moment - SENT_KEPT, moment - kept)
