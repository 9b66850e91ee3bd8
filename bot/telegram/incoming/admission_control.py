"""Decide whether an update is answered, refused with a message, or dropped (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.telegram.outgoing.rate_limits import Limits, Meter
from knowledge.domain import Course
from knowledge.update_queue.shared_rate_limits import Place, Turn

#: The kinds of limits by which processes share them.
_PEOPLE, _GROUPS, _TYPED = "person", "group", "inline"
_WATCHED, _TOLD = "watched", "refusals"


@dataclass(frozen=True, slots=True)
class Admission:
    """An update's course, and the turns it took.

    If other processes have used up those turns, the update is refused, which takes the turn
    ``refusal``; without one it is dropped.
    """

    course: Course
    turns: tuple[Turn, ...]
    refusal: Turn | None = None


class AdmissionControl:
    """Decides the course of each incoming update by rate limits. Not thread-safe.

    Where several processes share the limits, this is what one of them knows of them.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._people = Meter(limits.person_per_minute / 60, limits.person_burst, _PEOPLE)
        self._groups = Meter(limits.group_per_minute / 60, limits.group_burst, _GROUPS)
        self._typed = Meter(limits.typed_per_minute / 60, limits.typed_burst, _TYPED)
        self._watched = Meter(limits.watched_per_minute / 60, limits.watched_burst, _WATCHED)
        # A person is told once, then nothing for a while.
        self._told = Meter(1 / limits.told_s, 1, _TOLD)
        self._meters: Final = {
            _PEOPLE: self._people,
            _GROUPS: self._groups,
            _TYPED: self._typed,
            _WATCHED: self._watched,
            _TOLD: self._told,
        }

    def decide(self, person: str, group: str | None, waiting: int, now: float) -> Admission | None:
        """Decide about an update; None to drop it silently.

        ``group`` is the group it was sent in, ``waiting`` how many updates wait for an answer.
        """
        refusal = self._refusal(person, group, waiting, now)
        where = person if group is None else group
        told = self._told.turn(where)
        if refusal is None:
            self._people.take(person, now)
            turns: tuple[Turn, ...] = (self._people.turn(person),)
            if group is not None:
                self._groups.take(group, now)
                turns = (*turns, self._groups.turn(group))
            return Admission(Course.ANSWER, turns, told)
        if self._told.wait(where, now):
            return None
        self._told.take(where, now)
        return Admission(refusal, (told,))

    def decide_inline_query(self, person: str, waiting: int, now: float) -> Admission | None:
        """Decide about an inline query; None to drop it.

        It has a limit of its own and no refusal: each further keystroke is a new query.
        """
        if self._typed.wait(person, now) or waiting >= self._limits.waiting:
            return None
        self._typed.take(person, now)
        return Admission(Course.ANSWER, (self._typed.turn(person),))

    def decide_watched(self, group: str, waiting: int, now: float) -> Admission | None:
        """Decide about a watched group's message: checked, or None to drop it.

        It counts against the group's limit for watched messages only.
        """
        if waiting >= self._limits.watched_waiting or self._watched.wait(group, now):
            return None
        self._watched.take(group, now)
        return Admission(Course.WATCH, (self._watched.turn(group),))

    def learn(self, even_at: Mapping[Place, float], now: float) -> None:
        """Take over what all processes together used up."""
        for (kind, key), even in even_at.items():
            if kind in self._meters:
                self._meters[kind].learn(key, even, now)

    def is_full(self, waiting: int) -> bool:
        """Whether the queue is full."""
        return waiting >= min(self._limits.waiting, self._limits.watched_waiting)

    def _refusal(self, person: str, group: str | None, waiting: int, now: float) -> Course | None:
        if self._people.wait(person, now):
            return Course.SLOW_DOWN
        if group is not None and self._groups.wait(group, now):
            return Course.SLOW_DOWN
        return Course.BUSY if waiting >= self._limits.waiting else None
