"""Count and time what the program does; called where it happens.

``metrics_server`` serves these metrics, besides gauges that it reads from database and index.
Labels are closed sets: they never contain personal data, texts or addresses.
"""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from bot.observability import shared_metrics
from knowledge.checking.stages import Stage
from knowledge.domain import Outcome

#: The registry of this program; the library's default one has other imports' metrics too.
REGISTRY: Final = CollectorRegistry()

#: Seconds of the histogram's buckets: from a cached answer to longer than anybody waits.
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_CLAIMS: Final = (1, 2, 4, 8, 16)


class DropReason(StrEnum):
    """Why an update is neither kept nor answered."""

    #: One person, or one group, sent more than is answered; they were told.
    TOO_MANY = "too_many"
    #: Optional work that was dropped under load: inline queries, messages of watched groups. There
    #: is no refusal.
    PASSED_OVER = "passed_over"
    #: Conversation between people, not addressed to the bot.
    NOT_MEANT = "not_meant"


class CloseReason(StrEnum):
    """Why the server closed a connection."""

    #: A request's headers, or its body, took too long.
    HEADERS = "headers"
    BODY = "body"
    #: The peer did not read the answer.
    UNREAD = "unread"
    #: No further request came in time, which is usual.
    IDLE = "idle"
    #: It was closed for a newer one; or it was new, and no room could be made.
    DISPLACED = "displaced"
    REFUSED = "refused"


class Listener(StrEnum):
    """The listeners that anybody may send requests to."""

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

# Initialise all labels with zero: an alert on a missing series never fires.
for _outcome in Outcome:
    _outcomes.labels(_outcome.value)
for _why in DropReason:
    _left_out.labels(_why.value)
for _closing in CloseReason:
    _closings.labels(_closing.value)
for _listener in Listener:
    _refusals.labels(_listener.value)

_log = logging.getLogger(__name__)
_looked_at = time.monotonic()


def find_collector() -> Collector:
    """Return what gives the metrics of this process, or of all of a bot that has several."""
    folder = os.environ.get(shared_metrics.VARIABLE)
    if folder:
        return MultiProcessCollector(None, folder)  # type: ignore[no-untyped-call]
    return REGISTRY


def note_inbox_checked() -> None:
    """Record that the update queue was polled, which normally happens twice a second."""
    global _looked_at
    _looked_at = time.monotonic()


def measure_idle() -> float:
    """Return the seconds since the queue was last polled, or since the start."""
    return time.monotonic() - _looked_at


def count_answered(kind: str, seconds: float) -> None:
    """Count an answered update and the seconds that the conversation took."""
    _updates.labels(kind).inc()
    observe_stage("talk", seconds)


def count_left_out(why: DropReason) -> None:
    """Count an update that is neither stored nor answered."""
    _left_out.labels(why.value).inc()


def count_connection_closed(why: CloseReason) -> None:
    """Count a connection that the server closed."""
    _closings.labels(why.value).inc()


def count_request_refused(where: Listener) -> None:
    """Count a request that was refused."""
    _refusals.labels(where.value).inc()


def count_outcome(outcome: Outcome) -> None:
    """Count a claim's outcome."""
    _outcomes.labels(outcome.value).inc()


def observe_stage(stage: str, seconds: float) -> None:
    """Record the duration of a stage."""
    _stages.labels(stage).observe(max(0.0, seconds))


def observe_encoded(claims: int) -> None:
    """Record how many claims were encoded in one batch."""
    _batches.observe(claims)


def count_not_sent(reason: str) -> None:
    """Count a failed send; ``reason`` is a kind of failure, never Telegram's own words."""
    _failures.labels(reason).inc()


@contextmanager
def time_stage(stage: Stage) -> Iterator[None]:
    """Time a stage of answering (``knowledge.checking.stages.Watch``), even if it fails."""
    started = time.perf_counter()
    try:
        yield
    finally:
        passed = time.perf_counter() - started
        observe_stage(stage.value, passed)
        _log.debug("stage_done", extra={"stage": stage.value, "ms": round(passed * 1000, 1)})
