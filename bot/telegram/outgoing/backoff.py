"""Back off: how long to wait before another try, and when to stop (pure)."""

from datetime import datetime, timedelta
from typing import Final

#: The pause after a first failed sending; each further one is twice as long, up to the longest.
FIRST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(minutes=5)
#: An answer that could not be sent for so long is of no use any more.
SEND_FOR: Final = timedelta(days=1)
#: How often finding an answer is tried before the person is told that it failed.
ANSWER_TRIES: Final = 3
#: An update in whose hand so many processes died is suspected of killing them.
DEADLY_TRIES: Final = 10


def pause(tries: int, chance: float) -> timedelta:
    """Return the pause after ``tries`` failures; ``chance`` in [0, 1) spreads those who wait.

    Between half of the doubled pause and all of it, so that not everybody comes back at once.
    """
    doubled: timedelta = min(FIRST_PAUSE * 2 ** min(max(tries, 0), 30), LONGEST_PAUSE)
    return doubled * (0.5 + chance / 2)


def is_too_late(arrived_at: datetime, now: datetime) -> bool:
    """Whether an answer is not sent any more."""
    return now - arrived_at > SEND_FOR
