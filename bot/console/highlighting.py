"""Mark statements in a report's text (pure)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from knowledge.domain import Span


@dataclass(frozen=True, slots=True)
class Marked:
    """A statement's place in the text: what it is called, and how it is set."""

    span: Span
    anchor: str
    style: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text, marked or not."""

    text: str
    mark: Marked | None = None


def pieces(body: str, marks: Iterable[Marked]) -> Iterator[Piece]:
    """Cut a text at its marks; of marks that overlap the one that is named first stands."""
    standing: list[Marked] = []
    for mark in marks:
        inside = 0 <= mark.span.start < mark.span.end <= len(body)
        if inside and not any(_overlap(mark.span, other.span) for other in standing):
            standing.append(mark)
    at = 0
    for mark in sorted(standing, key=lambda each: each.span.start):
        if at < mark.span.start:
            yield Piece(body[at : mark.span.start])
        yield Piece(body[mark.span.start : mark.span.end], mark)
        at = mark.span.end
    if at < len(body):
        yield Piece(body[at:])


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
