"""Whose an update is, read off what Telegram wrote, and what becomes of it where storing fails."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.incoming.admission_control import AdmissionControl
from bot.telegram.incoming.intake import Intake, Origin, find_origin, find_update_id
from bot.telegram.incoming.update_store import UpdateStore
from bot.telegram.outgoing.rate_limits import Limits
from knowledge.domain import Course
from knowledge.errors import DatabaseUnavailable
from knowledge.update_queue.queued_updates import NewUpdate, Stored
from tests.e2e.echo_bot import SECRET, sessions_in

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
    assert find_origin(update) == origin


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, 1), (0, 0), (2**63 - 1, 2**63 - 1), (2**63, None), (-1, None), (True, None), ("1", None)],
)
def test_the_number_of_an_update(number: object, expected: int | None) -> None:
    assert find_update_id({"update_id": number}) == expected


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
    origin = find_origin(update)
    assert origin.person is None or isinstance(origin.person, int)
    find_update_id(update)


class _Failing(UpdateStore):
    """An inbox whose database is away for the first ``failures`` deliveries."""

    def __init__(self, folder: Path, failures: int) -> None:
        super().__init__(sessions_in(folder), SECRET)
        self.failures = failures
        self.courses: list[Course] = []

    async def store(self, arriving: Sequence[NewUpdate]) -> Stored:
        if self.failures:
            self.failures -= 1
            raise DatabaseUnavailable("away")
        self.courses += [each.course for each in arriving]
        return await super().store(arriving)


@pytest.mark.parametrize("at_once", [1, 17])
def test_what_cannot_be_stored_is_not_counted_against_the_person_again(
    tmp_path: Path, at_once: int
) -> None:
    # As many as are answered, one that is told, one that is left out.
    limits = Limits(person_burst=15)
    sent = [
        {"update_id": number, "message": {"from": PERSON, "chat": PRIVATE, "text": "claim"}}
        for number in range(17)
    ]

    async def deliver() -> list[Course]:
        inbox = _Failing(tmp_path, failures=3)
        clock = iter(range(1_000))
        intake = Intake(
            inbox,
            AdmissionControl(limits),
            lambda: None,
            lambda _: True,
            clock=lambda: next(clock) / 1_000,
        )
        for begin in range(0, len(sent), at_once):
            while True:
                try:
                    await intake.store(sent[begin : begin + at_once])
                    break
                except DatabaseUnavailable:
                    continue
        await inbox.close()
        return inbox.courses

    assert asyncio.run(deliver()) == [Course.ANSWER] * 15 + [Course.SLOW_DOWN]
