"""Compare points in the calendar as texts name them."""

from dataclasses import dataclass
from enum import StrEnum


class MomentBound(StrEnum):
    """How a moment bounds the time of an event."""

    EXACT = "exact"
    BEFORE = "before"
    AFTER = "after"
    SINCE = "since"
    UNTIL = "until"


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in the calendar as far as the text names it; ``weekday`` 0 is Monday.

    ``start`` and ``end`` span its wording in the text, words like "since the start of" included.
    """

    year: int | None
    month: int | None
    day: int | None
    weekday: int | None
    start: int
    end: int
    bound: MomentBound = MomentBound.EXACT


def same_moment(statement: Moment, claim: Moment) -> bool:
    """Return whether the statement names all of the claim's moment ("in 2014" of "since 2014")."""
    wanted = _known(claim)
    if not wanted or any(getattr(statement, part) != value for part, value in wanted.items()):
        return False
    return claim.bound is statement.bound or (
        claim.bound is MomentBound.EXACT and statement.bound is MomentBound.SINCE
    )


def moments_conflict(statement: Moment, claim: Moment) -> bool:
    """Return whether two moments exclude each other as the time of one event."""
    if statement.bound is claim.bound:
        return _differ(statement, claim)
    if statement.bound is MomentBound.EXACT:
        return _outside(claim, statement)
    return claim.bound is MomentBound.EXACT and _outside(statement, claim)


def _known(moment: Moment) -> dict[str, int]:
    parts = ("year", "month", "day", "weekday")
    return {part: getattr(moment, part) for part in parts if getattr(moment, part) is not None}


def _differ(first: Moment, second: Moment) -> bool:
    for mine, other in ((first.year, second.year), (first.month, second.month)):
        if mine is not None and other is not None and mine != other:
            return True
    same_month = first.month is not None and first.month == second.month
    if same_month and first.day is not None and second.day is not None:
        return first.day != second.day  # the weekday of a full date is only repetition
    return (
        first.weekday is not None and second.weekday is not None and first.weekday != second.weekday
    )


def _outside(limit: Moment, exact: Moment) -> bool:
    """Return whether an exact moment is on the wrong side of a bound, as far as both are known."""
    here = _ordered(exact)
    there = _ordered(limit)
    known = min(len(here), len(there))
    if limit.bound in (MomentBound.AFTER, MomentBound.SINCE):
        return here[:known] < there[:known]
    return here[:known] > there[:known]


def _ordered(moment: Moment) -> tuple[int, ...]:
    parts: list[int] = []
    for part in (moment.year, moment.month, moment.day):
        if part is None:
            break
        parts.append(part)
    return tuple(parts)
