"""Split what one statement would bind into batches that a database takes."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

_T = TypeVar("_T")

#: Values bound to one statement: SQLite refuses more than 32,766
#: (``SQLITE_MAX_VARIABLE_NUMBER``, https://www.sqlite.org/limits.html).
MOST_BOUND: Final = 5_000


def in_batches(values: Sequence[_T], size: int = MOST_BOUND) -> Iterator[Sequence[_T]]:
    """Yield ``values`` in their order, ``size`` at a time."""
    return (values[start : start + size] for start in range(0, len(values), size))
