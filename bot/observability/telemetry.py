"""Count and time what the program does, called where it happens.

``watching`` gives it to whoever asks, beside what it reads of the database and the index then.
Labels are closed sets: nothing of a person, no text and no address is among them.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from knowledge.checking.stages import Stage
from knowledge.domain import Outcome

#: What belongs to this program alone: the library's own holds whatever else was imported.
REGISTRY: Final = CollectorRegistry()

#: From what a remembered answer takes to what nobody waits for.
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_CLAIMS: Final = (1, 2, 4, 8, 16)


class Omission(StrEnum):
    """Why an update is neither kept nor answered."""

    #: One person, or one group, sent more than is answered; they were told.
    TOO_MANY = "too_many"
    #: Looked at where there is time for it, and there was none: what is being typed elsewhere, what
    #: a watched group says. Nobody was told.
    PASSED_OVER = "passed_over"
    #: People say it to each other.
    NOT_MEANT = "not_meant"


class Closing(StrEnum):
    """Why a server closed a connection that its peer would have kept."""

    #: A request's headers, or its body, took too long.
    HEADERS = "headers"
    BODY = "body"
    #: What was answered was not read.
    UNREAD = "unread"
    #: No further request came, as is usual.
    IDLE = "idle"
    #: It made room for a newer one; or it was new, and there was none to make.
    DISPLACED = "displaced"
    REFUSED = "refused"


class Door(StrEnum):
    """Where requests come in from anywhere."""

    CONSOLE = "console"
    WEBHOOK = "webhook"


_updates = Counter(
    "tathabbat_updates", "Updates answered, by what they were.", ["kind"], registry=REGISTRY
)
_left_out = Counter(
    "tathabbat_updates_left_out",
    "Updates that are neither kept nor answered, by why.",
    ["why"],
    registry=REGISTRY,
)
_outcomes = Counter(
    "tathabbat_outcomes", "Claims answered, by outcome.", ["outcome"], registry=REGISTRY
)
_stages = Histogram(
    "tathabbat_stage_seconds",
    "How long each stage of an answer takes; total is from arrival to sent.",
    ["stage"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
_batches = Histogram(
    "tathabbat_encoder_batch_claims",
    "Claims that shared a run of the encoder.",
    buckets=_CLAIMS,
    registry=REGISTRY,
)
_idle = Gauge(
    "tathabbat_idle_seconds", "Since the inbox was last looked through.", registry=REGISTRY
)
_failures = Counter(
    "tathabbat_send_failures",
    "Sendings that Telegram did not take, by why.",
    ["reason"],
    registry=REGISTRY,
)
_closings = Counter(
    "tathabbat_connections_closed",
    "Connections to the console, the webhook and this page that were closed on a peer, by why.",
    ["why"],
    registry=REGISTRY,
)
_refusals = Counter(
    "tathabbat_requests_refused",
    "Requests that were refused, by where they came in.",
    ["where"],
    registry=REGISTRY,
)

# So that what never happened is there as zero: an alert on what is absent never fires.
for _outcome in Outcome:
    _outcomes.labels(_outcome.value)
for _why in Omission:
    _left_out.labels(_why.value)
for _closing in Closing:
    _closings.labels(_closing.value)
for _door in Door:
    _refusals.labels(_door.value)

_log = logging.getLogger(__name__)
_looked_at = time.monotonic()


def note_inbox_checked() -> None:
    """Note that the inbox is being looked through, as it is twice a second while all is well."""
    global _looked_at
    _looked_at = time.monotonic()


def measure_idle() -> float:
    """Return the seconds since that was last so, or since the program began."""
    return time.monotonic() - _looked_at


_idle.set_function(measure_idle)


def count_answered(kind: str, seconds: float) -> None:
    """Count an update that has its answer, and what the conversation took for it."""
    _updates.labels(kind).inc()
    observe_stage("talk", seconds)


def count_left_out(why: Omission) -> None:
    """Count an update that is neither kept nor answered."""
    _left_out.labels(why.value).inc()


def count_connection_closed(why: Closing) -> None:
    """Count a connection that was closed on its peer."""
    _closings.labels(why.value).inc()


def count_request_refused(where: Door) -> None:
    """Count a request that was refused."""
    _refusals.labels(where.value).inc()


def count_outcome(outcome: Outcome) -> None:
    """Count a claim's outcome."""
    _outcomes.labels(outcome.value).inc()


def observe_stage(stage: str, seconds: float) -> None:
    """Note how long a stage took."""
    _stages.labels(stage).observe(max(0.0, seconds))


def observe_encoded(claims: int) -> None:
    """Note how many claims shared a run of the encoder."""
    _batches.observe(claims)


def count_not_sent(reason: str) -> None:
    """Count a sending that failed; ``reason`` is a kind, never Telegram's own words."""
    _failures.labels(reason).inc()


@contextmanager
def time_stage(stage: Stage) -> Iterator[None]:
    """Time a stage of answering (``knowledge.checking.stages.Watch``), one that fails too."""
    started = time.perf_counter()
    try:
        yield
    finally:
        passed = time.perf_counter() - started
        observe_stage(stage.value, passed)
        _log.debug("stage_done", extra={"stage": stage.value, "ms": round(passed * 1000, 1)})
