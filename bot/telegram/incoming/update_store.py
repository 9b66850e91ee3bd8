"""Use the durable update queue from the event loop: encrypted, in threads, with group commit.

Records of sent messages go first: until they are stored, a crash would send the message again.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
from asyncio import wrap_future
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.telegram.incoming.update_identity import MessageVersion
from bot.telegram.outgoing import reply_pieces
from bot.telegram.outgoing.reply_pieces import Piece
from knowledge.accounts import people
from knowledge.domain import Course, now
from knowledge.storage.database import Sessions
from knowledge.storage.encryption import Cipher
from knowledge.storage.group_commit import GroupCommit
from knowledge.update_queue import queued_updates
from knowledge.update_queue.queued_updates import LeasedUpdate, NewUpdate, Stored
from knowledge.update_queue.shared_rate_limits import SharedRateLimits

#: Length of an update's lease, which is renewed four times within it. After a crash its updates
#: wait this long, unless a process starts on the same host earlier.
LEASE: Final = timedelta(seconds=10)


class UpdateStore:
    """One process's access to ``knowledge.update_queue.queued_updates``.

    Every method raises DatabaseFailed if the database fails.
    """

    def __init__(
        self,
        sessions: Sessions,
        secret: bytes,
        lease: timedelta = LEASE,
        clock: Callable[[], datetime] = now,
        holder: str | None = None,
    ) -> None:
        self.lease, self.clock = lease, clock
        self._secret, self._cipher = secret, Cipher(secret, "what arrived and is not answered yet")
        self._holder = holder or secrets.token_hex(16)
        #: Until when updates in hand are known to be leased, by number.
        self._held: dict[int, datetime] = {}
        self._sessions, self._commits = sessions, GroupCommit(sessions)

    def open_shared_limits(self) -> SharedRateLimits:
        """Return the rate limits that all processes of the database keep together."""
        return SharedRateLimits(self._sessions)

    def lane(self, number: int) -> str:
        """Return the lane of a person or a chat: the keyed hash of the id."""
        return people.person_key(self._secret, "telegram", number)

    def make_new_update(
        self,
        number: int,
        lane: str,
        update: Any,
        course: Course,
        wording: MessageVersion | None = None,
    ) -> NewUpdate:
        """Return an update's row, encrypted; only keyed hashes of its ``wording`` are stored."""
        payload = json.dumps(update, ensure_ascii=False).encode(errors="surrogatepass")
        arriving = NewUpdate(number, lane, self._cipher.encrypt(payload), course)
        if wording is None:
            return arriving
        message, content = f"message {wording.message}", wording.content
        # Hashed together with the message, so that equal words of two people differ.
        words = None if content is None else self._coded(f"{message} reads {content}")
        return replace(arriving, message_key=self._coded(message), content_key=words)

    def decrypt(self, taken: LeasedUpdate) -> Any:
        """Decrypt the raw update in ``taken``. Raises DecryptionFailed or ValueError."""
        return json.loads(self._cipher.decrypt(taken.payload).decode(errors="surrogatepass"))

    def reply(self, taken: LeasedUpdate) -> tuple[Piece, ...] | None:
        """Return the stored reply; None if there is none yet. Raises DecryptionFailed."""
        return None if taken.reply is None else reply_pieces.read(self._cipher.decrypt(taken.reply))

    async def store(self, arriving: Sequence[NewUpdate]) -> Stored:
        """Store incoming updates."""
        return await wrap_future(self._commits.do(queued_updates.store, arriving, self.clock()))

    async def count_waiting(self) -> int:
        """Return the number of unanswered updates."""
        return await wrap_future(self._commits.do(queued_updates.count_waiting))

    async def take(self, limit: int, in_hand: Collection[int]) -> list[LeasedUpdate]:
        """Lease up to ``limit`` due updates, besides those in hand."""
        at = self.clock()
        until = at + self.lease
        taken = await wrap_future(
            self._commits.do(queued_updates.lease, self._holder, at, until, limit, in_hand)
        )
        kept = {number: self._held[number] for number in in_hand if number in self._held}
        self._held = kept | {each.id: until for each in taken}
        return taken

    async def renew(self, in_hand: Collection[int]) -> None:
        """Renew the leases of updates in hand, except lost ones."""
        until = self.clock() + self.lease
        renewed = await wrap_future(
            self._commits.do(queued_updates.renew, self._holder, in_hand, until)
        )
        self._held |= dict.fromkeys(renewed, until)

    async def still_holds(self, taken: LeasedUpdate) -> bool:
        """Whether no other process can have taken an update, nor will in the next moments.

        The database is asked only if the lease was not renewed for long: it was away, or this
        process was.
        """
        if self._is_known_held(taken.id):
            return True
        await self.renew([taken.id])
        return self._is_known_held(taken.id)

    def _is_known_held(self, number: int) -> bool:
        until = self._held.get(number)
        return until is not None and self.clock() + self.lease / 4 < until

    async def place(self, taken: LeasedUpdate, message_id: int) -> None:
        """Record the placeholder's message id."""
        await wrap_future(
            self._commits.do_urgently(queued_updates.place, taken.id, self._holder, str(message_id))
        )

    async def answer(
        self, taken: LeasedUpdate, reply: Sequence[Piece], course: Course, error: str | None
    ) -> LeasedUpdate | None:
        """Store the reply; returns None if another process has leased the update since."""
        sealed = self._cipher.encrypt(reply_pieces.write(reply))
        kept = await wrap_future(
            self._commits.do(queued_updates.answer, taken.id, self._holder, sealed, course, error)
        )
        return replace(taken, reply=sealed, course=course, progress=0, tries=0) if kept else None

    async def advance(
        self, taken: LeasedUpdate, reply: Sequence[Piece], progress: int, stands: int | None = None
    ) -> bool:
        """Record how many pieces are sent, and the answer's message id ``stands`` if it is new."""
        sealed, at = self._cipher.encrypt(reply_pieces.write(reply)), _named(stands)
        return await wrap_future(
            self._commits.do_urgently(
                queued_updates.advance, taken.id, self._holder, sealed, progress, at
            )
        )

    async def finish(self, taken: LeasedUpdate, stands: int | None = None) -> bool:
        """Record that the reply is sent, and the answer's message id (``stands``) if it is new."""
        at = _named(stands)
        return await wrap_future(
            self._commits.do_urgently(
                queued_updates.finish, taken.id, self._holder, self.clock(), at
            )
        )

    async def drop(self, taken: LeasedUpdate, error: str) -> bool:
        """Drop an update: nobody is left to answer."""
        return await wrap_future(
            self._commits.do(queued_updates.drop, taken.id, self._holder, error, self.clock())
        )

    async def give_up(self, taken: LeasedUpdate, error: str) -> bool:
        """Give an update up, for an admin to see."""
        return await wrap_future(
            self._commits.do(queued_updates.give_up, taken.id, self._holder, error, self.clock())
        )

    async def put_back(
        self,
        taken: LeasedUpdate,
        pause: timedelta,
        error: str | None = None,
        repeat: bool = False,
        *,
        counts: bool = True,
    ) -> bool:
        """Schedule a retry after a pause; ``counts`` as in ``queued_updates``."""
        until, holder = self.clock() + pause, self._holder
        return await wrap_future(
            self._commits.do(
                queued_updates.put_back, taken.id, holder, until, error, repeat, counts=counts
            )
        )

    async def release(self) -> None:
        """Release all leases, so that another process may take the updates at once."""
        await wrap_future(self._commits.do(queued_updates.release, self._holder))

    async def close(self) -> None:
        """Close after all pending writes are committed."""
        await asyncio.to_thread(self._commits.close)

    def _coded(self, text: str) -> str:
        plain = text.encode(errors="surrogatepass")
        return hmac.new(self._secret, plain, hashlib.sha256).hexdigest()


def _named(message_id: int | None) -> str | None:
    return None if message_id is None else str(message_id)
