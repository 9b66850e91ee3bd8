"""Which version of a message is answered, and where the answer before it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.domain import Course, UpdateState
from knowledge.update_queue.message_versions import (
    MessageVersion,
    StoredVersion,
    VersionStatus,
    compare,
)

WAITING, SENT = UpdateState.WAITING, UpdateState.SENT
ASKED, REFUSED = Course.ANSWER, Course.SLOW_DOWN
NEW, SAME, OVERTAKEN = VersionStatus


def kept(
    number: int,
    content: str | None,
    state: UpdateState = WAITING,
    placeholder: str | None = None,
    course: Course = ASKED,
) -> StoredVersion:
    return StoredVersion(number, "message", content, state, course, placeholder)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], MessageVersion()),
        ([kept(1, "old", SENT, "77")], MessageVersion(NEW, "77")),
        ([kept(1, "this", SENT, "77")], MessageVersion(SAME, "77")),
        # What was said before that, and taken back since, is said anew.
        (
            [kept(1, "this", SENT, "77"), kept(2, "old", SENT, "77")],
            MessageVersion(NEW, "77"),
        ),
        # The latest answer counts; a refusal is none.
        (
            [kept(1, "a", SENT, "7"), kept(2, "b", SENT, "8")],
            MessageVersion(NEW, "8"),
        ),
        (
            [kept(1, "a", SENT, "7"), kept(2, "b", SENT, "8", REFUSED)],
            MessageVersion(NEW, "7"),
        ),
        ([kept(1, "a", SENT)], MessageVersion()),
        ([kept(8, "new")], MessageVersion(OVERTAKEN)),
        ([kept(8, "this")], MessageVersion()),
        ([kept(8, "new", course=REFUSED)], MessageVersion()),
        ([kept(8, "new", SENT)], MessageVersion()),
        ([StoredVersion(8, "another message", "new", WAITING, ASKED, None)], MessageVersion()),
    ],
)
def test_how_an_update_stands(others: list[StoredVersion], expected: MessageVersion) -> None:
    this = kept(5, "this")
    assert compare(this, [*others, this]) == expected


def test_what_says_something_of_its_own_is_only_overtaken() -> None:
    first, second = kept(1, None), kept(2, None)
    assert compare(first, [first, second]) == MessageVersion(OVERTAKEN)
    done = kept(1, None, SENT)
    assert compare(second, [done, second]) == MessageVersion()


@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=8))
def test_of_whatever_waits_the_last_words_are_answered_once(said: list[str]) -> None:
    versions = [kept(number, words) for number, words in enumerate(said)]
    found = [compare(each, versions).status for each in versions]
    assert found.count(NEW) == 1
    assert said[found.index(NEW)] == said[-1]
