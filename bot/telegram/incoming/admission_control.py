"""Decide whom to answer, whom to tell that they are not, and when that was said already (pure)."""

from bot.telegram.outgoing.rate_limits import Limits, Meter
from knowledge.domain import Course


class AdmissionControl:
    """Decides what becomes of each update when it comes in. Not for several threads at once."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._people = Meter(limits.person_per_minute / 60, limits.person_burst)
        self._groups = Meter(limits.group_per_minute / 60, limits.group_burst)
        self._typed = Meter(limits.typed_per_minute / 60, limits.typed_burst)
        self._watched = Meter(limits.watched_per_minute / 60, limits.watched_burst)
        # One is told, then nothing for a while: what they send meanwhile, they know about.
        self._told = Meter(1 / limits.told_s, 1)

    def course(self, person: str, group: str | None, waiting: int, now: float) -> Course | None:
        """Return what is to become of an update, None where it is dropped in silence.

        ``group`` is the group it was sent in, ``waiting`` how many wait for an answer already.
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

    def course_of_typing(self, person: str, waiting: int, now: float) -> Course | None:
        """Return what is to become of what a person types elsewhere, None where it is dropped.

        It costs nothing of what they may send, and nobody is told: who types on asks again.
        """
        if self._typed.wait(person, now) or waiting >= self._limits.waiting:
            return None
        self._typed.take(person, now)
        return Course.ANSWER

    def unasked(self, group: str, waiting: int, now: float) -> Course | None:
        """Return what is to become of a message that nobody asked about: looked at, or dropped.

        It counts against nobody's limits but its group's own for this.
        """
        if waiting >= self._limits.watched_waiting or self._watched.wait(group, now):
            return None
        self._watched.take(group, now)
        return Course.WATCH

    def turns_away(self, waiting: int) -> bool:
        """Whether somebody is turned away because so many wait already."""
        return waiting >= min(self._limits.waiting, self._limits.watched_waiting)

    def _refusal(self, person: str, group: str | None, waiting: int, now: float) -> Course | None:
        if self._people.wait(person, now):
            return Course.SLOW_DOWN
        if group is not None and self._groups.wait(group, now):
            return Course.SLOW_DOWN
        return Course.BUSY if waiting >= self._limits.waiting else None
