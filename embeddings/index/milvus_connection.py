"""Call a Milvus server: each call has a deadline, each failure is one sentence.

While the server does not answer, callers are told so at once: only one call at a time tests whether
it answers again. Name and password of the address are in no message, no log and no ``repr``.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from embeddings.errors import IndexUnavailable, IndexUnreachable

_T = TypeVar("_T")

#: Options in an address for collections that are created.
LAYOUT: Final = ("shards", "replicas")
EXTRA: Final = "pip install 'tathabbat[milvus]'"
#: Seconds before a server that did not answer is called again.
REST_S: Final = 1.0
#: Calls in parallel beside the calling threads' own.
_BESIDE: Final = 16
#: Characters of the server's own message that are quoted.
_REPEATED: Final = 200
#: No pings: some servers disconnect clients that ping often, and the first deadline detects a dead
#: connection. Then a really new one is made, not one shared within the process.
_CHANNEL: Final = {
    "grpc.keepalive_time_ms": 2**31 - 1,
    "grpc.keepalive_permit_without_calls": 0,
    "grpc.use_local_subchannel_pool": 1,
}


class Code(IntEnum):
    """Milvus's error codes that matter here."""

    #: Of pymilvus itself, where it finds no server.
    NOT_CONNECTED = 2
    COLLECTION_NOT_FOUND = 100
    NOT_LOADED = 101
    NOT_FULLY_LOADED = 103
    RECOVERING = 106
    DATABASE_NOT_FOUND = 800
    NOT_AUTHENTICATED = 1400
    NOT_PERMITTED = 1401
    ALIAS_NOT_FOUND = 1600


#: Codes from here on concern the request; below, the server's state.
_OF_THE_REQUEST: Final = 100
_NOT_FOUND: Final = frozenset({Code.COLLECTION_NOT_FOUND, Code.ALIAS_NOT_FOUND})
_STILL_LOADING: Final = frozenset({Code.NOT_FULLY_LOADED, Code.RECOVERING})
_REFUSED: Final = frozenset({Code.NOT_AUTHENTICATED, Code.NOT_PERMITTED})


class NotFound(Exception):
    """No collection, or no alias, has the name that was asked for."""


class NotLoaded(Exception):
    """A collection exists but is not in the server's memory: it was restarted, or released."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds that each kind of call may take."""

    connect: float = 3.0
    read: float = 5.0
    write: float = 15.0
    #: What makes, loads, flushes or drops whole collections.
    build: float = 300.0


class MilvusConnection:
    """One server and one of its databases; connected at the first call, in each process.

    ``url`` is like ``http://name:password@host:19530/database?shards=2&replicas=2``; all but the
    host is optional. ``shards`` and ``replicas`` apply to collections that are created.
    """

    def __init__(self, url: str, deadlines: Deadlines | None = None) -> None:
        parts = urlsplit(url)
        name, password = unquote(parts.username or ""), unquote(parts.password or "")
        self._token = f"{name}:{password}" if password else name
        self._database = parts.path.strip("/")
        at = parts.netloc.rpartition("@")[2]
        #: The server and its database, without name and password.
        self.address = f"{parts.scheme}://{at}" + (f"/{self._database}" if self._database else "")
        self._uri = f"{parts.scheme}://{at}"
        layout = dict(parse_qsl(parts.query))
        self.shards, self.replicas = (int(layout.get(name, 1)) for name in LAYOUT)
        self.deadlines = deadlines or Deadlines()
        self._client: Any = None
        self._process = os.getpid()
        self._opening = threading.Lock()
        self._failure: str | None = None
        self._rests_until = 0.0
        self._trying = threading.Lock()
        self._threads = ThreadPoolExecutor(_BESIDE, "milvus")

    def __repr__(self) -> str:
        return f"MilvusConnection({self.address!r})"

    @property
    def failing(self) -> bool:
        """Whether the last call got no answer."""
        return self._failure is not None

    def call(self, method: str, *args: Any, within: float, **kwargs: Any) -> Any:
        """Return what a method of ``pymilvus.MilvusClient`` returns, ``within`` so many seconds.

        Raises NotFound, NotLoaded, IndexUnreachable if no answer comes, and IndexUnavailable if the
        server refuses or pymilvus is not installed.
        """
        with self._admitted() as client:
            return getattr(client, method)(*args, timeout=within, **kwargs)

    def beside(self, read: Callable[[], _T]) -> "Future[_T]":
        """Run ``read`` in another thread; returns its future."""
        with self._opening:
            self._notice_fork()
            threads = self._threads
        return threads.submit(read)

    def read_all(self, collection: str, fields: list[str], size: int) -> Iterator[dict[str, Any]]:
        """Yield the rows of a collection, ``size`` at a time, sorted by id."""
        iterator: Any = None
        try:
            while True:
                with self._admitted() as client:
                    if iterator is None:
                        iterator = client.query_iterator(
                            collection,
                            batch_size=size,
                            output_fields=fields,
                            timeout=self.deadlines.read,
                            consistency_level="Strong",
                        )
                    rows = iterator.next()
                if not rows:
                    return
                yield from rows
        finally:
            if iterator is not None:
                iterator.close()

    def require_answer(self) -> None:
        """Raise IndexUnreachable unless the server answers, IndexUnavailable if it refuses."""
        self.call("get_server_version", within=self.deadlines.read)

    def make(self, build: Callable[[Any], Any]) -> Any:
        """Return what ``build`` creates of pymilvus's own types."""
        return build(_import_pymilvus())

    def close(self) -> None:
        """End the connection; a later call opens another."""
        with self._opening:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connected(self, alone: bool) -> Any:
        with self._opening:
            self._notice_fork()
            if self._client is None:
                if self._failure is not None and not alone:
                    # The caller before found the server dead: so would all that waited, one by one.
                    raise IndexUnreachable(self._failure)
                try:
                    self._client = self._open()
                except IndexUnavailable:
                    raise
                except Exception as error:
                    explained = self._explain(error)
                    if isinstance(explained, IndexUnreachable):
                        self._failure = str(explained)
                    raise explained from error
            return self._client

    def _open(self) -> Any:
        client = _import_pymilvus().MilvusClient(
            self._uri,
            token=self._token,
            db_name=self._database,
            timeout=self.deadlines.connect,
            dedicated=True,
            grpc_options=_CHANNEL,
        )
        # It would reconnect within a failed call, all threads one after the other.
        client._handler._on_rpc_error = _raise
        return client

    def _notice_fork(self) -> None:
        """Reset what does not work in a forked process."""
        if self._process != os.getpid():
            self._process, self._client = os.getpid(), None
            self._threads = ThreadPoolExecutor(_BESIDE, "milvus")

    @contextmanager
    def _admitted(self) -> Iterator[Any]:
        """Return the client, unless the server is known not to answer; translate errors."""
        failure, alone = self._failure, False
        if failure is not None:
            alone = time.monotonic() >= self._rests_until and self._trying.acquire(blocking=False)
            if not alone:
                raise IndexUnreachable(failure)
        try:
            if alone:
                # Only a new connection shows that the old one is dead.
                self.close()
            with self._translated():
                yield self._connected(alone)
            self._failure = None
        except (NotFound, NotLoaded):
            self._failure = None
            raise
        except IndexUnreachable as error:
            self._failure = str(error)
            self._rests_until = time.monotonic() + REST_S
            raise
        finally:
            if alone:
                self._trying.release()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (IndexUnavailable, NotFound, NotLoaded):
            raise
        # pymilvus has exceptions of its own and passes on some of gRPC's.
        except Exception as error:
            raise self._explain(error) from error

    def _explain(self, error: Exception) -> Exception:
        status = getattr(error, "code", None)
        status = status() if callable(status) else status
        # The error after retries has gRPC's status as its code.
        named = getattr(status, "name", "")
        if status in _NOT_FOUND:
            return NotFound(str(status))
        if status == Code.NOT_LOADED:
            return NotLoaded(str(status))
        if status in _REFUSED or named in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
            return IndexUnavailable(
                f"{self.address} refuses the name and password in INDEX_URL; correct them"
            )
        if status == Code.DATABASE_NOT_FOUND:
            return IndexUnavailable(
                f"{self.address} does not have this database; create it there, or name another in"
                " INDEX_URL"
            )
        if status in _STILL_LOADING:
            return IndexUnreachable(
                f"the index at {self.address} is still loading; wait until that is done"
            )
        why = named.lower().replace("_", " ") or f"code {status}"
        if status == Code.NOT_CONNECTED:
            why = "unavailable"
        elif isinstance(status, int):
            said = " ".join(str(getattr(error, "message", "")).split())[:_REPEATED]
            why += f": {said}" if said else ""
            if status >= _OF_THE_REQUEST:
                return IndexUnavailable(
                    f"the index at {self.address} rejects a request ({why}); check that its"
                    " version fits the installed pymilvus, and read its log"
                )
        return IndexUnreachable(
            f"the index at {self.address} does not answer ({why}); check that Milvus runs there"
            " and has free memory and disk space, or correct INDEX_URL"
        )


def _raise(error: Exception) -> None:
    raise error


def _import_pymilvus() -> Any:
    """Return pymilvus, quietened. Raises IndexUnavailable where it is not installed."""
    variable = "PYTHON_DOTENV_DISABLED"
    before = os.environ.get(variable)
    try:
        # Importing it loads the first .env above its own folder into the environment: with our
        # secrets in it, which every process that we start would inherit.
        os.environ[variable] = "1"
        import pymilvus
    except ImportError as error:
        raise IndexUnavailable(
            f"INDEX_URL is set but pymilvus is not installed ({error}); run `{EXTRA}`,"
            " or leave INDEX_URL empty"
        ) from error
    finally:
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before
    # It writes each failure with its stack to standard error, by handlers of its own, and raises it
    # as well.
    for name in ("pymilvus", "pymilvus.milvus_client", "pymilvus.bulk_writer"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL)
        logger.handlers.clear()
        logger.propagate = True
    return pymilvus
