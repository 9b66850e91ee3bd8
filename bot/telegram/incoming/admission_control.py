"""Decide whether an update is answered, refused with a message, or dropped (pure)."""

from bot.telegram.outgoing.rate_limits import Limits, Meter
from knowledge.domain import Course


class AdmissionControl:
    """Decides the course of each incoming update by rate limits. Not thread-safe."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._people = Meter(limits.person_per_minute / 60, limits.person_burst)
        self._groups = Meter(limits.group_per_minute / 60, limits.group_burst)
        self._typed = Meter(limits.typed_per_minute / 60, limits.typed_burst)
        self._watched = Meter(limits.watched_per_minute / 60, limits.watched_burst)
        # A person is told once, then nothing for a while.
        self._told = Meter(1 / limits.told_s, 1)

    def decide(self, person: str, group: str | None, waiting: int, now: float) -> Course | None:
        """Return an update's course; None to drop it silently.

        ``group`` is the group it was sent in, ``waiting`` how many updates wait for an answer.
        """
        refusal = self._refusal(person, group, waiting, now)
        if refusal is None:
            self._people.take(person, now)
            if group is not None:
                self._groups.take(group, now)
            return Course.ANSWER
        where = person if group is None else group
        if self._told.wait(where, now):
            return None
        self._told.take(where, now)
        return refusal

    def decide_inline_query(self, person: str, waiting: int, now: float) -> Course | None:
        """Return an inline query's course; None to drop it.

        It has a limit of its own and no refusal: each further keystroke is a new query.
        """
        if self._typed.wait(person, now) or waiting >= self._limits.waiting:
            return None
        self._typed.take(person, now)
        return Course.ANSWER

    def decide_watched(self, group: str, waiting: int, now: float) -> Course | None:
        """Return the course of a watched group's message: checked, or None to drop it.

        It counts against the group's limit for watched messages only.
        """
        if waiting >= self._limits.watched_waiting or self._watched.wait(group, now):
            return None
        self._watched.take(group, now)
        return Course.WATCH

    def is_full(self, waiting: int) -> bool:
        """Whether the queue is full."""
        return waiting >= min(self._limits.waiting, self._limits.watched_waiting)

    def _refusal(self, person: str, group: str | None, waiting: int, now: float) -> Course | None:
        if self._people.wait(person, now):
            return Course.SLOW_DOWN
        if group is not None and self._groups.wait(group, now):
            return Course.SLOW_DOWN
        return Course.BUSY if waiting >= self._limits.waiting else None
