"""Convert dates to the arithmetic Islamic calendar: 30-year cycles of 354 and 355 days (pure).

Where months begin with the sighting of the moon, the result can be off by one day.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

#: The first day of the first year: 16 July 622 of the Julian calendar.
_EPOCH: Final = date(622, 7, 19).toordinal()


@dataclass(frozen=True, slots=True)
class HijriDay:
    """A date in the Islamic calendar; ``month`` counts from 1."""

    year: int
    month: int
    day: int


def hijri(moment: date) -> HijriDay | None:
    """Convert a date to the Islamic calendar; None before its first year."""
    # Dershowitz & Reingold, "Calendrical Calculations", the arithmetic Islamic calendar.
    passed = moment.toordinal() - _EPOCH
    if passed < 0:
        return None
    year = (30 * passed + 10_646) // 10_631
    prior = passed - _before_year(year)
    month = (11 * prior + 330) // 325
    return HijriDay(year, month, prior - _before_month(month) + 1)


def _before_year(year: int) -> int:
    return (year - 1) * 354 + (3 + 11 * year) // 30


def _before_month(month: int) -> int:
    return 29 * (month - 1) + month // 2
