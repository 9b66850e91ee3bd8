"""Paginate long lists by keyset: any page costs the same."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar

from knowledge.errors import BadCursor

#: The most items of a page, whatever is asked for.
LARGEST: Final = 500
#: The most characters of a cursor.
_LONGEST: Final = 500
#: Range of a database's integers.
_WHOLE: Final = 2**63

Item = TypeVar("Item")
Row = TypeVar("Row")
#: The sort key of one item.
Place: TypeAlias = tuple[int | float | str, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items in order; ``after`` is the cursor of the next page, None at the end."""

    items: tuple[Item, ...]
    after: str | None


def bound_limit(limit: int) -> int:
    """Return the size of a page that is asked to have ``limit`` items."""
    return max(1, min(limit, LARGEST))


def make_page(
    rows: Sequence[Row], limit: int, item: Callable[[Row], Item], place: Callable[[Row], Place]
) -> Page[Item]:
    """Return the page of ``rows``, of which one more than ``bound_limit(limit)`` were read."""
    kept = rows[: bound_limit(limit)]
    more = len(rows) > len(kept)
    return Page(tuple(item(row) for row in kept), encode_cursor(*place(kept[-1])) if more else None)


def encode_cursor(*place: int | float | str) -> str:
    """Return the cursor of a place; it is safe in a URL."""
    written = json.dumps(place, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def decode_cursor(after: str, *kinds: type) -> Place:
    """Return the place of a cursor, one value of each of ``kinds``.

    Raises BadCursor if it is invalid, or another list's.
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
