"""What an update is a version of, read off what Telegram wrote; nothing breaks it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.incoming.update_identity import find_version, is_edit

CHAT = {"id": 5, "type": "private"}


def said(kind: str = "message", **content: Any) -> dict[str, Any]:
    return {"update_id": 1, kind: {"message_id": 7, "chat": CHAT, "date": 1, **content}}


def test_an_edit_is_a_version_of_the_message_it_changes() -> None:
    before, after = find_version(said(text="ten")), find_version(said("edited_message", text="two"))
    assert before is not None
    assert after is not None
    assert before.message == after.message
    assert before.content != after.content


@pytest.mark.parametrize(
    "change",
    [
        {"text": "ten", "edit_date": 2, "link_preview_options": {"is_disabled": True}},
        {"text": "ten", "entities": []},
    ],
)
def test_what_changes_no_words_reads_the_same(change: dict[str, Any]) -> None:
    assert find_version(said("edited_message", **change)) == find_version(said(text="ten"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"text": "ten"}, {"caption": "ten"}),
        ({"photo": [{"file_unique_id": "a"}]}, {"photo": [{"file_unique_id": "b"}]}),
        ({"text": "ten"}, {"text": "ten", "chat": {"id": 6}}),
        ({"text": "ten"}, {"text": "ten", "message_id": 8}),
    ],
)
def test_what_differs_reads_differently(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert find_version(said(**one)) != find_version(said(**other))


def test_a_press_and_a_post_are_no_version_of_anything() -> None:
    assert find_version({"callback_query": {"message": {"message_id": 7, "chat": CHAT}}}) is None
    assert find_version(said("channel_post", text="posted")) is None


def test_what_changes_a_message_is_an_edit() -> None:
    assert is_edit(said("edited_message", text="two"))
    assert not is_edit(said(text="ten"))
    assert not is_edit(None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["message", "edited_message", "chat", "photo", "text", "message_id"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(json_values)
def test_whatever_is_written_breaks_nothing(update: object) -> None:
    find_version(update)
