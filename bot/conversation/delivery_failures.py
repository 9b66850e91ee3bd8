"""Describe why notifications could not be delivered, without naming anybody (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final

from bot.conversation.outbox import MAX_TRIES, NO_ADDRESS
from bot.conversation.translations import Catalogue
from knowledge.outbox.delivery import Failure


class _Cause(Enum):
    BLOCKED = auto()
    GONE = auto()
    NO_ADDRESS = auto()
    TRIED = auto()
    REFUSED = auto()


#: A channel's errors for a missing chat, in lower case.
_GONE: Final = (
    "chat not found", "user not found", "peer_id_invalid", "deactivated", "was deleted",
    "initiate conversation",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """A reason in words, how many people it affected, and when it last did."""

    reason: str
    people: int
    last: datetime


def compose_failures(failures: Iterable[Failure], words: Catalogue) -> tuple[DeliveryFailure, ...]:
    """Return the reasons for failed deliveries, the most frequent first."""
    found: dict[_Cause, list[Failure]] = {}
    for each in failures:
        found.setdefault(_classify(each), []).append(each)
    listed = (
        DeliveryFailure(
            _describe(why, words), sum(e.people for e in same), max(e.last for e in same)
        )
        for why, same in found.items()
    )
    return tuple(sorted(listed, key=lambda each: (-each.people, each.reason)))


def compose_failure_line(failures: Iterable[Failure], words: Catalogue) -> str:
    """Return the reasons on one line, each with its number of people; may be empty."""
    return " · ".join(f"{each.reason}: {each.people}" for each in compose_failures(failures, words))


def _classify(failure: Failure) -> _Cause:
    error = failure.error.lower()
    if "blocked" in error:
        return _Cause.BLOCKED
    if any(words in error for words in _GONE):
        return _Cause.GONE
    if error == NO_ADDRESS:
        return _Cause.NO_ADDRESS
    return _Cause.TRIED if failure.tries > MAX_TRIES else _Cause.REFUSED


def _describe(why: _Cause, words: Catalogue) -> str:
    say = words.say
    match why:
        case _Cause.BLOCKED:
            return say("They blocked the bot")
        case _Cause.GONE:
            return say("Their chat was not found")
        case _Cause.NO_ADDRESS:
            return say("Where to write to them is not known")
        case _Cause.TRIED:
            return say("It was tried too many times")
        case _Cause.REFUSED:
            return say("The message was refused")
