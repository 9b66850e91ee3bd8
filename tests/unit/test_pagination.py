"""Cursors: what went out comes back, and nothing else is believed."""

import base64

import pytest

from knowledge.errors import BadCursor
from knowledge.storage.pagination import (
    LARGEST,
    bound_limit,
    decode_cursor,
    encode_cursor,
    make_page,
)


@pytest.mark.parametrize("place", [(7,), ("2024-01-01", 7), (1.5, 7), ("خبر", -1)])
def test_a_cursor_says_where_it_stands(place: tuple[int | float | str, ...]) -> None:
    written = encode_cursor(*place)
    assert written.isascii()
    assert "=" not in written
    assert decode_cursor(written, *map(type, place)) == place


@pytest.mark.parametrize(
    "written",
    [
        "",
        "nothing",
        "é",
        "A" * 501,
        encode_cursor("7"),
        encode_cursor(7, 7),
        encode_cursor(2**63),
        encode_cursor(True),
        base64.urlsafe_b64encode(b'{"a": 7}').decode(),
        base64.urlsafe_b64encode(b"[" * 300).decode(),
    ],
)
def test_what_is_no_cursor_of_the_list_is_told(written: str) -> None:
    with pytest.raises(BadCursor, match="begin at the first"):
        decode_cursor(written, int)


def test_a_page_is_never_larger_than_it_may_be() -> None:
    assert [bound_limit(n) for n in (-1, 0, 5, 10**9)] == [1, 1, 5, LARGEST]


def test_the_last_page_leads_nowhere() -> None:
    first = make_page([1, 2, 3], 2, str, lambda n: (n,))
    assert first.items == ("1", "2")
    assert first.after is not None
    assert decode_cursor(first.after, int) == (2,)
    assert make_page([1, 2], 2, str, lambda n: (n,)).after is None
    assert make_page([], 2, str, lambda n: (0,)).items == ()
