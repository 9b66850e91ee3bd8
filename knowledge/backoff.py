"""Back off: how long to wait before what failed is tried again (pure)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

#: More pass every longest pause, and in the end what a ``timedelta`` holds.
_DOUBLINGS: Final = 20


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that double, from ``first`` up to ``longest``.

    Capped exponential backoff, min(longest, first * 2 ** failures), with "equal jitter" where
    several wait for the same: half of that is kept and half is left to chance, so that not
    everybody comes back at once.
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    first: timedelta
    longest: timedelta

    def pause(self, failures: int, chance: float = 1.0) -> timedelta:
        """Return the pause after a failure that ``failures`` others went before.

        ``chance`` in [0, 1) spreads those who wait; without it they wait the whole pause.
        """
        doubled = self.first * 2.0 ** min(max(failures, 0), _DOUBLINGS)
        return min(doubled, self.longest) * (0.5 + chance / 2)
