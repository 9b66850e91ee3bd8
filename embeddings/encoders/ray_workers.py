"""Encode statements in bulk on Ray: an encoder per worker, batches in the order they get done.

Ray is imported when workers are opened. A worker gets what opens its encoder, and texts; it returns
vectors in half precision. One that dies is replaced, and its batches are encoded again.
"""

import logging
import os
import secrets
import shutil
import signal
import socket
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from embeddings.encoders.encoder import Encoder
from embeddings.errors import EmbeddingsError, WorkersUnavailable, first_line
from embeddings.thread_pool import PROCESSORS, use_processors

#: The address of a cluster of this machine's own, started for one run.
LOCAL: Final = "local"
#: The address of the cluster that this machine is a node of.
AUTO: Final = "auto"
EXTRA: Final = "pip install 'tathabbat[ray]'"

_CLIENT: Final = "ray://"
_CLIENT_PORT: Final = "10001"
#: Seconds that a cluster has to accept a connection, and then to answer.
_REACH_S: Final = 5.0
_ANSWER_S: Final = 10.0
#: Seconds that nothing may happen while no worker is ready: a node without the model makes it.
_START_S: Final = 900.0
#: Batches that a worker has at a time: one is encoded while the next one waits.
_IN_HAND: Final = 2
#: How often a batch is tried, and workers are started in a row, before giving up.
_TRIES: Final = 4
#: Bytes of a local cluster's memory for texts and vectors on their way.
_STORE: Final = 128 * 2**20
#: Environment variables without which Ray wants the key of this run for everything.
_AUTHENTICATION: Final = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN")
#: Nothing is reported to Ray's makers, and ports are of the loopback interface only, as they are on
#: other systems unless this is 1.
_LOCAL_ENVIRONMENT: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
}

Batch = Sequence[str]
HalfVectors = NDArray[np.float16]


class Worker:
    """An encoder in a process of its own, which uses one processor.

    Its errors name no text: Ray writes them to its logs.
    """

    def __init__(self, open_encoder: Callable[[], Encoder]) -> None:
        use_processors(1)
        self._open_encoder = open_encoder
        self._encoder: Encoder | None = None

    def open(self) -> str:
        """Load the encoder, and return its fingerprint."""
        with _without_texts():
            self._encoder = self._open_encoder()
            self._encoder.encode_statements(["1"])
            return self._encoder.fingerprint

    def encode(self, texts: Batch) -> HalfVectors:
        """Return one unit vector per text, (texts, dimension)."""
        assert self._encoder is not None  # noqa: S101 - opened first
        with _without_texts():
            return self._encoder.encode_statements(texts).astype(np.float16)


@contextmanager
def _without_texts() -> Iterator[None]:
    try:
        yield
    except EmbeddingsError as error:
        raise WorkersUnavailable(f"on {socket.gethostname()}: {error}") from None
    # A library's message may quote what it was given.
    except Exception as error:  # noqa: BLE001
        raise WorkersUnavailable(
            f"the encoder fails on {socket.gethostname()} ({type(error).__name__}); leave --ray out"
            " to see why"
        ) from None


@dataclass(eq=False, slots=True)
class _Running:
    """A worker and the batches that it has in hand."""

    actor: Any
    batches: list["_Batch"] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class _Batch:
    texts: Batch
    tries: int = 0


class RayWorkers:
    """Encodes batches on ``count`` workers; see ``open_workers``."""

    def __init__(
        self, ray: Any, open_encoder: Callable[[], Encoder], fingerprint: str, count: int
    ) -> None:
        self._ray, self._open_encoder, self._fingerprint = ray, open_encoder, fingerprint
        # No restarts by Ray: they would bind batches to a worker that may find no node to start on.
        self._actor = ray.remote(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD")(Worker)
        self._starting: dict[Any, Any] = {}
        self._tasks: dict[Any, tuple[_Running, _Batch]] = {}
        self._ready: list[_Running] = []
        self._again: deque[_Batch] = deque()
        self._failed_starts = 0
        for _ in range(count):
            self._start()

    def close(self) -> None:
        """Stop the workers."""
        for actor in (*self._starting.values(), *(running.actor for running in self._ready)):
            self._ray.kill(actor)

    def encode_batches(self, batches: Iterable[Batch]) -> Iterator[tuple[Batch, HalfVectors]]:
        """Yield each batch with its vectors, in the order they get done.

        Batches are taken from ``batches`` as workers have room for them. Raises WorkersUnavailable
        if workers have another encoder, cannot open it, or die again and again.
        """
        source = iter(batches)
        while True:
            self._hand_out(source)
            if not self._tasks and self._ready:
                return
            waited = [*self._tasks, *self._starting]
            done, _ = self._ray.wait(waited, num_returns=1, timeout=_START_S)
            if not done and not self._ready:
                raise WorkersUnavailable(
                    f"no worker of the Ray cluster started in {_START_S / 60:.0f} minutes; see with"
                    " `ray status` whether it has free processors"
                )
            for reference in done:
                if reference in self._starting:
                    self._finish_start(reference)
                    continue
                running, batch = self._tasks.pop(reference)
                vectors = self._result(reference, running, batch)
                if vectors is not None:
                    yield batch.texts, vectors

    def _hand_out(self, source: Iterator[Batch]) -> None:
        while True:
            free = min(self._ready, key=lambda each: len(each.batches), default=None)
            if free is None or len(free.batches) >= _IN_HAND:
                return
            if self._again:
                batch = self._again.popleft()
            elif (texts := next(source, None)) is not None:
                batch = _Batch(texts)
            else:
                return
            batch.tries += 1
            free.batches.append(batch)
            self._tasks[free.actor.encode.remote(batch.texts)] = free, batch

    def _start(self) -> None:
        actor = self._actor.remote(self._open_encoder)
        self._starting[actor.open.remote()] = actor

    def _finish_start(self, reference: Any) -> None:
        actor = self._starting.pop(reference)
        try:
            fingerprint = self._get(reference)
        except self._ray.exceptions.RayError as error:
            self._failed_starts += 1
            if getattr(error, "actor_init_failed", False) or self._failed_starts >= _TRIES:
                raise WorkersUnavailable(
                    f"workers of the Ray cluster cannot start ({_cause(error)}); install this"
                    " version of tathabbat on each node, with memory for an encoder per processor"
                ) from error
            self._start()
            return
        if fingerprint != self._fingerprint:
            raise WorkersUnavailable(
                "a worker of the Ray cluster has another encoder than this machine; install the"
                " same version of tathabbat, and the same EMBEDDING_MODEL, on each node"
            )
        self._failed_starts = 0
        self._ready.append(_Running(actor))

    def _result(self, reference: Any, running: _Running, batch: _Batch) -> HalfVectors | None:
        """Return a batch's vectors, None if its worker died: then another one encodes it."""
        running.batches.remove(batch)
        try:
            vectors: HalfVectors = self._get(reference)
        except self._ray.exceptions.RayError as error:
            if batch.tries >= _TRIES:
                raise WorkersUnavailable(
                    f"workers of the Ray cluster died {_TRIES} times on one batch"
                    f" ({_cause(error)}); give them more memory and run it again: what was embedded"
                    " is kept"
                ) from error
            self._again.append(batch)
            if running in self._ready:
                self._ready.remove(running)
                self._ray.kill(running.actor)
                self._start()
            return None
        return vectors

    def _get(self, reference: Any) -> Any:
        """Return a result. Raises WorkersUnavailable for an error in our code, else RayError."""
        try:
            return self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            raise WorkersUnavailable(str(error.cause)) from None


def _cause(error: Exception) -> str:
    """Return what Ray says of an error, without the stack that it may hold."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1][:200]}" if lines else type(error).__name__


@contextmanager
def open_workers(
    address: str,
    open_encoder: Callable[[], Encoder],
    fingerprint: str,
    *,
    most: int | None = None,
    hidden: Collection[str] = (),
) -> Iterator[RayWorkers]:
    """Yield workers, one per processor of the cluster at ``address``, at ``most`` so many.

    ``address`` is LOCAL, AUTO, ``host:port`` of a cluster that this machine is a node of, or
    ``ray://host:port``. ``open_encoder`` is pickled; ``fingerprint`` is that of the encoder that it
    has to open. ``hidden`` are names of environment variables that a local cluster must not
    inherit. Raises WorkersUnavailable if the cluster cannot be used.
    """
    with connect(address, most=most, hidden=hidden) as ray:
        processors = int(ray.cluster_resources().get("CPU", 0))
        count = max(1, processors if most is None else min(most, processors))
        workers = RayWorkers(ray, open_encoder, fingerprint, count)
        yield workers
        workers.close()


def _import_ray() -> Any:
    """Return Ray, quietened. Raises WorkersUnavailable where it is not installed."""
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise WorkersUnavailable(
            f"--ray needs Ray, which is not installed ({error}); run `{EXTRA}`, or leave --ray out"
        ) from error
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    return ray


@contextmanager
def connect(
    address: str, *, most: int | None = None, hidden: Collection[str] = ()
) -> Iterator[Any]:
    """Yield Ray, connected to the cluster at an address; see ``open_workers``."""
    with _keep_sigterm():
        if address == LOCAL:
            with _local_cluster(most or PROCESSORS, hidden) as ray:
                yield ray
            return
        ray = _import_ray()
        _require_reachable(address)
        try:
            _init(ray, address)
            _unwind_at_sigterm()
            yield ray
        finally:
            ray.shutdown()


@contextmanager
def _local_cluster(processors: int, hidden: Collection[str]) -> Iterator[Any]:
    """Start a cluster of this process's own, with a folder of its own."""
    # Not below DATA_DIR: the paths of its sockets must be short. Ray opens its own folder to all.
    folder = Path(tempfile.mkdtemp(prefix="ray-"))
    key = folder / "key"
    key.write_text(_make_key(), "ascii")
    try:
        # Its processes inherit these.
        with _environment(hidden, _LOCAL_ENVIRONMENT | {"RAY_AUTH_TOKEN_PATH": str(key)}):
            ray = _import_ray()
            _init(
                ray,
                LOCAL,
                num_cpus=processors,
                include_dashboard=False,
                object_store_memory=_STORE,
                _temp_dir=str(folder / "r"),
            )
        try:
            _unwind_at_sigterm()
            yield ray
        finally:
            ray.shutdown()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _keep_sigterm() -> Iterator[None]:
    """Restore after the body what SIGTERM does."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _unwind_at_sigterm() -> None:
    """Have SIGTERM end what runs as SIGINT does; Ray's own handlers abort the process."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


@cache
def _make_key() -> str:
    # Ray reads it once in a process, whatever cluster comes next.
    return secrets.token_hex(32)


@contextmanager
def _environment(hidden: Collection[str], wanted: Mapping[str, str]) -> Iterator[None]:
    """Change the environment variables of this process for a while."""
    before = dict(os.environ)
    try:
        for name in before:
            if name.upper() in hidden or name in _AUTHENTICATION:
                del os.environ[name]
        os.environ |= wanted
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _init(ray: Any, address: str, **options: object) -> None:
    try:
        ray.init(address=address, log_to_driver=False, configure_logging=False, **options)
    # It raises errors of a dozen kinds, its libraries' among them.
    except Exception as error:
        ray.shutdown()
        said = f"{type(error).__name__}: {first_line(error)}"
        if address == LOCAL:
            raise WorkersUnavailable(
                f"Ray cannot be started here ({said}); check the free space and the length of"
                " TMPDIR, or leave --ray out"
            ) from error
        raise WorkersUnavailable(
            f"the Ray cluster at {address} cannot be used ({said}); run this on one of its nodes"
            f" (RAY_AUTH_MODE=token if it has a key), or write {_CLIENT}host:{_CLIENT_PORT}, with"
            " the same Python and Ray as there"
        ) from error


def _require_reachable(address: str) -> None:
    """Raise WorkersUnavailable, soon, if no Ray can be at an address: Ray tries for minutes."""
    if address == AUTO:
        return
    place = address.removeprefix(_CLIENT)
    host, separator, port = place.rpartition(":")
    if not separator and address.startswith(_CLIENT):
        host, port = place, _CLIENT_PORT
    if not host or not port.isdecimal() or "/" in host:
        raise WorkersUnavailable(
            f"--ray {address} is no address of a Ray cluster; write {AUTO}, host:6379 or"
            f" {_CLIENT}host:{_CLIENT_PORT}, or no address for this machine alone"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), _REACH_S).close()
    except OSError as error:
        raise WorkersUnavailable(
            f"no Ray cluster answers at {address} ({error.strerror or error}); start it there,"
            " correct the address, or leave it out to use this machine alone"
        ) from error
    if os.environ.get("RAY_USE_TLS", "0").lower() not in ("1", "true"):
        _require_grpc(f"{host}:{port}", address)


def _require_grpc(place: str, address: str) -> None:
    """Raise WorkersUnavailable unless what listens at a place speaks gRPC, as Ray does."""
    import grpc

    with grpc.insecure_channel(place, [("grpc.enable_http_proxy", 0)]) as channel:
        try:
            grpc.channel_ready_future(channel).result(_ANSWER_S)
        except grpc.FutureTimeoutError as error:
            raise WorkersUnavailable(
                f"what listens at {address} is no Ray cluster, or hangs; correct the address, or"
                " leave it out to use this machine alone"
            ) from error
