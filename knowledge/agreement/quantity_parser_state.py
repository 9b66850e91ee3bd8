"""A quantity while it is being read: tokens, unit and values, before it becomes a ``Quantity``."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge.agreement.intervals import Bound, Dimension
from knowledge.agreement.number_lexicon import lookup
from knowledge.agreement.quantity_words import NOT_COUNTED, PARTITIVES, TOTALS
from knowledge.agreement.tokens import Kind, Token, stems
from knowledge.agreement.units import PERCENT, Unit

COUNT = Unit(Dimension.COUNT, None, 1.0)
"""What a bare number measures."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A quantity being read, in tokens: ``value`` and ``upper`` already in base units."""

    unit: Unit
    value: float
    step: float
    start: int
    end: int
    upper: float | None = None
    bound: Bound = Bound.EXACT
    counted: str | None = None


def times(value: float, unit: Unit) -> float:
    """The value in base units: 0.118 for 11.8 %, not 0.11800000000000001."""
    return round(value * unit.factor, 12)


def counts_noun(tokens: Sequence[Token], index: int) -> bool:
    """Whether the token after a number can be what it counts."""
    if index >= len(tokens):
        return False
    token = tokens[index]
    if token.kind is not Kind.WORD or token.text in NOT_COUNTED or len(token.text) < 2:
        return False
    return token.gap and not token.text.startswith("وال") and lookup(token.text) is None


def counting(text: str, tokens: Sequence[Token], found: Measured) -> Measured:
    """The same with the noun it counts, or that a share is of; the noun is not in its span."""
    if found.unit.dimension not in (Dimension.COUNT, Dimension.PROPORTION):
        return found
    index = found.end
    partitive = False
    while index < len(tokens) and index - found.end < 4:
        word = tokens[index].text
        partitive = partitive or word in PARTITIVES
        if word not in PARTITIVES and not (partitive and word in TOTALS):
            break
        index += 1
    if found.unit is PERCENT and found.end == index:
        return found
    if not counts_noun(tokens, index):
        return found
    exact = found.upper is None and index == found.end
    if exact and any(stem.definite for stem in stems(tokens[index].text)):
        return found  # Arabic counts indefinite nouns: "الفرقة 30 السورية" is a name
    return replace(found, counted=text[tokens[index].start : tokens[index].end])


def of_whole(text: str, tokens: Sequence[Token], found: Measured) -> Measured:
    """A share with what it is of, "of" between them or not."""
    if found.end < len(tokens) and tokens[found.end].text in PARTITIVES:
        return counting(text, tokens, found)
    if not counts_noun(tokens, found.end):
        return found
    token = tokens[found.end]
    return replace(found, counted=text[token.start : token.end])
