"""Updates out of the inbox: taken in turn, answered, sent. Several processes may do so at once."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Final

from telegram import Update
from telegram.error import InvalidToken

from bot.conversation.reply import Reply
from bot.observability import telemetry
from bot.observability.logs import request
from bot.observability.redaction import words_in_hand
from bot.stopping import repeating, rest
from bot.telegram.errors import TokenRejected
from bot.telegram.handling import groups
from bot.telegram.handling.context import App, asker_of, place_of
from bot.telegram.handling.pending_reply import PendingReply
from bot.telegram.handling.reply_sender import Sender, is_too_late, pause, pause_for_index
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

#: Updates in hand at once, each of another person: those that wait for the model get placeholders.
AT_ONCE: Final = 64
#: How often is looked for what other processes stored or left behind.
LOOK_SECONDS: Final = 0.5
#: How long a stop waits for what is in hand; with the last acknowledgement it takes ten.
FAREWELL_SECONDS: Final = 8.0
#: How often finding an answer is tried before the person is told that it failed.
ANSWER_TRIES: Final = 3
#: An update in whose hand so many processes died is suspected of killing them.
DEADLY_TRIES: Final = 10
# The longest is shorter than a silence that /healthz takes for a loop that hangs.
_BACKOFF: Final = Backoff(timedelta(seconds=1), timedelta(seconds=15))
_RENEWALS: Final = 4


class Workers:
    """Takes updates and answers each in a task of its own, until told to stop."""

    def __init__(
        self,
        application: App,
        update_store: UpdateStore,
        placeholder_seconds: float,
        patience: float,
    ) -> None:
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
        """Have the inbox looked through now."""
        self._wake.set()

    def stop(self) -> None:
        """Have ``run`` take nothing more, finish what is in hand and end."""
        self._stop.set()
        self._wake.set()

    async def run(self) -> None:
        """Answer until ``stop``. Raises ``TokenRejected`` when the token is accepted no more."""
        failures = 0
        async with repeating(self._renew, self._update_store.lease.total_seconds() / _RENEWALS):
            try:
                while not self._stop.is_set() and not self._locked_out:
                    self._wake.clear()
                    telemetry.note_inbox_checked()
                    try:
                        taken = await self._take()
                        failures, pause_s = 0, LOOK_SECONDS
                    except Exception as error:  # noqa: BLE001 - logged; a bad moment is outlived
                        pause_s = _BACKOFF.pause(failures).total_seconds()
                        failures += 1
                        _log_broken("inbox_unreadable", error)
                        taken = False
                    if not taken:
                        await rest(pause_s, self._wake)
            finally:
                await self._farewell()
        if self._locked_out:
            raise TokenRejected

    async def _take(self) -> bool:
        """Take what fits into the hand; returns whether anything was taken."""
        room = AT_ONCE - len(self._in_hand)
        taken = await self._update_store.take(room, list(self._in_hand)) if room else []
        for each in taken:
            with request(f"update {each.id}"):
                task = asyncio.create_task(self._serve(each))
            self._in_hand[each.id] = task
            task.add_done_callback(partial(self._served, each.id))
        return bool(taken)

    def _served(self, number: int, _: asyncio.Task[None]) -> None:
        del self._in_hand[number]
        # The person's next one may be taken now.
        self.wake()

    async def _serve(self, taken: LeasedUpdate) -> None:
        """See one update through as far as it goes; whatever breaks, it is taken again."""
        try:
            with words_in_hand(self._words(taken)):
                wait = await self._step(taken)
        except InvalidToken:
            self._locked_out = True
            self.wake()
            return
        except Exception as error:  # noqa: BLE001 - the last line of defence: logged, tried again
            _log_broken("update_broken", error, taken.id)
            wait = await self._broken(taken, error)
        if wait is not None:
            asyncio.get_running_loop().call_later(wait.total_seconds(), self.wake)

    def _words(self, taken: LeasedUpdate) -> object:
        """Return what an update says, nothing where that cannot be read: a step will find out."""
        with contextlib.suppress(DecryptionFailed, ValueError):
            return self._update_store.opened(taken)
        return None

    async def _broken(self, taken: LeasedUpdate, error: Exception) -> timedelta | None:
        """Have an update tried again after whatever broke; a few times, unless the database did."""
        name = type(error).__name__
        try:
            if taken.tries >= ANSWER_TRIES and not isinstance(error, DatabaseFailed):
                await self._update_store.give_up(taken, f"broken: {name}")
                return None
            wait = pause(taken.tries)
            await self._update_store.put_back(taken, wait, name)
        except Exception as second:  # noqa: BLE001 - its lease ends by itself
            _log_broken("update_not_put_back", second, taken.id)
            return None
        return wait

    async def _step(self, taken: LeasedUpdate) -> timedelta | None:
        """Answer and send; returns a pause after which it is to be taken again."""
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
                update = decode_update(self._update_store.opened(taken), self._application.bot)
            except Exception as error:  # noqa: BLE001 - whatever PTB trips over; an admin will see
                logger.error(
                    "update_given_up", extra={"update_id": taken.id, "error": type(error).__name__}
                )
                await self._update_store.give_up(taken, f"not understood: {type(error).__name__}")
                return None
            answered = await self._answered(taken, update)
            if isinstance(answered, timedelta):
                return answered
            taken, pieces = answered
            if not pieces:
                return None
        return await self._sender.send(taken, pieces)

    def _is_left_unsaid(self, taken: LeasedUpdate) -> bool:
        """Whether silence is better than what nobody asked for: it may be there, broke or is late.

        ``tries`` of a reply that is kept are its sendings, of which none arrived.
        """
        broke = taken.repeats or (taken.reply is None and taken.tries)
        return bool(broke) or self._update_store.clock() - taken.arrived_at > groups.FRESH

    async def _answered(
        self, taken: LeasedUpdate, update: Update
    ) -> tuple[LeasedUpdate, tuple[Piece, ...]] | timedelta:
        """Return the reply, kept by now (empty: nothing is to be sent); a pause if it failed."""
        course, error = taken.course, None
        pending = self._hand(taken)
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
                    wait = pause_for_index(pending.waited)
                    await self._update_store.put_back(taken, wait, pending.failure, counts=False)
                    return wait
                if taken.tries + 1 < ANSWER_TRIES:
                    wait = pause(taken.tries)
                    await self._update_store.put_back(taken, wait, pending.failure)
                    return wait
                course, error = Course.APOLOGISE, f"not answered: {pending.failure}"
        if course not in (Course.ANSWER, Course.WATCH):
            await self._tell(update, course, pending)
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

    def _hand(self, taken: LeasedUpdate) -> PendingReply:
        waited = (self._update_store.clock() - taken.arrived_at).total_seconds()
        due = asyncio.get_running_loop().time() + max(0.0, self._placeholder_seconds - waited)

        async def note(message_id: int) -> None:
            await self._update_store.place(taken, message_id)

        standing = taken.placeholder
        if standing is None and taken.course is Course.ANSWER:
            # A refusal is no answer to what was edited: it takes the place of none.
            standing = taken.version.answer
        placeholder = None if standing is None else int(standing)
        return PendingReply(due, placeholder, note, waited=waited)

    async def _tell(self, update: Update, course: Course, pending: PendingReply) -> None:
        """Have the person told that they are not answered, and why."""
        place, asker = place_of(update), asker_of(update)
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
        """Keep what is in hand for as long as this process lives."""
        if not self._in_hand:
            return
        try:
            await self._update_store.renew(list(self._in_hand))
        except Exception as error:  # noqa: BLE001 - logged; it is renewed again soon
            _log_broken("lease_not_renewed", error)

    async def _farewell(self) -> None:
        """Let what is in hand finish; the rest is another process's, or the next start's."""
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
    """Have ``workers`` answer for as long as the body takes, which ends when ``stop`` is set.

    At the end what is in hand is finished. Raises ``TokenRejected`` as ``Workers.run``, which sets
    ``stop``.
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
