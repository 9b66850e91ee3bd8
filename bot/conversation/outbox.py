"""Give out what people are to be told unasked, letter by letter, to the channel that sends it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from bot.conversation.notification_texts import compose_notification
from bot.conversation.reply import Reply
from bot.conversation.translations import find_language, load_catalogue
from knowledge.accounts import people
from knowledge.backoff import Backoff
from knowledge.domain import Calendar, Relation
from knowledge.domain import now as this_moment
from knowledge.errors import AddressUnreadable
from knowledge.notifications.rejections import RejectionNotice
from knowledge.outbox import delivery, pending_notifications
from knowledge.outbox.pending_notifications import DueNotification
from knowledge.storage.database import Sessions

logger = logging.getLogger(__name__)

#: How long a letter is left to the process that took it: a sending never takes as long. One whose
#: process died is taken again afterwards, or as ``lease_recovery`` finds it dead.
LEASE: Final = timedelta(minutes=2)
BACKOFF: Final = Backoff(timedelta(seconds=5), timedelta(hours=1))
#: Tries after which a person is given up: more than a day of the longest pauses.
MAX_TRIES: Final = 40
#: What is kept of why somebody was given up whose address is gone.
NO_ADDRESS: Final = "no address of the person is known"
#: Characters that are kept of what a failure said.
_ERROR: Final = 200


@dataclass(frozen=True, slots=True)
class OutgoingNotification:
    """One notification in words, and the channel's address it goes to.

    ``relation`` is what it says of the claim, where it is an answer.
    """

    id: int
    address: str
    reply: Reply
    tries: int
    relation: Relation | None = None


class NotificationQueue(Protocol):
    """What a channel delivers. Every call may block (database): keep it off the loop."""

    def take(self) -> OutgoingNotification | None:
        """Return a letter that is due, None if none is; nobody else is handed it for ``LEASE``."""

    def sent(self, notification: OutgoingNotification) -> None:
        """Record that a letter was delivered: it is never handed out again."""

    def failed(
        self, notification: OutgoingNotification, error: str, pause: timedelta | None = None
    ) -> None:
        """Have a letter tried again, after ``pause`` where the channel asked for one."""

    def unreachable(self, notification: OutgoingNotification, error: str) -> None:
        """Give a letter up: the person cannot be written to."""


class Outbox:
    """Implements ``Post`` over the notifications that ``knowledge`` keeps."""

    def __init__(
        self,
        sessions: Sessions,
        secret: bytes,
        now: Callable[[], datetime] = this_moment,
        today: Callable[[], date] = lambda: datetime.now().astimezone().date(),
        holder: str | None = None,
    ) -> None:
        self._sessions, self._secret, self._holder = sessions, secret, holder
        self._now, self._today = now, today

    def take(self) -> OutgoingNotification | None:
        """Return the letter that is due longest and can be sent; others are given up on the way."""
        while (told := self._lease()) is not None:
            if told.address is None:
                self._give_up(told.id, NO_ADDRESS)
                continue
            try:
                address = people.decrypt_address(told.address, self._secret)
            except AddressUnreadable as error:
                # Another key may be put back: kept for then.
                self._postpone(told.id, BACKOFF.longest, str(error))
                continue
            calendar = told.calendar or Calendar.INTERNATIONAL
            words = load_catalogue(find_language(told.language), calendar)
            said = None if isinstance(told, RejectionNotice) else told.relation
            return OutgoingNotification(
                told.id, address, compose_notification(told, self._today(), words), told.tries, said
            )
        return None

    def sent(self, notification: OutgoingNotification) -> None:
        """Record that a letter was delivered."""
        self._sessions.write(
            pending_notifications.mark_sent, notification.id, notification.relation
        )

    def failed(
        self, notification: OutgoingNotification, error: str, pause: timedelta | None = None
    ) -> None:
        """Have a letter tried again, ever later; give it up after ``MAX_TRIES``."""
        if notification.tries >= MAX_TRIES and pause is None:
            self._give_up(notification.id, error)
            return
        wait = BACKOFF.pause(notification.tries) if pause is None else pause
        self._postpone(notification.id, wait, error)

    def unreachable(self, notification: OutgoingNotification, error: str) -> None:
        """Give a letter up."""
        self._give_up(notification.id, error)

    def _lease(self) -> DueNotification | RejectionNotice | None:
        now = self._now()
        return self._sessions.write(delivery.lease, now, now + LEASE, self._holder)

    def _postpone(self, number: int, pause: timedelta, error: str) -> None:
        until = self._now() + pause
        self._sessions.write(pending_notifications.postpone, number, until, error[:_ERROR])

    def _give_up(self, number: int, error: str) -> None:
        self._sessions.write(pending_notifications.mark_unreachable, number, error[:_ERROR])
        logger.info("letter_given_up", extra={"notification": number, "error": error[:_ERROR]})
