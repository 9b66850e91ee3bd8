"""Two numbers that belong together: ranges (3 to 5 km), changes (rose from 5 to 10), scores."""

from collections.abc import Sequence

from knowledge.agreement.intervals import Bound
from knowledge.agreement.number_words import Number, read_number
from knowledge.agreement.quantity_parser_state import COUNT, Measured, counts_noun, times
from knowledge.agreement.quantity_words import BETWEEN, CHANGES, CONNECTORS, DASHES, FROM
from knowledge.agreement.tokens import Kind, Token, stems
from knowledge.agreement.units import Unit, read_unit

_CHANGE_REACH = 8  # words between "rose" and "from 5 to 10"


def read_range(tokens: Sequence[Token], first: Number, unit: Unit, end: int) -> Measured | None:
    """``بين 3 و5 ملايين``, "from 10 to 15 %", 10-15 km; None for two separate numbers."""
    opener = tokens[first.start - 1].text if first.start else ""
    joint = tokens[end].text if end < len(tokens) else ""
    opened = opener in BETWEEN or opener in FROM
    index = end + 1 if joint in CONNECTORS or joint in DASHES else end
    second = read_number(tokens, index)
    if second is None or (index == end and not (second.conjoined and opener in BETWEEN)):
        return None
    if joint in ("و", "and", "et") and opener not in BETWEEN:
        return None
    reading = read_unit(tokens, second.end)
    if joint in DASHES and reading is None and not counts_noun(tokens, second.end):
        return None
    if opener in FROM and _tells_change(tokens, first.start):
        return None
    last = reading.unit if reading else unit
    shared = unit if unit is not COUNT else last
    low, high = times(first.value, shared), times(second.value, last)
    if first.scale == 1.0 and second.scale > 1.0 and low * second.scale < high:
        low *= second.scale
    if shared.dimension is not last.dimension or shared.name != last.name or low >= high:
        return None
    start = first.start - 1 if opened else first.start
    stop = reading.end if reading else second.end
    step = min(first.step * shared.factor, second.step * last.factor)
    return Measured(last, low, step, start, stop, high, Bound.BETWEEN)


def _tells_change(tokens: Sequence[Token], index: int) -> bool:
    """Whether "from 5 to 10" is a rise or fall: two numbers, not a range."""
    before = tokens[max(0, index - _CHANGE_REACH) : index]
    return any(stem.text in CHANGES for token in before for stem in stems(token.text))


def is_score(tokens: Sequence[Token], number: Number) -> bool:
    """Digits joined to other digits without being a range: 3-1, 2/3, 10:30."""
    first, last = number.start, number.end
    before = first > 1 and tokens[first - 1].text in ("-", "/", ":", "\\")
    if before and tokens[first - 2].kind is Kind.NUMBER:
        return tokens[first].gap == tokens[first - 1].gap
    joined = last + 1 < len(tokens) and tokens[last].text in ("-", "/", ":", "\\")
    if not joined or tokens[last + 1].kind is not Kind.NUMBER:
        return False
    return tokens[last].gap == tokens[last + 1].gap


def unit_of_second(tokens: Sequence[Token], index: int) -> Unit:
    """The unit a number shares with the next one: "rose from 5 to 10 percent"."""
    if index >= len(tokens) or tokens[index].text not in ("الي", "to"):
        return COUNT
    second = read_number(tokens, index + 1)
    reading = read_unit(tokens, second.end) if second else None
    return reading.unit if reading else COUNT
