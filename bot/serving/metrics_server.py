"""Serve ``/healthz`` and ``/metrics`` on a listener of their own, for monitoring.

Events are counted in ``telemetry`` as they happen; the state of queues and index is read from the
database and the serving index at each request.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot import serving
from bot.errors import SettingsError
from bot.observability import telemetry
from embeddings.errors import (
    IndexBusy,
    IndexCorrupt,
    IndexMismatch,
    IndexMissing,
    IndexUnavailable,
    IndexUnreachable,
)
from knowledge.errors import DatabaseFailed
from knowledge.index import serving_index
from knowledge.index.serving_index import Serving
from knowledge.statistics import backlog
from knowledge.storage.database import Sessions
from knowledge.update_queue import scheduled_jobs

_log = logging.getLogger(__name__)

#: Seconds that a stop waits for open requests: monitoring asks again.
_PATIENCE_SECONDS: Final = 2
#: Concurrent requests, each of which may query the database; more are refused.
_AT_ONCE: Final = 8
#: A job due for less than this is on time: jobs are polled every few seconds.
_GRACE: Final = timedelta(minutes=1)
#: Seconds without a poll of the update queue after which the bot's loop counts as hanging. It
#: polls twice a second, and every fifteen seconds while the database fails.
_SILENCE_SECONDS: Final = 30.0
_NAME: Final = "tathabbat_"
#: The gauges that are read at each request, with their descriptions.
GAUGES: Final = {
    "answering_processes": "Processes that answer.",
    "database_up": "Whether the database answers.",
    "idle_seconds": "Since the inbox was last looked through.",
    "jobs_overdue": "Scheduled jobs that are overdue.",
    "index_age_seconds": "Since the served snapshot was built.",
    "index_changes_behind": "Changes that are not served yet.",
    "index_failing": "Whether the index that the settings name does not serve.",
    "index_statements": "Statements that are served.",
    "queue_depth": "How many wait.",
    "queue_oldest_seconds": "How long the first has been waiting.",
}


#: The word in ``/healthz`` for each failure of an index server.
INDEX_WORDS: Final[dict[type[IndexUnavailable], str]] = {
    IndexUnreachable: "index_unreachable",
    IndexMismatch: "index_mismatch",
    IndexCorrupt: "index_damaged",
    IndexMissing: "index_missing",
    IndexBusy: "index_busy",
    IndexUnavailable: "index_refused",
}


class HealthCollector(Collector):
    """Reads the health of this process and the gauges of queues, jobs and index."""

    def __init__(
        self,
        sessions: Sessions,
        index: Serving,
        clock: Callable[[], datetime],
        idle: Callable[[], float] = telemetry.measure_idle,
        idle_processes: Callable[[], list[float]] | None = None,
    ) -> None:
        """``idle_processes`` is of each that answers, if others than this one do."""
        self._sessions, self._index, self._clock, self._idle = sessions, index, clock, idle
        self._idle_processes = idle_processes

    def problems(self) -> list[str]:
        """Return what prevents this process from answering people, one word each; may be empty."""
        found = []
        try:
            self._sessions.require_answer()
        except DatabaseFailed as error:
            _log.warning("unhealthy", extra={"part": "database", "error": type(error).__name__})
            found.append("database")
        if self._index.served() is None:
            found.append(_describe_index_problem(self._index.problem))
        answering = self._measure_answering()
        if not answering:
            found.append("workers")
        # Of several that answer one may hang: the others take over what it leased.
        elif max(self._idle(), min(answering)) > _SILENCE_SECONDS:
            found.append("loop")
        return found

    def _measure_answering(self) -> list[float]:
        return [self._idle()] if self._idle_processes is None else self._idle_processes()

    def notes(self) -> list[str]:
        """Return what does not work although people are answered, one word each."""
        problem = self._index.problem
        return [] if problem is None else [_describe_index_problem(problem)]

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges; without the database's if it does not answer."""
        at = self._clock()
        answers, last = 1.0, None
        try:
            last = self._sessions.read(serving_index.last_change)
            waiting = self._sessions.read(backlog.measure_queues, at)
            late = len(self._sessions.read(scheduled_jobs.list_overdue, at - _GRACE))
        except DatabaseFailed as error:
            _log.warning("not_measured", extra={"error": type(error).__name__})
            answers = 0.0
        else:
            yield from _collect_queues(waiting, at)
            yield _make_gauge("jobs_overdue", late)
        yield _make_gauge("database_up", answers)
        answering = self._measure_answering()
        yield _make_gauge("answering_processes", len(answering))
        yield _make_gauge("idle_seconds", max(self._idle(), *answering, 0.0))
        yield _make_gauge("index_failing", float(self._index.problem is not None))
        yield from self._collect_index(at, last)

    def _collect_index(self, at: datetime, last: int | None) -> Iterator[Metric]:
        served = self._index.served()
        if served is None:
            return
        yield _make_gauge("index_statements", served.statements)
        if served.built_at is not None:
            age = (at - served.built_at).total_seconds()
            yield _make_gauge("index_age_seconds", age)
        if last is not None:
            behind = max(0, last - served.change_number)
            yield _make_gauge("index_changes_behind", behind)


@contextmanager
def serve_metrics(standing: HealthCollector, bind: str) -> Iterator[None]:
    """Serve at ``bind`` (host:port) while the body runs. Raises SettingsError if it cannot."""
    try:
        listener = serving.listen(*serving.parse_address(bind))
    except serving.CannotListen as error:
        raise SettingsError(
            f"health and figures cannot be served at {bind} ({error}); set METRICS_BIND to a"
            " free host:port such as 127.0.0.1:9464, or leave it empty"
        ) from error
    with serving.serve_in_thread(_make_application(standing), listener, _PATIENCE_SECONDS):
        _log.info("watching_started", extra={"bind": bind})
        yield


def _make_application(standing: HealthCollector) -> Starlette:
    registry = CollectorRegistry()
    for collector in (telemetry.find_collector(), standing):
        registry.register(collector)
    ProcessCollector(registry=registry)
    places = threading.BoundedSemaphore(_AT_ONCE)

    def bounded(answer: Callable[[], Response]) -> Callable[[Request], Response]:
        """Return an endpoint that runs in a thread, and refuses if too many requests run."""

        def endpoint(_: Request) -> Response:
            if not places.acquire(blocking=False):
                return PlainTextResponse("busy\n", HTTPStatus.SERVICE_UNAVAILABLE)
            try:
                return answer()
            finally:
                places.release()

        return endpoint

    def health() -> Response:
        problems = standing.problems()
        status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
        words = problems or ["ok", *standing.notes()]
        return PlainTextResponse(f"{' '.join(words)}\n", status)

    def figures() -> Response:
        return Response(
            generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )

    async def nothing(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
        return PlainTextResponse("/healthz or /metrics\n", error.status_code, error.headers)

    return Starlette(
        routes=[
            Route("/healthz", bounded(health), methods=["GET"]),
            Route("/metrics", bounded(figures), methods=["GET"]),
        ],
        exception_handlers={HTTPException: nothing},
    )


def _describe_index_problem(problem: IndexUnavailable | None) -> str:
    return next((word for kind, word in INDEX_WORDS.items() if isinstance(problem, kind)), "index")


def _collect_queues(
    waiting: dict[backlog.QueueName, backlog.Queue], at: datetime
) -> Iterator[GaugeMetricFamily]:
    depth, oldest = (
        GaugeMetricFamily(_NAME + name, GAUGES[name], labels=["queue"])
        for name in ("queue_depth", "queue_oldest_seconds")
    )
    for name, queue in waiting.items():
        passed = (at - queue.oldest).total_seconds() if queue.oldest is not None else 0.0
        depth.add_metric([name.value], queue.waiting)
        oldest.add_metric([name.value], max(0.0, passed))
    yield depth
    yield oldest


def _make_gauge(name: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(_NAME + name, GAUGES[name], value=value)
