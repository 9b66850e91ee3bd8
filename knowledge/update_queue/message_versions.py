"""Versions of edited messages: which one to answer, and where the previous answer is.

A channel delivers each version as an update of its own, and some that change no word. Message and
words are identified by keyed hashes, for as long as updates are stored.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from sqlalchemy.orm import Session

from knowledge.domain import Course, UpdateState
from knowledge.update_queue.lease_statements import OPEN, VERSIONS

#: Courses whose message is not an answer.
_REFUSED: Final = (Course.SLOW_DOWN, Course.BUSY)


class VersionStatus(Enum):
    """How an update relates to others of the same message."""

    NEW = auto()
    """It says what no version before it says, and nothing after it waits."""
    SAME = auto()
    """It says what the version before it says: it has its answer there."""
    OVERTAKEN = auto()
    """A later one that says something else waits: that one is answered."""


@dataclass(frozen=True, slots=True)
class MessageVersion:
    """An update among the versions of its message; ``answer`` is where an earlier answer is."""

    status: VersionStatus = VersionStatus.NEW
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A stored version. ``content_key`` None: no other version says the same."""

    id: int
    message_key: str | None
    content_key: str | None
    state: UpdateState
    course: Course
    placeholder: str | None


def load_versions(session: Session, messages: Mapping[int, str]) -> dict[int, MessageVersion]:
    """Compare updates with stored ones, by number; ``messages`` are what each is a version of."""
    if not messages:
        return {}
    rows = session.execute(VERSIONS, {"messages": list(set(messages.values()))}).all()
    kept = [StoredVersion(*row) for row in rows]
    by_number = {each.id: each for each in kept}
    return {number: compare(by_number[number], kept) for number in messages}


def compare(this: StoredVersion, kept: Collection[StoredVersion]) -> MessageVersion:
    """Compare ``this`` version with the ``kept`` ones (pure).

    Of several in a row with the same words the first is answered: equal ones do not overtake it.
    """
    versions = sorted((each for each in kept if each.message_key == this.message_key), key=_number)
    before = [each for each in versions if each.id < this.id]
    answer = next((e.placeholder for e in reversed(before) if _is_answer(e)), None)
    if before and _say_the_same(before[-1], this):
        return MessageVersion(VersionStatus.SAME, answer)
    later = [each for each in versions if each.id > this.id and _is_to_be_answered(each)]
    overtaken = any(not _say_the_same(each, this) for each in later)
    return MessageVersion(VersionStatus.OVERTAKEN if overtaken else VersionStatus.NEW, answer)


def _number(kept: StoredVersion) -> int:
    return kept.id


def _say_the_same(one: StoredVersion, other: StoredVersion) -> bool:
    return one.content_key is not None and one.content_key == other.content_key


def _is_answer(kept: StoredVersion) -> bool:
    return kept.placeholder is not None and kept.course not in _REFUSED


def _is_to_be_answered(kept: StoredVersion) -> bool:
    return kept.state in OPEN and kept.course is Course.ANSWER
