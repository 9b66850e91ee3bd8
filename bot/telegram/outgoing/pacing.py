"""Compute when a message may be sent within Telegram's rate limits (pure)."""

from bot.telegram.outgoing.rate_limits import Limits, Meter

_ALL = ""


class Pacing:
    """Telegram's rate limits for one bot. Times are seconds of a monotonic clock."""

    def __init__(self, limits: Limits) -> None:
        self._all = Meter(limits.sends_per_second, limits.sends_burst)
        self._private = Meter(limits.chat_sends_per_second, limits.chat_burst)
        self._groups = Meter(limits.group_sends_per_minute / 60, limits.chat_burst)
        self._held: dict[str, float] = {}

    def wait(self, chat: int, now: float) -> float:
        """Return the seconds until a message to ``chat`` may be sent."""
        key = str(chat)
        return max(
            self._held_for(key, now),
            self._meter(chat).wait(key, now),
            self._all.wait(_ALL, now),
        )

    def take_chat(self, chat: int, now: float) -> float:
        """Take the chat's next slot; returns the seconds until then."""
        key = str(chat)
        return max(self._held_for(key, now), self._meter(chat).take(key, now))

    def take_all(self, now: float) -> float:
        """Take the bot's next slot, after the chat's; returns the seconds until then."""
        return max(self._held_for(_ALL, now), self._all.take(_ALL, now))

    def hold(self, chat: int, seconds: float, now: float) -> None:
        """Keep a pause that Telegram asked for.

        A private chat never reaches its own limit here, so a pause asked for there holds for the
        whole bot; one asked for in a group holds for that group.
        """
        key = str(chat) if _is_group(chat) else _ALL
        self._held = {each: until for each, until in self._held.items() if until > now}
        self._held[key] = max(self._held.get(key, 0.0), now + seconds)

    def _held_for(self, key: str, now: float) -> float:
        until = max(self._held.get(key, now), self._held.get(_ALL, now))
        return max(0.0, until - now)

    def _meter(self, chat: int) -> Meter:
        return self._groups if _is_group(chat) else self._private


def _is_group(chat: int) -> bool:
    # Groups and channels have negative numbers (Bot API, ``Chat``).
    return chat < 0
