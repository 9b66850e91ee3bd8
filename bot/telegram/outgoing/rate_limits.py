"""Limit rates with the generic cell rate algorithm: Telegram's limits and our own (pure)."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final, Self

from knowledge.update_queue.shared_rate_limits import Turn, compute_wait

#: The part of each limit that a process keeps to alone while the limits cannot be shared.
_ALONE: Final = 0.25


@dataclass(frozen=True, slots=True)
class Limits:
    """Rate limits of a person, a chat and the whole bot.

    The first five are Telegram's (https://core.telegram.org/bots/faq, "My bot is hitting limits"),
    for what the bot sends. Short bursts into one chat are allowed, as Telegram does.
    """

    sends_per_second: float = 30.0
    sends_burst: int = 30
    chat_sends_per_second: float = 1.0
    chat_burst: int = 4
    group_sends_per_minute: float = 20.0
    #: Messages that may be sent but not yet recorded: the most that a crash can repeat. At a tenth
    #: of a second each they allow Telegram's 30 a second.
    unrecorded: int = 3
    #: Answered messages of one person: burst, then per minute.
    person_burst: int = 15
    person_per_minute: float = 20.0
    #: The same for a group, all members together.
    group_burst: int = 10
    group_per_minute: float = 15.0
    #: Inline queries of one person: clients send about two a second.
    typed_burst: int = 20
    typed_per_minute: float = 120.0
    #: Messages of a watched group that are checked unasked; more are dropped.
    watched_burst: int = 20
    watched_per_minute: float = 30.0
    #: Waiting updates above which unasked checks are dropped: people who ask go first.
    watched_waiting: int = 16
    #: Maximum waiting updates; people beyond are told that too many ask.
    waiting: int = 1000
    #: Seconds in which a person gets only one refusal.
    told_s: float = 60.0

    def alone(self) -> Self:
        """Return the limits on what is sent for a process that does not know the others' sends."""
        return replace(
            self,
            sends_per_second=self.sends_per_second * _ALONE,
            sends_burst=max(1, round(self.sends_burst * _ALONE)),
            chat_sends_per_second=self.chat_sends_per_second * _ALONE,
            chat_burst=1,
            group_sends_per_minute=self.group_sends_per_minute * _ALONE,
        )


class Meter:
    """Limits events per key in this process: a burst at first, then a rate per second.

    It stores one number per key, the theoretical arrival time of the generic cell rate algorithm
    (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). Where several processes share the
    limit (``kind`` names it there), it holds what this one knows of it.
    """

    def __init__(self, per_second: float, burst: int, kind: str = "") -> None:
        self._kind, self._interval = kind, 1.0 / per_second
        self._slack = (burst - 1) * self._interval
        # Least recently used first.
        self._even: OrderedDict[str, float] = OrderedDict()

    def turn(self, key: str) -> Turn:
        """Return an event of ``key`` as it counts against the shared limit."""
        return Turn(self._kind, key, self._interval, self._slack)

    def wait(self, key: str, now: float) -> float:
        """Return the seconds until the next event is allowed; 0 if it is allowed now."""
        even = self._even.get(key)
        return 0.0 if even is None else compute_wait(even, self._slack, now)

    def take(self, key: str, now: float) -> float:
        """Count an event at its allowed time; returns the seconds until then."""
        wait = self.wait(key, now)
        self.learn(key, max(self._even.get(key, now), now) + self._interval, now)
        return wait

    def hold(self, key: str, until: float, now: float) -> float:
        """Allow no event of ``key`` before a moment, and no burst then; returns when it is even."""
        even = max(self._even.get(key, now), until + self._slack)
        self.learn(key, even, now)
        return even

    def learn(self, key: str, even_at: float, now: float) -> None:
        """Set when nothing of a key's limit is used up any more."""
        self._even[key] = even_at
        self._even.move_to_end(key)
        self._forget(now)

    def _forget(self, now: float) -> None:
        """Drop keys without a debt, a few at a time so that it never takes long."""
        for _ in range(2):
            key = next(iter(self._even), None)
            if key is None or self._even[key] > now:
                return
            del self._even[key]
