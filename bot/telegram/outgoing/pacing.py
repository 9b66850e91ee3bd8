"""Compute when a message may be sent within Telegram's rate limits (pure)."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.telegram.outgoing.rate_limits import Limits, Meter
from knowledge.update_queue.shared_rate_limits import Place, Turn

#: The key of the whole bot, and the kinds of limits by which processes share them.
_ALL: Final = ""
_SENDS, _PRIVATE, _GROUPS = "sends", "private_sends", "group_sends"


class Pacing:
    """Telegram's rate limits for one bot. Times are seconds of one clock.

    ``name`` returns a chat's key. Where several processes share the limits, this is what one of
    them knows of them; ``steps`` are the turns that it has to take.
    """

    def __init__(self, limits: Limits, name: Callable[[int], str] = str) -> None:
        self._name = name
        self._all = Meter(limits.sends_per_second, limits.sends_burst, _SENDS)
        self._private = Meter(limits.chat_sends_per_second, limits.chat_burst, _PRIVATE)
        self._groups = Meter(limits.group_sends_per_minute / 60, limits.chat_burst, _GROUPS)
        self._meters = {_SENDS: self._all, _PRIVATE: self._private, _GROUPS: self._groups}

    def wait(self, chat: int, now: float) -> float:
        """Return the seconds until a message to ``chat`` may be sent."""
        return max(self._wait_chat(chat, now), self._all.wait(_ALL, now))

    def take_chat(self, chat: int, now: float) -> float:
        """Take the chat's next slot; returns the seconds until then."""
        return self._meter(chat).take(self._name(chat), now)

    def take_all(self, now: float) -> float:
        """Take the bot's next slot, after the chat's; returns the seconds until then."""
        return self._all.take(_ALL, now)

    def steps(self, chat: int, now: float) -> tuple[tuple[Turn, ...], ...]:
        """Return the shared turns of a message: each step is taken, and waited for, at once.

        A chat that has to wait takes the bot's turn only then, so that it keeps no other waiting.
        """
        own, bots = self._meter(chat).turn(self._name(chat)), self._all.turn(_ALL)
        return ((own,), (bots,)) if self._wait_chat(chat, now) else ((own, bots),)

    def hold(self, chat: int, seconds: float, now: float) -> tuple[Place, float]:
        """Keep a pause that Telegram asked for; returns what it holds for, and until it is even.

        A private chat never reaches its own limit here, so a pause asked for there holds for the
        whole bot; one asked for in a group holds for that group.
        """
        kind, key = (_GROUPS, self._name(chat)) if _is_group(chat) else (_SENDS, _ALL)
        return (kind, key), self._meters[kind].hold(key, now + seconds, now)

    def learn(self, even_at: Mapping[Place, float], now: float) -> None:
        """Take over what all processes together used up."""
        for (kind, key), even in even_at.items():
            self._meters[kind].learn(key, even, now)

    def _wait_chat(self, chat: int, now: float) -> float:
        return self._meter(chat).wait(self._name(chat), now)

    def _meter(self, chat: int) -> Meter:
        return self._groups if _is_group(chat) else self._private


def _is_group(chat: int) -> bool:
    # Groups and channels have negative numbers (Bot API, ``Chat``).
    return chat < 0
