"""Parse dates, years and weekdays from text: Arabic with all its month names, English, French.

A bare number from 1900 to 2099 is a year unless the words around it say that it counts something
("2014 شخصا", "more than 2000", "2000 km"). Numeric dates are read day first (07/02/2019 is 7
February) unless only month first makes a date. Hijri months and years are recognised, so that they
are not taken for quantities, and left unconverted: such a moment has no parts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from knowledge.agreement.calendar_points import Moment, MomentBound
from knowledge.agreement.calendar_words import (
    HIJRI,
    MONTHS,
    NEED_CONTEXT,
    ORDINAL_DAYS,
    ORDINAL_TENS,
    PART_WORDS,
    WEEKDAYS,
    YEAR_CUES,
)
from knowledge.agreement.intervals import Bound, Dimension
from knowledge.agreement.number_bounds import bound_before
from knowledge.agreement.number_lexicon import EITHER, Term, lookup
from knowledge.agreement.number_words import is_name, read_number
from knowledge.agreement.quantity_words import NOT_COUNTED
from knowledge.agreement.tokens import Kind, Token, stems, tokenise
from knowledge.agreement.units import COUNTABLE, read_unit

_FIRST_YEAR, _LAST_YEAR = 1900, 2099
_CUED_FIRST, _CUED_LAST = 1000, 2199  # after the word "year" older and later ones are read too
_HIJRI_FIRST, _HIJRI_LAST = 1300, 1500
_DAY_SUFFIXES = frozenset({"st", "nd", "rd", "th", "er"})
_OF = frozenset({"من", "of", "de"})
_PAIRING = frozenset({"و", "الي", "-", "to", "and", "au", "et"})


_TIME_WORDS = frozenset({"in", "since", "before", "after", "until", "منذ", "قبل", "بعد", "en"})
_UNTIL = frozenset({"حتي", "until"})
_BOUND_WORDS = {
    **dict.fromkeys(("قبل", "before", "avant"), MomentBound.BEFORE),
    **dict.fromkeys(("بعد", "عقب", "after", "apres"), MomentBound.AFTER),
    **dict.fromkeys(("منذ", "مذ", "since", "depuis"), MomentBound.SINCE),
    **dict.fromkeys(("حتي", "لغايه", "until", "till"), MomentBound.UNTIL),
}


@dataclass(frozen=True, slots=True)
class DatedTokens:
    """A moment and the half-open range of tokens that word it."""

    moment: Moment
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Parts:
    end: int
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None


def moments(text: str) -> tuple[Moment, ...]:
    """The dates, years and weekdays a text names, in order. Never raises."""
    return tuple(dated.moment for dated in moments_in(tokenise(text)))


def moments_in(tokens: Sequence[Token]) -> tuple[DatedTokens, ...]:
    """The same on tokens already made, with the tokens each takes."""
    return tuple(_moments_in(tokens))


def _moments_in(tokens: Sequence[Token]) -> Iterator[DatedTokens]:
    index = free = 0
    while index < len(tokens):
        parts = _read(tokens, index)
        if parts is None:
            index += 1
            continue
        may_pair = parts.day and parts.month and index - free >= 2
        earlier = _paired_day(tokens, index) if may_pair else None
        if earlier is not None:
            yield _dated(tokens, index - 2, replace(parts, day=earlier, weekday=None), index - 1)
        yield _dated(tokens, index, parts, parts.end)
        index = free = parts.end


def _dated(tokens: Sequence[Token], index: int, parts: _Parts, end: int) -> DatedTokens:
    start, bound = _bound(tokens, index)
    moment = Moment(
        parts.year,
        parts.month,
        parts.day,
        parts.weekday,
        tokens[start].start,
        tokens[end - 1].end,
        bound,
    )
    return DatedTokens(moment, start, end)


def _bound(tokens: Sequence[Token], index: int) -> tuple[int, MomentBound]:
    start = index
    while start and index - start < 4 and _any(tokens[start - 1].text, PART_WORDS):
        start -= 1
    if start:
        for stem in stems(tokens[start - 1].text):
            if stem.text in _BOUND_WORDS and not stem.definite:
                return start - 1, _BOUND_WORDS[stem.text]
    while start < index and tokens[start].text in ("the", "of"):
        start += 1
    return start, MomentBound.EXACT


def _any(word: str, words: frozenset[str]) -> bool:
    return word in words or any(stem.text in words for stem in stems(word))


def _paired_day(tokens: Sequence[Token], index: int) -> int | None:
    """5 in ``5 و7 فبراير``: a day that shares the month named after the next one."""
    if index < 2 or tokens[index - 1].text not in _PAIRING:
        return None
    return _small(tokens, index - 2, 31)


def _read(tokens: Sequence[Token], index: int) -> _Parts | None:
    weekday = _weekday(tokens, index)
    if weekday is None:
        return _date(tokens, index)
    after = index + 1
    if after < len(tokens) and tokens[after].text in (",", "("):
        after += 1
    date = _date(tokens, after)
    if date is None or date.day is None:
        return _Parts(index + 1, weekday=weekday)
    return replace(date, weekday=weekday)


def _weekday(tokens: Sequence[Token], index: int) -> int | None:
    word = tokens[index].text
    following = tokens[index + 1].text if index + 1 < len(tokens) else ""
    if word.isascii():
        return WEEKDAYS.get(word)
    if following.startswith("عشر"):  # الأحد عشر: eleven
        return None
    after_day = index > 0 and tokens[index - 1].text in ("يوم", "ليله", "مساء", "صباح", "فجر")
    for stem in stems(word):
        if stem.text in WEEKDAYS and (stem.definite or after_day):
            return WEEKDAYS[stem.text]
    return None


def _date(tokens: Sequence[Token], index: int) -> _Parts | None:
    if index >= len(tokens):
        return None
    return (
        _numeric(tokens, index)
        or _day_month(tokens, index)
        or _month_first(tokens, index)
        or _year_alone(tokens, index)
    )


def _numeric(tokens: Sequence[Token], index: int) -> _Parts | None:
    """2019-02-07, 07/02/2019, 7.2.2019."""
    token = tokens[index]
    if token.kind is not Kind.NUMBER:
        return None
    fields, end = token.text.split("."), index + 1
    if len(fields) == 1 and index + 4 < len(tokens):
        run = tokens[index : index + 5]
        apart = any(part.gap for part in run[1:])
        if not apart and run[1].text in "-/\\" and run[1].text == run[3].text:
            fields, end = [run[0].text, run[2].text, run[4].text], index + 5
    if len(fields) != 3 or not all(part.isdigit() and len(part) <= 4 for part in fields):
        return None
    first, second, third = (int(part) for part in fields)
    if len(fields[0]) == 4:
        first, third = third, first
    elif len(fields[2]) == 2:
        third += 2000
    if second > 12 >= first:
        first, second = second, first
    if not (1 <= first <= 31 and 1 <= second <= 12):
        return None
    if _HIJRI_FIRST <= third <= _HIJRI_LAST:
        return _Parts(end)
    if not _FIRST_YEAR <= third <= _LAST_YEAR:
        return None
    return _Parts(end, third, second, first)


def _small(tokens: Sequence[Token], index: int, most: int) -> int | None:
    if index >= len(tokens) or tokens[index].kind is not Kind.NUMBER:
        return None
    text = tokens[index].text
    return int(text) if text.isdigit() and len(text) <= 2 and 1 <= int(text) <= most else None


def _day_month(tokens: Sequence[Token], index: int) -> _Parts | None:
    """7 فبراير 2019, السابع من فبراير, 7th of February."""
    day, after = _small(tokens, index, 31), index + 1
    if day is None:
        day, after = _ordinal_day(tokens, index)
    elif after < len(tokens) and tokens[after].text in _DAY_SUFFIXES:
        after += 1
    if day is None:
        return None
    if after < len(tokens) and (tokens[after].text in _OF or tokens[after].text in "-/"):
        after += 1
    if after < len(tokens) and tokens[after].text == "شهر":
        after += 1
    found = _month(tokens, after)
    if found is None:
        return None
    month, end = found
    if month is None:
        return _Parts(_skip_hijri_year(tokens, end))
    year, end = _year_after(tokens, end)
    return _Parts(end, year, month, day)


def _ordinal_day(tokens: Sequence[Token], index: int) -> tuple[int | None, int]:
    word = tokens[index].text
    stem = next((s for s in stems(word) if s.definite and s.text in ORDINAL_DAYS), None)
    if stem is None:
        return None, index
    day, end = ORDINAL_DAYS[stem.text], index + 1
    following = tokens[end].text if end < len(tokens) else ""
    if following == "عشر" and day < 10:
        return day + 10, end + 1
    if following in ORDINAL_TENS and day < 10:
        return day + ORDINAL_TENS[following], end + 1
    return day, end


def _month(tokens: Sequence[Token], index: int) -> tuple[int | None, int] | None:
    """A month (None for a Hijri one) and the index after it, second name included."""
    found = _month_name(tokens, index)
    if found is None or found[0] is None:
        return found
    return found[0], _second_name(tokens, found[1], found[0])


def _month_name(tokens: Sequence[Token], index: int) -> tuple[int | None, int] | None:
    if index >= len(tokens):
        return None
    following = tokens[index + 1].text if index + 1 < len(tokens) else ""
    if following == "." and len(tokens[index].text) <= 4 and tokens[index].text in MONTHS:
        return MONTHS[tokens[index].text], index + 2  # Dec. 14
    for stem in stems(tokens[index].text):
        if stem.definite:
            continue
        for name, end in ((f"{stem.text} {following}", index + 2), (stem.text, index + 1)):
            if name in HIJRI:
                return None, end
            if name in MONTHS:
                return MONTHS[name], end
    return None


def _second_name(tokens: Sequence[Token], index: int, month: int) -> int:
    """Index after the same month named again: ``كانون الأول/ديسمبر``, ``شباط (فبراير)``."""
    joined = index < len(tokens) and tokens[index].text in ("/", "-", "(", "\\", ",")
    again = _month_name(tokens, index + 1 if joined else index)
    if again is None or again[0] != month:
        return index
    end = again[1]
    closes = tokens[index].text == "(" and end < len(tokens) and tokens[end].text == ")"
    return end + 1 if closes else end


def _year_after(tokens: Sequence[Token], index: int) -> tuple[int | None, int]:
    """The year that may follow a month: ``2019``, ``, 2019``, ``من العام 2019``."""
    cursor = index
    while cursor < min(index + 3, len(tokens)) and (
        tokens[cursor].text in _OF or tokens[cursor].text == "," or tokens[cursor].text in YEAR_CUES
    ):
        cursor += 1
    parts = _year_alone(tokens, cursor) if cursor < len(tokens) else None
    return (parts.year, parts.end) if parts and parts.year else (None, index)


def _skip_hijri_year(tokens: Sequence[Token], index: int) -> int:
    if index >= len(tokens) or tokens[index].kind is not Kind.NUMBER:
        return index
    text = tokens[index].text
    if not (text.isdigit() and _HIJRI_FIRST <= int(text[:5]) <= _HIJRI_LAST):
        return index
    marked = index + 1 < len(tokens) and tokens[index + 1].text in ("ه", "هجري", "هجريه", "ah")
    return index + 2 if marked else index + 1


def _month_first(tokens: Sequence[Token], index: int) -> _Parts | None:
    """فبراير 2019, February 7, 2019, كانون الأول/ديسمبر."""
    found = _month(tokens, index)
    if found is None:
        return None
    month, end = found
    word = tokens[index].text
    before = tokens[index - 1].text if index else ""
    if month is None:
        after = _skip_hijri_year(tokens, end)
        return _Parts(after) if after > end or before in ("شهر", "لشهر") else None
    day, after_day = (_small(tokens, end, 31), end + 1) if word.isascii() else (None, end)
    if day and after_day < len(tokens) and tokens[after_day].text in _DAY_SUFFIXES:
        after_day += 1
    year, after = _year_after(tokens, after_day if day else end)
    doubled = end > index + 1
    if (
        _any(word, NEED_CONTEXT)
        and not (day or year or doubled)
        and not _any(before, PART_WORDS | {"في", "منذ", "حتي", "قبل", "بعد", "in", "since", "en"})
    ):
        return None
    if year is None:
        after = after_day if day else end
    return _Parts(after, year, month, day)


def _year_alone(tokens: Sequence[Token], index: int) -> _Parts | None:
    token = tokens[index]
    cued = index > 0 and _any(tokens[index - 1].text, YEAR_CUES)
    if token.kind is Kind.WORD:
        number = read_number(tokens, index) if cued else None
        if number is None or not _CUED_FIRST <= number.value <= _CUED_LAST:
            return None
        return _Parts(number.end, year=int(number.value))
    if token.kind is not Kind.NUMBER or len(token.text) != 4 or not token.text.isdigit():
        return None
    year, end = int(token.text), index + 1
    following = tokens[end].text if end < len(tokens) else ""
    if following in ("ه", "هجري", "هجريه", "ah") and _HIJRI_FIRST <= year <= _HIJRI_LAST:
        return _Parts(end + 1)
    if following in ("م", "ميلادي", "ميلاديه"):
        cued, end = True, end + 1
    if cued and _HIJRI_FIRST <= year <= _HIJRI_LAST:
        return _Parts(end)
    if cued and _CUED_FIRST <= year <= _CUED_LAST:
        return _Parts(end, year=year)
    old = _CUED_FIRST <= year < _FIRST_YEAR and _placed_in_time(tokens, index)
    if not (old or _FIRST_YEAR <= year <= _LAST_YEAR) or _counts(tokens, index):
        return None
    return _Parts(end, year=year)


def _placed_in_time(tokens: Sequence[Token], index: int) -> bool:
    """Whether an old year stands like one: "began in 1815.", not "in 1500 schools"."""
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if not index or tokens[index - 1].text not in _TIME_WORDS:
        return False
    return after is None or after.kind is not Kind.WORD or after.text in NOT_COUNTED


def _counts(tokens: Sequence[Token], index: int) -> bool:
    """Whether a number that could be a year counts something or names something else."""
    if is_name(tokens, index) or (index and tokens[index - 1].text in "$€£"):
        return True
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    worded = bound_before(tokens, index)
    if worded is not None and not _any(tokens[worded.start].text, _UNTIL):
        return worded.bound is not Bound.APPROXIMATE or (
            after is not None and after.kind is Kind.WORD
        )
    if after is None:
        return False
    unit = read_unit(tokens, index + 1)
    if unit is not None:
        dated = unit.end < len(tokens) and _weekday(tokens, unit.end) is not None
        return not (dated and unit.unit.dimension is Dimension.DURATION)
    if after.text in COUNTABLE or after.text in EITHER:
        return True
    found = lookup(after.text)
    return found is not None and found[0] in (Term.SCALE, Term.SCALES) and not found[2].conjunction
