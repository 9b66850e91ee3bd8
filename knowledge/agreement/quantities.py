"""Parse quantities from text: counts, shares, units, money, durations.

What is part of a date or year is a moment (see ``dates``) and never also a quantity. A text's words
are judged whole: a number inside a name (COVID-19), a label (القرار 2254), a clock time or a score
(3-1) is no quantity.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from knowledge.agreement.calendar_words import ORDINAL_TENS
from knowledge.agreement.dates import moments_in
from knowledge.agreement.fractions import read_fraction, read_magnitude
from knowledge.agreement.intervals import (
    Bound,
    Dimension,
    Interval,
    Quantity,
    comparable,
    conflicts,
    entails,
)
from knowledge.agreement.number_bounds import bound_after, bound_before
from knowledge.agreement.number_lexicon import lookup
from knowledge.agreement.number_ranges import is_score, read_range, unit_of_second
from knowledge.agreement.number_words import Number, is_name, read_number
from knowledge.agreement.quantity_parser_state import (
    COUNT,
    Measured,
    counting,
    counts_noun,
    of_whole,
    times,
)
from knowledge.agreement.quantity_words import (
    MOST,
    MOST_OF_THEM,
    ORDINAL_SUFFIXES,
    ORDINALS,
    PARTS,
    QUOTES,
    WHOLE,
)
from knowledge.agreement.tokens import Kind, Token, stems, tokenise
from knowledge.agreement.units import (
    COUNTABLE,
    PERCENT,
    Unit,
    UnitReading,
    dual_unit,
    is_dual_noun,
    read_prefixed_currency,
    read_unit,
)

__all__ = [
    "Bound",
    "Dimension",
    "Interval",
    "Quantity",
    "comparable",
    "conflicts",
    "entails",
    "quantities",
]

_FRACTION_STEP = 0.02  # "a third" speaks of 32 to 34 %


def quantities(text: str) -> tuple[Quantity, ...]:
    """The quantities a text names, in order. Linear in the text, never raises."""
    tokens = tokenise(text)
    dated = {i for moment in moments_in(tokens) for i in range(moment.start, moment.end)}
    return tuple(_quantities(text, tokens, dated))


def _quantities(text: str, tokens: Sequence[Token], dated: set[int]) -> Iterator[Quantity]:
    index = 0
    while index < len(tokens):
        found = None if index in dated else _read(text, tokens, index)
        if found is None or dated.intersection(range(index, found.end)):
            index += _skipped(tokens, index)
            continue
        found = _bounded(tokens, found)
        yield _quantity(tokens, found)
        index = found.end


def _skipped(tokens: Sequence[Token], index: int) -> int:
    """How many tokens a rejected reading takes with it: a score or clock time goes whole."""
    token = tokens[index]
    if token.kind is not Kind.NUMBER:
        return 1
    size = 1
    while (
        index + size + 1 < len(tokens)
        and tokens[index + size].text in ("-", ":", "/", "\\")
        and tokens[index + size + 1].kind is Kind.NUMBER
        and tokens[index + size].gap == tokens[index + size + 1].gap
    ):
        size += 2
    return size


def _quantity(tokens: Sequence[Token], found: Measured) -> Quantity:
    return Quantity(
        dimension=found.unit.dimension,
        unit=found.unit.name,
        value=found.value,
        bound=found.bound,
        upper=found.upper,
        start=tokens[found.start].start,
        end=tokens[found.end - 1].end,
        counted=found.counted,
        step=found.step,
    )


def _read(text: str, tokens: Sequence[Token], index: int) -> Measured | None:
    if is_name(tokens, index) or _ends_ordinal(tokens, index):
        return None
    number = read_number(tokens, index)
    fraction = read_fraction(tokens, index)
    # ثلاثة أرباع is a share, نصف مليون a number.
    if number is not None and (fraction is None or number.end > fraction.end):
        return _ordinal_digits(text, tokens, number) or _from_number(text, tokens, number)
    return (
        _from_share(text, tokens, index)
        or _from_magnitude(text, tokens, index)
        or _from_dual(text, tokens, index)
        or _ordinal(text, tokens, index)
    )


def _ends_ordinal(tokens: Sequence[Token], index: int) -> bool:
    """Whether ``عشر`` only ends an ordinal: نسخته التاسعة عشرة."""
    if not index or tokens[index].text not in ("عشر", "عشره"):
        return False
    return any(stem.text in ORDINALS for stem in stems(tokens[index - 1].text))


def _bounded(tokens: Sequence[Token], found: Measured) -> Measured:
    """The same with the words before and after it that turn it into a range."""
    start = found.start
    if found.bound is Bound.BETWEEN or found.unit.dimension is Dimension.ORDINAL:
        return found
    before = bound_before(tokens, start)
    over_time = before and tokens[before.start].text == "over"  # "over 3 years" is during
    if before and not (over_time and found.unit.dimension is Dimension.DURATION):
        upper = found.upper if before.bound in (found.bound, Bound.APPROXIMATE) else None
        return replace(found, start=before.start, bound=before.bound, upper=upper)
    after = bound_after(tokens, found.end) if found.bound is Bound.EXACT else None
    if after is not None:
        return replace(found, end=after.end, bound=after.bound)
    return found


def _from_number(text: str, tokens: Sequence[Token], number: Number) -> Measured | None:
    """A number with its unit, second end and counted noun; None where it is no quantity."""
    number = _unquoted(tokens, number)
    start, currency = number.start, read_prefixed_currency(tokens, number.start - 1)
    reading = _unit_after(tokens, number.end)
    unit, end = (reading.unit, reading.end) if reading else (currency or COUNT, number.end)
    if currency is not None:
        start -= 1
        unit = currency if reading is None else unit
    between = read_range(tokens, number, unit, end)
    if between is not None:
        return counting(text, tokens, replace(between, start=min(start, between.start)))
    if reading is None and is_score(tokens, number):
        return None
    if unit is COUNT:
        unit = unit_of_second(tokens, number.end)
    found = Measured(unit, times(number.value, unit), number.step * unit.factor, start, end)
    found = counting(text, tokens, _below_zero(tokens, found))
    if found.unit is COUNT and found.counted is None and _only_points(tokens, number):
        return None
    if tokens[start].text == "(" and found.unit is COUNT and found.counted is None:
        return None  # a part's or a note's number: (3)
    return _certain_one(text, tokens, found) if number.lone and found.unit is COUNT else found


def _only_points(tokens: Sequence[Token], number: Number) -> bool:
    """Definite number words that count nothing after them: الدول الخمس, الذكرى الخمسين."""
    token = tokens[number.start]
    return token.kind is Kind.WORD and any(
        stem.definite and lookup(stem.text) for stem in stems(token.text)[1:]
    )


def _unquoted(tokens: Sequence[Token], number: Number) -> Number:
    """The number with the quotes or brackets around it alone: ``«45» عاملا``."""
    if not number.start or number.end >= len(tokens):
        return number
    pair = tokens[number.start - 1].text + tokens[number.end].text
    if pair not in QUOTES:
        return number
    return replace(number, start=number.start - 1, end=number.end + 1)


def _certain_one(text: str, tokens: Sequence[Token], found: Measured) -> Measured | None:
    """A lone "one" that counts: "one soldier", ``شخص واحد``, and not "one of them", "no one"."""
    following = tokens[found.end].text if found.end < len(tokens) else ""
    if following in COUNTABLE:
        return found
    if not found.start or tokens[found.start].text not in ("واحد", "واحده"):
        return None
    noun = tokens[found.start - 1]
    reading = read_unit(tokens, found.start - 1)
    if reading is not None:
        unit, step = reading.unit, reading.unit.factor
        return replace(found, unit=unit, value=step, step=step, start=found.start - 1, counted=None)
    if any(stem.text in COUNTABLE for stem in stems(noun.text)):
        return replace(found, start=found.start - 1, counted=text[noun.start : noun.end])
    return None


def _unit_after(tokens: Sequence[Token], index: int) -> UnitReading | None:
    """The unit after a number, "de" between them or not: 3 millions d'euros."""
    if index < len(tokens) and tokens[index].text in ("d", "de"):
        index += 1
        if index < len(tokens) and tokens[index].text == "'":
            index += 1
    return read_unit(tokens, index)


def _below_zero(tokens: Sequence[Token], found: Measured) -> Measured:
    if found.unit.dimension is not Dimension.TEMPERATURE:
        return found
    words = tuple(token.text for token in tokens[found.end : found.end + 2])
    if words in (("تحت", "الصفر"), ("below", "zero")):
        return replace(found, value=-found.value, end=found.end + 2)
    sign = found.start - 1
    if sign >= 0 and tokens[sign].text == "-" and tokens[sign].gap and not tokens[sign + 1].gap:
        return replace(found, value=-found.value, start=sign)
    return found


def _from_share(text: str, tokens: Sequence[Token], index: int) -> Measured | None:
    """``نصف المساحة``, "three quarters of", ``معظم``, ``كامل مساحة``."""
    fraction = read_fraction(tokens, index)
    if fraction is not None:
        following = tokens[fraction.end] if fraction.end < len(tokens) else None
        reading = read_unit(tokens, fraction.end)
        if reading is not None and reading.unit is not PERCENT:
            unit = reading.unit
            value = fraction.value * unit.factor
            return Measured(unit, value, value / 10, index, reading.end)
        if following is not None and _names_a_part(following.text, tokens[index].text):
            return None
        found = Measured(PERCENT, fraction.value, _FRACTION_STEP, index, fraction.end)
        return of_whole(text, tokens, found)
    word = tokens[index].text
    following_text = tokens[index + 1].text if index + 1 < len(tokens) else ""
    stem = next((s for s in stems(word) if not s.definite and s.text in MOST | WHOLE), None)
    latin = word.isascii()
    if stem is None:
        if not any(s.text in MOST_OF_THEM for s in stems(word)):
            return None
        return Measured(PERCENT, 0.5, 0.01, index, index + 1, 1.0, Bound.MORE_THAN)
    definite = any(s.definite for s in stems(following_text)) or following_text in ("مساحه", "سكان")
    if not (following_text == "of" if latin else definite):
        return None
    if stem.text in MOST:
        found = Measured(PERCENT, 0.5, 0.01, index, index + 1, 1.0, Bound.MORE_THAN)
    else:
        found = Measured(PERCENT, 1.0, _FRACTION_STEP, index, index + 1)
    return of_whole(text, tokens, found)


def _names_a_part(following: str, word: str) -> bool:
    """Half-final, first half, quarterly: a fraction word that is no share."""
    if following in PARTS:
        return True
    definite = any(stem.definite for stem in stems(word))
    return definite and any(stem.text in ORDINALS for stem in stems(following))


def _from_magnitude(text: str, tokens: Sequence[Token], index: int) -> Measured | None:
    magnitude = read_magnitude(tokens, index)
    if magnitude is None:
        return None
    reading = read_unit(tokens, magnitude.end)
    unit, end = (reading.unit, reading.end) if reading else (COUNT, magnitude.end)
    low, high = magnitude.low * unit.factor, magnitude.high * unit.factor
    found = Measured(unit, low, low / 2, index, end, high, Bound.APPROXIMATE)
    return counting(text, tokens, found)


def _from_dual(text: str, tokens: Sequence[Token], index: int) -> Measured | None:
    """``كيلومترين``, ``شخصين``: two of them in one word."""
    token = tokens[index]
    dual = dual_unit(token.text)
    if dual is not None:
        factor = dual.factor
        return Measured(dual, 2 * factor, factor, index, index + 1)
    if not is_dual_noun(token.text):
        return None
    noun = text[token.start : token.end]
    return Measured(COUNT, 2.0, 1.0, index, index + 1, counted=noun)


def _ordinal_digits(text: str, tokens: Sequence[Token], number: Number) -> Measured | None:
    """1st, 2nd, 3e."""
    end = number.end
    glued = end < len(tokens) and not tokens[end].gap and tokens[end].text in ORDINAL_SUFFIXES
    if not glued or tokens[number.start].kind is not Kind.NUMBER:
        return None
    following = tokens[end + 1] if counts_noun(tokens, end + 1) else None
    noun = text[following.start : following.end] if following else None
    unit = Unit(Dimension.ORDINAL, None, 1.0)
    return Measured(unit, number.value, 1.0, number.start, end + 1, counted=noun)


def _ordinal(text: str, tokens: Sequence[Token], index: int) -> Measured | None:
    """``المرتبة الثالثة``: a definite Arabic ordinal after the noun it ranks."""
    stem = next((s for s in stems(tokens[index].text) if s.definite and s.text in ORDINALS), None)
    if stem is None or stem.conjunction or stem.preposition or index == 0:
        return None
    noun = tokens[index - 1]
    if not any(s.definite for s in stems(noun.text)):
        return None
    value, end = ORDINALS[stem.text], index + 1
    if end < len(tokens) and tokens[end].text in ("عشر", "عشره"):
        value, end = value + 10, end + 1
    elif end < len(tokens) and tokens[end].text in ORDINAL_TENS:
        value, end = value + ORDINAL_TENS[tokens[end].text], end + 1
    unit = Unit(Dimension.ORDINAL, None, 1.0)
    return Measured(unit, float(value), 1.0, index, end, counted=text[noun.start : noun.end])
