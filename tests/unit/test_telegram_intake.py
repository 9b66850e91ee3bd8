"""Whose an update is, read off what Telegram wrote; nothing that is written breaks it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.intake import Origin, number_of, origin_of

PERSON = {"id": 5, "is_bot": False, "first_name": "Person"}
PRIVATE = {"id": 5, "type": "private"}
GROUP = {"id": -100, "type": "supergroup"}


@pytest.mark.parametrize(
    ("update", "origin"),
    [
        ({"message": {"from": PERSON, "chat": PRIVATE}}, Origin(5, 5)),
        ({"message": {"from": PERSON, "chat": GROUP}}, Origin(5, -100, in_group=True)),
        ({"edited_message": {"from": PERSON, "chat": PRIVATE}}, Origin(5, 5)),
        ({"channel_post": {"chat": {"id": -7, "type": "channel"}}}, Origin(None, -7, True)),
        ({"callback_query": {"from": PERSON, "message": {"chat": GROUP}}}, Origin(5, -100, True)),
        ({"callback_query": {"from": PERSON, "inline_message_id": "1"}}, Origin(5)),
        ({"inline_query": {"id": "1", "from": PERSON, "query": "claim"}}, Origin(5)),
        ({"message_reaction": {"user": PERSON, "chat": GROUP}}, Origin(5, -100, True)),
        (
            {"message": {"from": PERSON, "sender_chat": GROUP, "chat": GROUP}},
            Origin(None, -100, True),
        ),
        ({"my_chat_member": {"from": PERSON, "chat": PRIVATE}}, Origin(5, 5)),
        ({"poll": {"id": "1"}}, Origin()),
        ({"message": {"from": "nobody", "chat": [1]}}, Origin()),
        ({}, Origin()),
        (None, Origin()),
    ],
)
def test_where_an_update_comes_from(update: Any, origin: Origin) -> None:
    if isinstance(update, dict):
        update = {"update_id": 1, **update}
    assert origin_of(update) == origin


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, 1), (0, 0), (2**63 - 1, 2**63 - 1), (2**63, None), (-1, None), (True, None), ("1", None)],
)
def test_the_number_of_an_update(number: object, expected: int | None) -> None:
    assert number_of({"update_id": number}) == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["update_id", "message", "from", "user", "chat", "id", "type"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(json_values)
def test_whatever_is_written_has_an_origin_or_none(update: object) -> None:
    origin = origin_of(update)
    assert origin.person is None or isinstance(origin.person, int)
    number_of(update)
