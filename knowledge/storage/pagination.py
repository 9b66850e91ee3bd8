"""Long lists a page at a time, by the place of the last item (a page costs the same anywhere)."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar

from knowledge.errors import BadCursor

#: Items of a page at most, whatever is asked for.
LARGEST: Final = 500
#: Characters of a cursor: longer ones are not ours.
_LONGEST: Final = 500
#: What a database's whole numbers hold.
_WHOLE: Final = 2**63

Item = TypeVar("Item")
Row = TypeVar("Row")
#: What a list is sorted by, at one of its items.
Place: TypeAlias = tuple[int | float | str, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items in order; ``after`` asks for those behind them, None where there are none."""

    items: tuple[Item, ...]
    after: str | None


def bound_limit(limit: int) -> int:
    """Return how many items a page has that is asked to have ``limit``."""
    return max(1, min(limit, LARGEST))


def make_page(
    rows: Sequence[Row], limit: int, item: Callable[[Row], Item], place: Callable[[Row], Place]
) -> Page[Item]:
    """Return the page that ``rows`` make: one more than ``bounded(limit)`` were asked for."""
    kept = rows[: bound_limit(limit)]
    more = len(rows) > len(kept)
    return Page(tuple(item(row) for row in kept), encode_cursor(*place(kept[-1])) if more else None)


def encode_cursor(*place: int | float | str) -> str:
    """Return the cursor that stands for a place; it may be put into an address as it is."""
    written = json.dumps(place, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def decode_cursor(after: str, *kinds: type) -> Place:
    """Return the place that a cursor stands for, one value of each of ``kinds``.

    Raises BadCursor if it is no cursor, or another list's.
    """
    try:
        if len(after) > _LONGEST:
            raise ValueError
        padded = after.encode("ascii") + b"=" * (-len(after) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise _bad() from None
    if not isinstance(found, list) or [type(each) for each in found] != list(kinds):
        raise _bad()
    if any(isinstance(each, int) and not -_WHOLE <= each < _WHOLE for each in found):
        raise _bad()
    return tuple(found)


def _bad() -> BadCursor:
    return BadCursor("this page does not exist; begin at the first one")
