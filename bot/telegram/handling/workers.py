"""Take updates from the queue, answer them and send the replies; several processes may."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from telegram import Update
from telegram.error import InvalidToken

from bot.conversation.reply import Reply
from bot.observability import telemetry
from bot.observability.logs import name_requests
from bot.observability.redaction import withhold_words
from bot.stopping import repeat_during, sleep_until_stopped
from bot.telegram.errors import TokenRejected
from bot.telegram.handling import groups
from bot.telegram.handling.context import App, find_asker, find_place
from bot.telegram.handling.pending_reply import PendingReply
from bot.telegram.handling.reply_sender import (
    Sender,
    compute_index_pause,
    compute_pause,
    is_too_late,
)
from bot.telegram.incoming.decoding import decode_update
from bot.telegram.incoming.update_store import UpdateStore
from bot.telegram.outgoing.callback_answers import acknowledge
from bot.telegram.outgoing.reply_pieces import Piece
from bot.telegram.outgoing.send_errors import log_fields
from knowledge.backoff import Backoff
from knowledge.domain import Course
from knowledge.errors import DatabaseFailed, DecryptionFailed
from knowledge.update_queue.message_versions import VersionStatus
from knowledge.update_queue.queued_updates import LeasedUpdate

logger = logging.getLogger(__name__)

#: Concurrent updates, each of another person; those that wait for the model get placeholders.
AT_ONCE: Final = 64
#: Polling interval for updates that other processes stored or abandoned.
LOOK_SECONDS: Final = 0.5
#: Seconds that a stop waits for running updates; with the last acknowledgement it takes ten.
FAREWELL_SECONDS: Final = 8.0
#: Attempts to find an answer before the person is told that it failed.
ANSWER_TRIES: Final = 3
#: An update during which this many processes died is suspected of killing them.
DEADLY_TRIES: Final = 10
# The longest is shorter than the idle time after which /healthz reports a hanging loop.
_BACKOFF: Final = Backoff(timedelta(seconds=1), timedelta(seconds=15))
_RENEWALS: Final = 4


@dataclass(frozen=True, slots=True)
class Share:
    """How a process leaves others their share of the updates.

    It holds up to ``at_once`` and takes up to ``step`` at a time. In between it waits ``pause_s``
    for each that it holds: who has less to do comes first.
    """

    at_once: int
    step: int
    pause_s: float = 0.02


class Workers:
    """Takes updates and answers each in a task of its own, until ``stop`` is called."""

    def __init__(
        self,
        application: App,
        update_store: UpdateStore,
        placeholder_seconds: float,
        patience: float,
        share: Share | None = None,
        note_looked: Callable[[], None] = lambda: None,
    ) -> None:
        """``share`` is what this process takes if others answer too; else it takes all it can."""
        self._share, self._note_looked = share or Share(AT_ONCE, AT_ONCE, 0.0), note_looked
        self._application, self._update_store = application, update_store
        self._state = application.bot_data
        self._sender = Sender(
            application.bot,
            update_store,
            self._state.pacer,
            self._state.window,
            partial(groups.move, self._state),
        )
        self._placeholder_seconds, self._patience = placeholder_seconds, patience
        self._in_hand: dict[int, asyncio.Task[None]] = {}
        self._wake, self._stop = asyncio.Event(), asyncio.Event()
        self._locked_out = False

    def wake(self) -> None:
        """Check the queue now."""
        self._wake.set()

    def stop(self) -> None:
        """Make ``run`` take no more updates, finish the running ones and return."""
        self._stop.set()
        self._wake.set()

    async def run(self) -> None:
        """Answer until ``stop``. Raises ``TokenRejected`` if the token is no longer accepted."""
        failures = 0
        async with repeat_during(self._renew, self._update_store.lease.total_seconds() / _RENEWALS):
            try:
                while not self._stop.is_set() and not self._locked_out:
                    self._wake.clear()
                    telemetry.note_inbox_checked()
                    self._note_looked()
                    try:
                        taken = await self._take()
                        failures, pause_s = 0, LOOK_SECONDS
                    except Exception as error:  # noqa: BLE001 - logged; a bad moment is outlived
                        pause_s = _BACKOFF.pause(failures).total_seconds()
                        failures += 1
                        _log_broken("inbox_unreadable", error)
                        taken = False
                    if not taken:
                        await sleep_until_stopped(pause_s, self._wake)
                    elif pause_s := self._share.pause_s * len(self._in_hand):
                        await sleep_until_stopped(pause_s, self._stop)
            finally:
                await self._shut_down()
        if self._locked_out:
            raise TokenRejected

    async def _take(self) -> bool:
        """Take as many updates as there is room for; returns whether any was taken."""
        room = min(self._share.at_once - len(self._in_hand), self._share.step)
        taken = await self._update_store.take(room, list(self._in_hand)) if room else []
        if room:
            self._state.window.reopen()
        for each in taken:
            with name_requests(f"update {each.id}"):
                task = asyncio.create_task(self._serve(each))
            self._in_hand[each.id] = task
            task.add_done_callback(partial(self._finish_task, each.id))
        return bool(taken)

    def _finish_task(self, number: int, _: asyncio.Task[None]) -> None:
        del self._in_hand[number]
        # The person's next update may be taken now.
        self.wake()

    async def _serve(self, taken: LeasedUpdate) -> None:
        """Process one update as far as possible; after any error it is retried."""
        try:
            with withhold_words(self._words(taken)):
                wait = await self._answer_and_send(taken)
        except InvalidToken:
            self._locked_out = True
            self.wake()
            return
        except Exception as error:  # noqa: BLE001 - the last line of defence: logged, tried again
            _log_broken("update_broken", error, taken.id)
            wait = await self._handle_error(taken, error)
        if wait is not None:
            asyncio.get_running_loop().call_later(wait.total_seconds(), self.wake)

    def _words(self, taken: LeasedUpdate) -> object:
        """Return an update's content; empty if it cannot be decrypted, which the step reports."""
        with contextlib.suppress(DecryptionFailed, ValueError):
            return self._update_store.decrypt(taken)
        return None

    async def _handle_error(self, taken: LeasedUpdate, error: Exception) -> timedelta | None:
        """Schedule a retry after an error: limited attempts, unless the database failed."""
        name = type(error).__name__
        try:
            if taken.tries >= ANSWER_TRIES and not isinstance(error, DatabaseFailed):
                await self._update_store.give_up(taken, f"broken: {name}")
                return None
            wait = compute_pause(taken.tries)
            await self._update_store.put_back(taken, wait, name)
        except Exception as second:  # noqa: BLE001 - its lease ends by itself
            _log_broken("update_not_put_back", second, taken.id)
            return None
        return wait

    async def _answer_and_send(self, taken: LeasedUpdate) -> timedelta | None:
        """Answer and send; returns a pause if the update has to be retried."""
        pieces = self._update_store.reply(taken)
        if taken.course is Course.WATCH and self._is_left_unsaid(taken):
            await self._update_store.give_up(taken, "left unsaid")
            return None
        if pieces is None:
            if taken.version.status is not VersionStatus.NEW:
                version = taken.version.status.name.lower()
                logger.info("update_passed_over", extra={"update_id": taken.id, "version": version})
                await self._update_store.finish(taken)
                return None
            try:
                update = decode_update(self._update_store.decrypt(taken), self._application.bot)
            except Exception as error:  # noqa: BLE001 - whatever PTB trips over; an admin will see
                logger.error(
                    "update_given_up", extra={"update_id": taken.id, "error": type(error).__name__}
                )
                await self._update_store.give_up(taken, f"not understood: {type(error).__name__}")
                return None
            answered = await self._answer(taken, update)
            if isinstance(answered, timedelta):
                return answered
            taken, pieces = answered
            if not pieces:
                return None
        return await self._sender.send(taken, pieces)

    def _is_left_unsaid(self, taken: LeasedUpdate) -> bool:
        """Whether to drop an unasked reply: it may have been sent, answering failed, or it is late.

        If the reply is stored, ``tries`` counts failed attempts to send it.
        """
        broke = taken.repeats or (taken.reply is None and taken.tries)
        return bool(broke) or self._update_store.clock() - taken.arrived_at > groups.FRESH

    async def _answer(
        self, taken: LeasedUpdate, update: Update
    ) -> tuple[LeasedUpdate, tuple[Piece, ...]] | timedelta:
        """Return the stored reply (empty: nothing to send), or a pause if answering failed."""
        course, error = taken.course, None
        pending = self._make_pending_reply(taken)
        if taken.tries >= DEADLY_TRIES:
            course, error = Course.APOLOGISE, f"{taken.tries} processes died while answering it"
        elif course is Course.WATCH:
            await groups.look(self._state, update, pending)
        elif course is Course.ANSWER:
            with self._state.holding(taken.id, pending):
                await self._application.process_update(update)
            if pending.failure is not None and not pending.pieces:
                late = is_too_late(taken.arrived_at, self._update_store.clock())
                if pending.index_failed and not late:
                    wait = compute_index_pause(pending.waited)
                    await self._update_store.put_back(taken, wait, pending.failure, counts=False)
                    return wait
                if taken.tries + 1 < ANSWER_TRIES:
                    wait = compute_pause(taken.tries)
                    await self._update_store.put_back(taken, wait, pending.failure)
                    return wait
                course, error = Course.APOLOGISE, f"not answered: {pending.failure}"
        if course not in (Course.ANSWER, Course.WATCH):
            await self._send_refusal(update, course, pending)
        pieces = tuple(pending.pieces)
        if not pieces:
            if error is None:
                await self._update_store.finish(taken)
            else:
                await self._update_store.give_up(taken, error)
            return taken, ()
        kept = await self._update_store.answer(taken, pieces, course, error)
        if kept is None:
            logger.warning("lease_lost", extra={"update_id": taken.id})
            return taken, ()
        return kept, pieces

    def _make_pending_reply(self, taken: LeasedUpdate) -> PendingReply:
        waited = (self._update_store.clock() - taken.arrived_at).total_seconds()
        due = asyncio.get_running_loop().time() + max(0.0, self._placeholder_seconds - waited)

        async def note(message_id: int) -> None:
            await self._update_store.place(taken, message_id)

        standing = taken.placeholder
        if standing is None and taken.course is Course.ANSWER:
            # A refusal is not an answer to the edited message: it replaces none.
            standing = taken.version.answer
        placeholder = None if standing is None else int(standing)
        return PendingReply(due, placeholder, note, waited=waited)

    async def _send_refusal(self, update: Update, course: Course, pending: PendingReply) -> None:
        """Tell the person why they are not answered."""
        place, asker = find_place(update), find_asker(update)
        if place is None or asker is None:
            return
        if update.callback_query is not None:
            await acknowledge(update.callback_query)
        talk = self._state.talk
        words = {
            Course.SLOW_DOWN: talk.slow_down,
            Course.BUSY: talk.busy,
            Course.APOLOGISE: talk.failure,
        }[course]
        loop = asyncio.get_running_loop()
        reply: Reply = await loop.run_in_executor(self._state.quick, words, asker)
        pending.say(reply, place)

    async def _renew(self) -> None:
        """Renew the leases of running updates."""
        if not self._in_hand:
            return
        try:
            await self._update_store.renew(list(self._in_hand))
        except Exception as error:  # noqa: BLE001 - logged; it is renewed again soon
            _log_broken("lease_not_renewed", error)

    async def _shut_down(self) -> None:
        """Let running updates finish; release the others to other processes or the next start."""
        if self._in_hand:
            _, late = await asyncio.wait(self._in_hand.values(), timeout=self._patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        try:
            await self._update_store.release()
        except Exception as error:  # noqa: BLE001 - the leases end by themselves
            _log_broken("leases_not_released", error)


@contextlib.asynccontextmanager
async def run_workers(workers: Workers, stop: asyncio.Event) -> AsyncIterator[None]:
    """Run ``workers`` while the body runs, which ends when ``stop`` is set.

    At the end running updates are finished. Raises ``TokenRejected`` as ``Workers.run``, which
    sets ``stop``.
    """
    running = asyncio.create_task(workers.run())
    running.add_done_callback(lambda _: stop.set())
    try:
        yield
    finally:
        workers.stop()
        await running


def _log_broken(event: str, error: BaseException, update_id: int | None = None) -> None:
    logger.error(event, extra={"update_id": update_id, **log_fields(error)})
