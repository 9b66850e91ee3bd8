"""Limit rates: how much is let through in a time, by Telegram's limits and our own (pure)."""

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a person, a chat and the whole bot may do in a time.

    The first five are Telegram's (https://core.telegram.org/bots/faq, "My bot is hitting limits"):
    what goes out is held to them. Short bursts into one chat are let through, as Telegram does.
    """

    sends_per_second: float = 30.0
    sends_burst: int = 30
    chat_sends_per_second: float = 1.0
    chat_burst: int = 4
    group_sends_per_minute: float = 20.0
    #: Messages under way, or there, that are not recorded as sent: no more are there twice after a
    #: kill. At a tenth of a second each they are Telegram's 30 a second.
    unrecorded: int = 3
    #: Messages of one person that are answered: so many at once, then so many a minute.
    person_burst: int = 15
    person_per_minute: float = 20.0
    #: The same for one group, all its members together.
    group_burst: int = 10
    group_per_minute: float = 15.0
    #: Queries while one person types in another chat: clients send about two a second.
    typed_burst: int = 20
    typed_per_minute: float = 120.0
    #: Messages of one watched group that are looked at though nobody asked: more are passed over.
    watched_burst: int = 20
    watched_per_minute: float = 30.0
    #: Updates that may wait before what nobody asked for is passed over: who asks goes first.
    watched_waiting: int = 16
    #: Updates that may wait at once; whoever comes after that is told that it is too many.
    waiting: int = 1000
    #: Seconds in which a person is told only once that they are not answered.
    told_s: float = 60.0


class Meter:
    """Lets so many a second through for each key, after a burst at first.

    What a key may do is one number: the moment at which all it did is evened out (the generic cell
    rate algorithm, https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm).
    """

    def __init__(self, per_second: float, burst: int) -> None:
        self._interval = 1.0 / per_second
        self._slack = (burst - 1) * self._interval
        # The least lately used comes first.
        self._even: OrderedDict[str, float] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """Return after how many seconds the next is let through; 0 where it is now."""
        even = self._even.get(key)
        return 0.0 if even is None else max(0.0, even - self._slack - now)

    def take(self, key: str, now: float) -> float:
        """Count one, when its turn comes; returns the seconds until then."""
        wait = self.wait(key, now)
        self._even[key] = max(self._even.pop(key, now), now) + self._interval
        self._forget(now)
        return wait

    def _forget(self, now: float) -> None:
        """Let go of keys that are even: a few at a time, so that it never takes long."""
        for _ in range(2):
            key = next(iter(self._even), None)
            if key is None or self._even[key] > now:
                return
            del self._even[key]
