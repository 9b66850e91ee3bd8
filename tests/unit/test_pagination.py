"""Cursors: what went out comes back, and nothing else is believed."""

import base64

import pytest

from knowledge.errors import BadCursor
from knowledge.storage.pagination import LARGEST, bounded, cursor, paged, placed


@pytest.mark.parametrize("place", [(7,), ("2024-01-01", 7), (1.5, 7), ("خبر", -1)])
def test_a_cursor_says_where_it_stands(place: tuple[int | float | str, ...]) -> None:
    written = cursor(*place)
    assert written.isascii()
    assert "=" not in written
    assert placed(written, *map(type, place)) == place


@pytest.mark.parametrize(
    "written",
    [
        "",
        "nothing",
        "é",
        "A" * 501,
        cursor("7"),
        cursor(7, 7),
        cursor(2**63),
        cursor(True),
        base64.urlsafe_b64encode(b'{"a": 7}').decode(),
        base64.urlsafe_b64encode(b"[" * 300).decode(),
    ],
)
def test_what_is_no_cursor_of_the_list_is_told(written: str) -> None:
    with pytest.raises(BadCursor, match="begin at the first"):
        placed(written, int)


def test_a_page_is_never_larger_than_it_may_be() -> None:
    assert [bounded(n) for n in (-1, 0, 5, 10**9)] == [1, 1, 5, LARGEST]


def test_the_last_page_leads_nowhere() -> None:
    first = paged([1, 2, 3], 2, str, lambda n: (n,))
    assert first.items == ("1", "2")
    assert first.after is not None
    assert placed(first.after, int) == (2,)
    assert paged([1, 2], 2, str, lambda n: (n,)).after is None
    assert paged([], 2, str, lambda n: (0,)).items == ()
