"""Find dates that lie in the future: nothing is published or true as of a day to come (pure)."""

from datetime import date, datetime, timedelta
from typing import Final

from knowledge.domain import ReportDraft

#: The easternmost time zone is this far ahead of UTC: no later date is in the future there.
_EARLIEST: Final = timedelta(hours=14)


def latest_day(now: datetime) -> date:
    """Return the last day that has begun somewhere on earth; ``now`` is in UTC."""
    return (now + _EARLIEST).date()


def is_future(day: date, now: datetime) -> bool:
    """Return whether a day has not begun anywhere on earth; ``now`` is in UTC."""
    return day > latest_day(now)


def find_future_dates(draft: ReportDraft, today: date) -> dict[str, date]:
    """Return the dates of a report and its statements after ``today``, by field."""
    days = {"published_at": draft.published_at}
    days |= {f"statements[{at}].as_of": s.as_of for at, s in enumerate(draft.statements)}
    return {name: day for name, day in days.items() if day is not None and day > today}
