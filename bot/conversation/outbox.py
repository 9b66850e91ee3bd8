"""Queue notifications for the channel that delivers them, one at a time."""

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

#: Lease of a notification; sending one never takes as long. If its process dies, another one takes
#: it when the lease ends, or as soon as ``lease_recovery`` finds the process dead.
LEASE: Final = timedelta(minutes=2)
BACKOFF: Final = Backoff(timedelta(seconds=5), timedelta(hours=1))
#: Attempts before a notification is given up: more than a day at the longest pauses.
MAX_TRIES: Final = 40
#: The recorded error of a notification whose address was deleted.
NO_ADDRESS: Final = "no address of the person is known"
#: Characters of an error that are stored.
_ERROR: Final = 200


@dataclass(frozen=True, slots=True)
class OutgoingNotification:
    """A composed notification and the channel's address it goes to.

    ``relation`` is the statement's relation to the claim, if it is an answer.
    """

    id: int
    address: str
    reply: Reply
    tries: int
    relation: Relation | None = None


class NotificationQueue(Protocol):
    """Notifications for a channel to deliver. Calls may block (database): call off the loop."""

    def take(self) -> OutgoingNotification | None:
        """Lease the next due notification for ``LEASE``; None if none is due."""

    def record_sent(self, notification: OutgoingNotification) -> None:
        """Record that a notification was delivered: it is never taken again."""

    def record_failure(
        self, notification: OutgoingNotification, error: str, pause: timedelta | None = None
    ) -> None:
        """Schedule another attempt, after ``pause`` if the channel asked for one."""

    def mark_unreachable(self, notification: OutgoingNotification, error: str) -> None:
        """Give up a notification: the person cannot be written to."""


class Outbox:
    """Implements ``NotificationQueue`` over the notifications that ``knowledge`` stores."""

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
        """Lease the longest-due notification that can be sent; give up those that cannot."""
        while (told := self._lease()) is not None:
            if told.address is None:
                self._give_up(told.id, NO_ADDRESS)
                continue
            try:
                address = people.decrypt_address(told.address, self._secret)
            except AddressUnreadable as error:
                # Encrypted with another key, which may be restored: keep it for then.
                self._postpone(told.id, BACKOFF.longest, str(error))
                continue
            calendar = told.calendar or Calendar.INTERNATIONAL
            words = load_catalogue(find_language(told.language), calendar)
            said = None if isinstance(told, RejectionNotice) else told.relation
            return OutgoingNotification(
                told.id, address, compose_notification(told, self._today(), words), told.tries, said
            )
        return None

    def record_sent(self, notification: OutgoingNotification) -> None:
        """Record that a notification was delivered."""
        self._sessions.write(
            pending_notifications.mark_sent, notification.id, notification.relation
        )

    def record_failure(
        self, notification: OutgoingNotification, error: str, pause: timedelta | None = None
    ) -> None:
        """Schedule another attempt with growing pauses; give up after ``MAX_TRIES``."""
        if notification.tries >= MAX_TRIES and pause is None:
            self._give_up(notification.id, error)
            return
        wait = BACKOFF.pause(notification.tries) if pause is None else pause
        self._postpone(notification.id, wait, error)

    def mark_unreachable(self, notification: OutgoingNotification, error: str) -> None:
        """Give up a notification."""
        self._give_up(notification.id, error)

    def _lease(self) -> DueNotification | RejectionNotice | None:
        now = self._now()
        return self._sessions.write(delivery.lease, now, now + LEASE, self._holder)

    def _postpone(self, number: int, pause: timedelta, error: str) -> None:
        until = self._now() + pause
        self._sessions.write(pending_notifications.postpone, number, until, error[:_ERROR])

    def _give_up(self, number: int, error: str) -> None:
        self._sessions.write(pending_notifications.mark_unreachable, number, error[:_ERROR])
        logger.info(
            "notification_given_up", extra={"notification": number, "error": error[:_ERROR]}
        )
