"""Mark statements in a report's text (pure)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from knowledge.domain import Span


@dataclass(frozen=True, slots=True)
class Highlight:
    """A statement's span in the text, its id in the page, and its style."""

    span: Span
    anchor: str
    style: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text, highlighted or not."""

    text: str
    mark: Highlight | None = None


def split_text(body: str, marks: Iterable[Highlight]) -> Iterator[Piece]:
    """Split a text at its highlights; of overlapping ones the first given wins."""
    standing: list[Highlight] = []
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
