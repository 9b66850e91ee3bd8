"""Messages that people change: which version is worth an answer, and where the one before stands.

A channel brings each version as an update of its own, and some that change no word. What an update
is a version of, and its words, are known by keyed hashes, for as long as updates are kept.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.domain import Course, UpdateState
from knowledge.models import QueuedUpdate
from knowledge.update_queue.lease_statements import OPEN

#: What stands where an answer to these is, is no answer.
_REFUSED: Final = (Course.SLOW_DOWN, Course.BUSY)


class Version(Enum):
    """What an update is beside the others of the same message."""

    NEW = auto()
    """It says what no version before it says, and nothing after it waits."""
    SAME = auto()
    """It says what the version before it says: it has its answer there."""
    OVERTAKEN = auto()
    """A later one that says something else waits: that one is answered."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an update stands beside its other versions; ``answer`` is where an earlier one's is."""

    version: Version = Version.NEW
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """One version as it is kept. ``content`` None: it says what no other says."""

    id: int
    message: str | None
    content: str | None
    state: UpdateState
    course: Course
    placeholder: str | None


def standings(session: Session, messages: Mapping[int, str]) -> dict[int, Standing]:
    """Return how updates stand, by their numbers; ``messages`` is what each is a version of."""
    if not messages:
        return {}
    rows = session.execute(
        select(
            QueuedUpdate.id,
            QueuedUpdate.message_key,
            QueuedUpdate.content_key,
            QueuedUpdate.state,
            QueuedUpdate.course,
            QueuedUpdate.placeholder,
        ).where(QueuedUpdate.message_key.in_(set(messages.values())))
    ).all()
    kept = [Kept(*row) for row in rows]
    by_number = {each.id: each for each in kept}
    return {number: standing(by_number[number], kept) for number in messages}


def standing(this: Kept, kept: Collection[Kept]) -> Standing:
    """Return how ``this`` stands among what is ``kept`` (pure).

    Of several in a row that say the same, the first is answered: it is never overtaken by its like.
    """
    versions = sorted((each for each in kept if each.message == this.message), key=_number)
    before = [each for each in versions if each.id < this.id]
    answer = next((e.placeholder for e in reversed(before) if _is_answer(e)), None)
    if before and _say_the_same(before[-1], this):
        return Standing(Version.SAME, answer)
    later = [each for each in versions if each.id > this.id and _is_to_be_answered(each)]
    overtaken = any(not _say_the_same(each, this) for each in later)
    return Standing(Version.OVERTAKEN if overtaken else Version.NEW, answer)


def _number(kept: Kept) -> int:
    return kept.id


def _say_the_same(one: Kept, other: Kept) -> bool:
    return one.content is not None and one.content == other.content


def _is_answer(kept: Kept) -> bool:
    return kept.placeholder is not None and kept.course not in _REFUSED


def _is_to_be_answered(kept: Kept) -> bool:
    return kept.state in OPEN and kept.course is Course.ANSWER
