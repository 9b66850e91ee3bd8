"""Bulk embedding on Ray: the same vectors, each computed once, whoever dies meanwhile.

One cluster of two workers on loopback, where Ray is installed.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from sqlalchemy import func, select

from bot.app import App
from embeddings.encoders import ray_workers
from embeddings.encoders.encoder import Encoder, SentenceTransformerEncoder
from embeddings.encoders.ray_workers import LOCAL, RayWorkers
from embeddings.errors import WorkersUnavailable
from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import ReportDraft, StatementDraft
from knowledge.index.bulk_embedding import BATCH, embed_in_bulk
from knowledge.index.vector_cache import forget, load_kept, load_or_compute
from knowledge.models import Vector
from knowledge.storage.database import Sessions, open_engine
from tests.bag_of_words import BagOfWords
from tests.counting import Counting
from tests.integration.command_line import Cli, command_line
from tests.unreliable_encoders import Blind, Dying, Failing

ROOT: Final = Path(__file__).parents[2]
#: More than the workers have in hand at once.
TEXTS: Final = [f"statement {n} of {n % 7}" for n in range(9 * BATCH + 1)]


# What a driver does; it is killed.
_DRIVER: Final = """
import sys
from functools import partial
from embeddings.encoders.ray_workers import open_workers
from knowledge.index.bulk_embedding import embed_in_bulk
from knowledge.storage.database import Sessions, open_engine
from tests.unreliable_encoders import Slow
workers = partial(open_workers, sys.argv[1], Slow, Slow.fingerprint)
sessions = Sessions(open_engine(sys.argv[2], make=False))
embed_in_bulk(sessions, Slow.fingerprint, workers, lambda done, _: print(done, flush=True))
"""


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """Return Ray, with a cluster of two workers of this process's own."""
    pytest.importorskip("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("SECRET_KEY", "to be known by no worker")
        with ray_workers.connect(LOCAL, most=2, hidden=["SECRET_KEY"]) as connected:
            yield connected


@pytest.fixture
def file(tmp_path: Path, migrated_file: Path) -> Path:
    return Path(shutil.copy(migrated_file, tmp_path / "tathabbat.db"))


@pytest.fixture
def sessions(file: Path) -> Iterator[Sessions]:
    engine = open_engine(f"sqlite:///{file}")
    yield Sessions(engine)
    engine.dispose()


def _publish(sessions: Sessions, texts: Sequence[str]) -> None:
    drafts = ReportDraft("title", statements=tuple(StatementDraft(text) for text in texts))
    with sessions.begin() as session:
        curation.publish(session, reports.store(session, drafts).statement_ids, "test")


def _kept(sessions: Sessions) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(Vector)) or 0


def _workers(
    ray: Any, encoder: Callable[[], Encoder] = BagOfWords, count: int = 2
) -> contextlib.closing[RayWorkers]:
    return contextlib.closing(RayWorkers(ray, encoder, BagOfWords.fingerprint, count))


def _embed(sessions: Sessions, ray: Any, encoder: Callable[[], Encoder] = BagOfWords) -> int:
    return embed_in_bulk(sessions, BagOfWords.fingerprint, partial(_opened, ray, encoder))


@contextlib.contextmanager
def _opened(ray: Any, encoder: Callable[[], Encoder]) -> Iterator[RayWorkers]:
    with _workers(ray, encoder) as workers:
        yield workers


def _never() -> contextlib.AbstractContextManager[RayWorkers]:
    raise AssertionError("there was nothing to compute")


def _session_folder(ray: Any) -> Path:
    return Path(ray._private.worker._global_node.get_session_dir_path())


def _environment(ray: Any) -> tuple[str, dict[str, str]]:
    """Return the cluster's address, and what another process needs to connect to it."""
    key = _session_folder(ray).parents[1] / "key"
    own = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(key),
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "PYTHONPATH": str(ROOT),
    }
    return ray.get_runtime_context().gcs_address, os.environ | own


def test_vectors_are_those_of_this_machine_and_computed_once(ray: Any, sessions: Sessions) -> None:
    _publish(sessions, TEXTS)
    assert _embed(sessions, ray, Blind) == len(TEXTS)
    counting = Counting(BagOfWords())
    found = load_or_compute(sessions, counting, TEXTS)
    assert not counting.computed
    forget(sessions, BagOfWords.fingerprint)
    assert np.array_equal(found, load_or_compute(sessions, BagOfWords(), TEXTS))
    assert embed_in_bulk(sessions, BagOfWords.fingerprint, _never) == 0


def test_a_worker_that_is_killed_is_replaced(ray: Any, sessions: Sessions, tmp_path: Path) -> None:
    _publish(sessions, TEXTS)
    assert _embed(sessions, ray, partial(Dying, TEXTS[BATCH], tmp_path / "died")) == len(TEXTS)
    assert (tmp_path / "died").exists()
    assert _kept(sessions) == len(TEXTS)


def test_a_batch_that_kills_every_worker_ends_it_and_the_rest_is_kept(
    ray: Any, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_workers, "_TRIES", 2)
    _publish(sessions, TEXTS[: 2 * BATCH])
    with pytest.raises(WorkersUnavailable, match="died 2 times on one batch"):
        _embed(sessions, ray, partial(Dying, TEXTS[BATCH]))
    assert _kept(sessions) == BATCH


def test_what_a_library_says_of_a_text_is_not_repeated(ray: Any, sessions: Sessions) -> None:
    _publish(sessions, TEXTS[:2])
    with pytest.raises(
        WorkersUnavailable, match=r"the encoder fails on .* \(ValueError\)"
    ) as error:
        _embed(sessions, ray, Failing)
    assert TEXTS[0] not in str(error.value)
    logs = list((_session_folder(ray) / "logs").rglob("*"))
    assert logs
    for log in logs:
        assert log.is_dir() or TEXTS[0].encode() not in log.read_bytes(), log


def test_workers_with_another_encoder_are_refused(ray: Any) -> None:
    workers = RayWorkers(ray, BagOfWords, "another", 1)
    with (
        contextlib.closing(workers),
        pytest.raises(WorkersUnavailable, match="has another encoder than this machine"),
    ):
        list(workers.encode_batches([["text"]]))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_driver_that_is_ended_is_continued(
    ray: Any, sessions: Sessions, file: Path, how: signal.Signals
) -> None:
    _publish(sessions, TEXTS)
    address, environment = _environment(ray)
    driver = subprocess.Popen(
        [sys.executable, "-c", _DRIVER, address, f"sqlite:///{file}"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    with driver:
        assert driver.stdout is not None
        assert driver.stderr is not None
        assert int(driver.stdout.readline()) >= 1
        driver.send_signal(how)
        said = driver.stderr.read()
    # At SIGTERM Ray itself prints its stack and aborts.
    assert "***" not in said
    assert driver.returncode == (-how if how is signal.SIGKILL else -signal.SIGINT)
    kept = _kept(sessions)
    assert BATCH <= kept < len(TEXTS)
    assert _embed(sessions, ray) == len(TEXTS) - kept
    assert _kept(sessions) == len(TEXTS)


def test_the_command_embeds_with_the_real_model_and_serves(
    ray: Any,
    tmp_path: Path,
    migrated_file: Path,
    bundled_encoder: SentenceTransformerEncoder,
    models_dir: Path,
) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "models").symlink_to(models_dir)
    bundled_encoder.encode_statements(["made before"])
    engine = open_engine(f"sqlite:///{shutil.copy(migrated_file, data / 'tathabbat.db')}")
    sessions = Sessions(engine)
    _publish(sessions, TEXTS[:4])
    address, environment = _environment(ray)
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli.main", "reindex", "--ray", address],
        env=environment | {"DATA_DIR": str(data)},
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "is now served: 4 statements" in done.stdout
    kept = load_kept(sessions, bundled_encoder.fingerprint, TEXTS[:4])
    here = bundled_encoder.encode_statements(TEXTS[:4])
    for text, row in zip(TEXTS[:4], here, strict=True):
        # At 8 bits, what stands beside a text in a run changes its vector a little.
        assert kept[text] @ row > 0.99
    engine.dispose()


class TestRefusals:
    """What cannot work is told in one sentence with the way out."""

    @pytest.fixture
    def cli(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        tmp_path: Path,
        migrated_file: Path,
    ) -> Cli:
        data = tmp_path / "data"
        data.mkdir(mode=0o700)
        engine = open_engine(f"sqlite:///{shutil.copy(migrated_file, data / 'tathabbat.db')}")
        _publish(Sessions(engine), TEXTS[:1])
        engine.dispose()
        monkeypatch.setenv("DATA_DIR", str(data))
        monkeypatch.setattr(App, "encoder", BagOfWords())
        return command_line(monkeypatch, capsys)

    def test_without_ray_it_is_said_how_to_install_it(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "ray", None)
        result = cli("reindex", "--ray")
        assert result.code == 1
        assert "run `pip install 'tathabbat[ray]'`, or leave --ray out" in result.sentence

    @pytest.mark.parametrize("address", ["127.0.0.1:{}", "ray://127.0.0.1:{}"])
    def test_an_address_that_does_not_answer(self, cli: Cli, address: str) -> None:
        pytest.importorskip("ray")
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        began = time.monotonic()
        result = cli("reindex", "--ray", address.format(port))
        assert result.code == 1
        assert "no Ray cluster answers at" in result.sentence
        assert time.monotonic() - began < 5

    @pytest.mark.parametrize("address", ["127.0.0.1:{}", "ray://127.0.0.1:{}"])
    @pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
    def test_what_is_no_cluster_is_refused_in_seconds(
        self, cli: Cli, address: str, answer: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ray itself would try for minutes, and write lines of its own."""
        pytest.importorskip("ray")
        monkeypatch.setattr(ray_workers, "_ANSWER_S", 1.0)
        kept = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    kept.append(server.accept()[0])
                    kept[-1].sendall(answer)

        with socket.create_server(("127.0.0.1", 0)) as server:
            threading.Thread(target=serve, daemon=True).start()
            began = time.monotonic()
            result = cli("reindex", "--ray", address.format(server.getsockname()[1]))
            server.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()
        assert result.code == 1
        assert "is no Ray cluster, or hangs; correct the address" in result.sentence
        assert time.monotonic() - began < 10

    @pytest.mark.parametrize("address", ["host", "host:port", "http://host:80/", "ray://"])
    def test_an_address_that_is_none(self, cli: Cli, address: str) -> None:
        pytest.importorskip("ray")
        result = cli("reindex", "--ray", address)
        assert result.code == 1
        assert "is no address of a Ray cluster; write auto, host:6379" in result.sentence
