"""Compare quantities as intervals: whether one confirms or excludes another.

Pure arithmetic on values already read, whatever is counted. Callers must know that two quantities
measure the same thing.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

APPROXIMATION = 0.10
""""About v" allows v ± 10 %, the common reading of rounded figures in news."""
PROPORTION_FLOOR = 0.01
"""... but "about 99.5 %" allows one point, not ten: the rest matters as much as the share."""
PROPORTION_REST = 0.20
"""... and never more than a fifth of the rest ("about 90 %" is 88 to 92 %)."""
MORE_THAN_REACH = 1.25
"""A reporter who writes "more than 37 thousand" means a little above, not 50 thousand."""
VAGUE_REACH = 10.0
"""1,670 does not refute "hundreds", nor does "thousands" refute "tens of thousands"."""
SAME = 1e-9
"""Relative difference below which two floats name the same number."""

_CURRENCY_FAMILY = {
    **dict.fromkeys(("SAR", "QAR", "YER", "OMR", "IRR"), "riyal"),
    **dict.fromkeys(("KWD", "IQD", "JOD", "BHD", "LYD", "TND", "DZD"), "dinar"),
    **dict.fromkeys(("AED", "MAD"), "dirham"),
    **dict.fromkeys(("EGP", "GBP", "SDG"), "pound"),
    **dict.fromkeys(("TRY", "SYP", "LBP"), "lira"),
}


class Dimension(StrEnum):
    """What kind of thing a number measures."""

    COUNT = "count"
    PROPORTION = "proportion"
    LENGTH = "length"
    AREA = "area"
    VOLUME = "volume"
    MASS = "mass"
    SPEED = "speed"
    MONEY = "money"
    DURATION = "duration"
    TEMPERATURE = "temperature"
    ORDINAL = "ordinal"


class Bound(StrEnum):
    """How a number was worded."""

    EXACT = "exact"
    APPROXIMATE = "approximate"
    LESS_THAN = "less_than"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"
    AT_LEAST = "at_least"
    BETWEEN = "between"


@dataclass(frozen=True, slots=True)
class Interval:
    """The values a wording allows, in base units; bounds are inclusive unless open."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False

    def within(self, other: "Interval") -> bool:
        """Whether every value of this interval lies in the other."""
        low_ok = self.low > other.low or (
            _same(self.low, other.low) and (self.low_open or not other.low_open)
        )
        high_ok = self.high < other.high or (
            _same(self.high, other.high) and (self.high_open or not other.high_open)
        )
        return low_ok and high_ok

    def apart_from(self, other: "Interval", slack: float) -> bool:
        """Whether more than ``slack`` lies between the two; at zero slack, no common value."""
        first, second = (self, other) if self.low <= other.low else (other, self)
        between = second.low - first.high - slack
        if abs(between) <= SAME * max(abs(second.low), abs(first.high)):
            return slack == 0 and (second.low_open or first.high_open)
        return between > 0


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as a text words it.

    ``value`` is the number named, in base units (1 % is 0.01, 4 km² is 4e6 m², 37 ألف is 37000);
    ``upper`` the second number of BETWEEN or the far end of vague wording ("hundreds of",
    "most of"); ``unit`` the canonical unit, currency code, or None for bare counts; ``step`` the
    place value of the last significant digit, i.e. how finely the writer spoke. ``start`` and
    ``end`` span the whole wording in the text, bound words and unit included. ``counted`` is the
    noun counted, or what a proportion is of, as written.
    """

    dimension: Dimension
    unit: str | None
    value: float
    bound: Bound
    upper: float | None
    start: int
    end: int
    counted: str | None
    step: float = 1.0

    @property
    def interval(self) -> Interval:
        """The values this wording allows."""
        least = -math.inf if self.dimension is Dimension.TEMPERATURE else min(0.0, self.value)
        most = math.inf if self.upper is None else self.upper
        match self.bound:
            case Bound.LESS_THAN:
                return Interval(least, self.value, high_open=True)
            case Bound.AT_MOST:
                return Interval(least, self.value)
            case Bound.MORE_THAN:
                return Interval(self.value, most, low_open=True)
            case Bound.AT_LEAST:
                return Interval(self.value, most)
            case Bound.BETWEEN:
                return Interval(self.value, self.value if self.upper is None else self.upper)
            case Bound.APPROXIMATE:
                if self.upper is not None:
                    return Interval(self.value, self.upper)
                room = _approximation(self)
                whole = self.dimension is Dimension.PROPORTION and self.value <= 1
                highest = self.value + room
                return Interval(self.value - room, min(highest, 1.0) if whole else highest)
            case Bound.EXACT:
                return Interval(self.value, self.value)

    @property
    def meant(self) -> Interval:
        """The interval a reporter who words it so has in mind: an upper end for "more than"."""
        allowed = self.interval
        if math.isinf(allowed.high) and self.value:
            return Interval(
                allowed.low,
                self.value + abs(self.value) * (MORE_THAN_REACH - 1),
                allowed.low_open,
                high_open=True,
            )
        return allowed


def entails(statement: Quantity, claim: Quantity) -> bool:
    """Whether everything the statement allows, the claim allows too.

    Two courtesies to how reports are retold: the bare number of a bounded statement ("37
    thousand" for "more than 37 thousand"), and a statement rounded to the claim's precision
    ("37 thousand" for 37,400).
    """
    if not comparable(statement, claim):
        return False
    # "Tens of thousands" does bear out "more than 37 thousand", whose end is only unwritten.
    read = statement.meant if _vague(claim) else statement.interval
    if read.within(claim.interval):
        return True
    if claim.bound not in (Bound.EXACT, Bound.APPROXIMATE) or claim.upper is not None:
        return False
    if statement.upper is not None:
        return False
    if _same(statement.value, claim.value):
        # "Nearly all" is not all.
        return not (_is_whole(claim) and statement.bound is Bound.APPROXIMATE)
    return (
        statement.bound in (Bound.EXACT, Bound.APPROXIMATE)
        and claim.step > statement.step
        and abs(statement.value - claim.value) < claim.step / 2
    )


def conflicts(statement: Quantity, claim: Quantity) -> bool:
    """Whether both cannot be true of one thing at one time, rounding and idiom allowed for."""
    if not comparable(statement, claim) or entails(statement, claim):
        return False
    points = (Bound.EXACT, Bound.APPROXIMATE)
    rounded = statement.bound in points or claim.bound in points
    slack = max(statement.step, claim.step) / 2 if rounded else 0.0
    said = _stretched(claim.interval) if _vague(claim) else claim.interval
    open_ended = math.isinf(statement.interval.high)
    if open_ended and claim.bound is Bound.APPROXIMATE and not _vague(claim):
        said = Interval(claim.value, claim.value)
    meant = _stretched(statement.meant) if _vague(statement) else statement.meant
    if open_ended and said.low >= meant.high:
        return True
    return meant.apart_from(said, slack)


def comparable(first: Quantity, second: Quantity) -> bool:
    """Whether both measure the same dimension in units that convert into one another."""
    if first.dimension is not second.dimension:
        return False
    if first.unit == second.unit:
        return True
    # "riyal" alone may be any riyal: it compares with SAR and with QAR, they do not.
    return (
        _CURRENCY_FAMILY.get(first.unit or "") == second.unit is not None
        or _CURRENCY_FAMILY.get(second.unit or "") == first.unit is not None
    )


def _same(first: float, second: float) -> bool:
    return first == second or math.isclose(first, second, rel_tol=SAME)


def _is_whole(quantity: Quantity) -> bool:
    whole = quantity.dimension is Dimension.PROPORTION and _same(quantity.value, 1.0)
    return whole and quantity.bound is Bound.EXACT


def _vague(quantity: Quantity) -> bool:
    return quantity.bound is Bound.APPROXIMATE and quantity.upper is not None


def _stretched(vague: Interval) -> Interval:
    return Interval(vague.low, vague.high * VAGUE_REACH)


def _approximation(quantity: Quantity) -> float:
    size = abs(quantity.value)
    room = APPROXIMATION * size
    if quantity.dimension is Dimension.PROPORTION and size <= 1:
        return min(room, max(PROPORTION_FLOOR, PROPORTION_REST * (1 - size)))
    return room
