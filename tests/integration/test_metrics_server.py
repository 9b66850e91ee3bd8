"""`/healthz` and `/metrics` as whoever watches the bot reads them."""

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from bot.errors import SettingsError
from bot.observability import telemetry
from bot.serving.metrics_server import GAUGES, HealthCollector, serve_metrics
from knowledge import curation
from knowledge.claim_queue import inquiries
from knowledge.corpus import reports
from knowledge.domain import Outcome, ReportDraft, StatementDraft
from knowledge.index.serving_index import ServingIndex, reindex
from knowledge.storage.database import Sessions
from knowledge.update_queue import scheduled_jobs
from tests.bag_of_words import BagOfWords

#: Far enough that it does not matter how long ago this was imported.
LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def bind() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def index(sessions: Sessions, tmp_path: Path) -> ServingIndex:
    draft = ReportDraft("title", statements=(StatementDraft("the bridge is open again"),))
    with sessions.begin() as session:
        curation.publish(session, reports.store(session, draft).statement_ids, "test")
    reindex(sessions, BagOfWords(), tmp_path / "index")
    return ServingIndex(sessions, BagOfWords(), tmp_path / "index")


@pytest.fixture
def broken(engine: Engine, index: ServingIndex) -> Iterator[None]:
    """Have the database fail whatever is asked of it."""

    def fail(*_: object) -> None:
        raise OperationalError("", {}, Exception())

    index.current()
    event.listen(engine, "before_cursor_execute", fail)
    yield
    event.remove(engine, "before_cursor_execute", fail)


@pytest.fixture
def silence() -> list[float]:
    """Seconds since the bot's loop was last heard of."""
    return [0.0]


@pytest.fixture
def standing(sessions: Sessions, index: ServingIndex, silence: list[float]) -> HealthCollector:
    return HealthCollector(sessions, index, lambda: LATER, lambda: silence[-1])


@pytest.fixture
def served(standing: HealthCollector, bind: str) -> Iterator[str]:
    with serve_metrics(standing, bind):
        yield f"http://{bind}"


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - loopback
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with closing(error):
            return error.code, error.read().decode()


def samples(text: str) -> dict[tuple[str, str], float]:
    """Return every sample by its name and the one label it may have."""
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class TestHealth:
    def test_it_is_well_once_the_index_is_open(self, served: str, index: ServingIndex) -> None:
        assert get(f"{served}/healthz") == (503, "index\n")
        index.current()
        assert get(f"{served}/healthz") == (200, "ok\n")

    @pytest.mark.usefixtures("broken")
    def test_a_database_that_is_gone_is_named(self, served: str) -> None:
        assert get(f"{served}/healthz") == (503, "database\n")

    def test_a_loop_that_hangs_is_named(
        self, served: str, index: ServingIndex, silence: list[float]
    ) -> None:
        index.current()
        silence.append(29.0)
        assert get(f"{served}/healthz") == (200, "ok\n")
        silence.append(31.0)
        assert get(f"{served}/healthz") == (503, "loop\n")

    def test_where_others_answer_one_of_them_has_to_live(
        self, sessions: Sessions, index: ServingIndex, bind: str
    ) -> None:
        index.current()
        idle = [31.0, 1.0]
        standing = HealthCollector(sessions, index, lambda: LATER, lambda: 0.0, lambda: idle)
        with serve_metrics(standing, bind):
            url = f"http://{bind}"
            assert get(f"{url}/healthz") == (200, "ok\n")
            found = samples(get(f"{url}/metrics")[1])
            assert found["tathabbat_answering_processes", ""] == 2
            assert found["tathabbat_idle_seconds", ""] == 31.0
            idle.pop()
            assert get(f"{url}/healthz") == (503, "loop\n")
            idle.pop()
            assert get(f"{url}/healthz") == (503, "workers\n")

    def test_nothing_else_is_there(self, served: str) -> None:
        assert get(f"{served}/")[0] == 404
        assert get(f"{served}/healthz/../../etc/passwd")[0] == 404


class TestMetrics:
    def test_what_waits_and_what_is_served_is_read_as_asked(
        self, served: str, index: ServingIndex, sessions: Sessions
    ) -> None:
        index.current()
        with sessions.begin() as session:
            inquiries.record(session, "k" * 64, "is the bridge open", Outcome.NO_MATCH, [], "en")
            scheduled_jobs.lease(session, "feeds", LATER - timedelta(hours=2), timedelta(minutes=1))
        found = samples(get(f"{served}/metrics")[1])
        assert found["tathabbat_index_statements", ""] == 1
        assert found["tathabbat_index_changes_behind", ""] == 0
        assert 80_000 < found["tathabbat_index_age_seconds", ""] <= 86_400
        assert found["tathabbat_queue_depth", "claims"] == 1
        assert found["tathabbat_queue_oldest_seconds", "claims"] > 80_000
        assert found["tathabbat_queue_depth", "notifications"] == 0
        assert found["tathabbat_jobs_overdue", ""] == 1
        assert found["tathabbat_database_up", ""] == 1
        assert found["process_resident_memory_bytes", ""] > 0

    def test_every_gauge_that_is_documented_is_there(
        self, served: str, index: ServingIndex
    ) -> None:
        index.current()
        names = {name for name, _ in samples(get(f"{served}/metrics")[1])}
        assert {f"tathabbat_{name}" for name in GAUGES} <= names

    def test_what_was_counted_is_there(self, served: str) -> None:
        before = samples(get(f"{served}/metrics")[1])
        telemetry.count_answered("claim", 0.2)
        telemetry.count_left_out(telemetry.DropReason.TOO_MANY)
        telemetry.count_outcome(Outcome.REFUTED)
        telemetry.observe_encoded(4)
        telemetry.count_not_sent("gone")
        after = samples(get(f"{served}/metrics")[1])

        def more(*key: str) -> float:
            name, label = key
            return after[name, label] - before.get((name, label), 0.0)

        assert more("tathabbat_updates_total", "claim") == 1
        assert more("tathabbat_updates_left_out_total", "too_many") == 1
        assert more("tathabbat_outcomes_total", "REFUTED") == 1
        assert more("tathabbat_encoder_batch_claims_sum", "") == 4
        assert more("tathabbat_send_failures_total", "gone") == 1
        assert more("tathabbat_stage_seconds_count", "talk") == 1

    @pytest.mark.usefixtures("broken")
    def test_a_database_that_is_gone_leaves_what_is_counted(self, served: str) -> None:
        status, text = get(f"{served}/metrics")
        found = samples(text)
        assert status == 200
        assert found["tathabbat_database_up", ""] == 0
        assert not any(name == "tathabbat_queue_depth" for name, _ in found)


class TestListening:
    def test_a_place_that_is_taken_is_named(self, standing: HealthCollector, served: str) -> None:
        bind = served.removeprefix("http://")
        with pytest.raises(SettingsError, match="METRICS_BIND"), serve_metrics(standing, bind):
            pass

    @pytest.mark.parametrize("bind", ["", "9464", "127.0.0.1:http", "127.0.0.1:99999"])
    def test_what_is_no_place_is_refused(self, standing: HealthCollector, bind: str) -> None:
        with pytest.raises(SettingsError, match="METRICS_BIND"), serve_metrics(standing, bind):
            pass

    def test_it_ends_with_the_body(self, standing: HealthCollector, bind: str) -> None:
        with serve_metrics(standing, bind):
            pass
        with socket.socket() as again:
            assert again.connect_ex(("127.0.0.1", int(bind.rpartition(":")[2]))) != 0

    def test_silent_connections_hold_nobody_up(self, served: str, index: ServingIndex) -> None:
        index.current()
        host, _, port = served.removeprefix("http://").rpartition(":")
        with ExitStack() as peers:
            for _ in range(500):
                peers.enter_context(socket.create_connection((host, int(port))))
            assert get(f"{served}/healthz")[0] == 200
            found = samples(get(f"{served}/metrics")[1])
        assert found["tathabbat_connections_closed_total", "displaced"] > 0
        # They cost no threads: a service may have 512.
        assert threading.active_count() < 50

    def test_too_many_at_once_are_told_to_come_back(
        self,
        sessions: Sessions,
        index: ServingIndex,
        bind: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        asked, may_answer = threading.Semaphore(0), threading.Event()

        def problems(_: HealthCollector) -> list[str]:
            asked.release()
            may_answer.wait()
            return []

        monkeypatch.setattr(HealthCollector, "problems", problems)
        standing = HealthCollector(sessions, index, lambda: LATER)
        monkeypatch.setattr(HealthCollector, "collect", lambda _: iter(()))
        with serve_metrics(standing, bind), ThreadPoolExecutor(8) as threads:
            answers = [threads.submit(get, f"http://{bind}/healthz") for _ in range(8)]
            for _ in answers:
                asked.acquire()
            assert get(f"http://{bind}/healthz") == (503, "busy\n")
            may_answer.set()
            assert [answer.result() for answer in answers] == [(200, "ok\n")] * 8
