"""Serve the index of a Milvus server in this process, and a local snapshot while that fails."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from embeddings.encoders.encoder import Encoder
from embeddings.errors import IndexBusy, IndexMissing, IndexUnavailable, IndexUnreachable
from embeddings.index.live import LiveIndex
from embeddings.index.milvus_builds import built_at
from embeddings.index.milvus_index import MilvusIndex
from embeddings.index.statement_index import StatementIndex
from embeddings.progress import Progress
from knowledge.index.index_positions import WAIT_S
from knowledge.index.remote_builds import RemoteBuilds
from knowledge.index.serving_index import Served, ServingIndex, last_change
from knowledge.storage.database import Sessions

_log = logging.getLogger(__name__)

#: Seconds before a refused build is opened again.
_REST_S: Final = 5.0


class RemoteIndex:
    """An index on a server, as one process uses it; changes by others are seen.

    If the server has no build, one is made. While the server fails, or its build may not be served,
    ``local`` answers if it has a snapshot.
    """

    def __init__(
        self, sessions: Sessions, encoder: Encoder, builds: RemoteBuilds, local: ServingIndex
    ) -> None:
        self._sessions, self._encoder, self._builds = sessions, encoder, builds
        self._local = local
        self._lock = threading.Lock()
        self._index: MilvusIndex | None = None
        self._empty: LiveIndex | None = None
        self._problem: IndexUnavailable | None = None
        self._refused: IndexUnavailable | None = None
        self._rests_until = 0.0
        self._passed_over: str | None = None

    @property
    def problem(self) -> IndexUnavailable | None:
        """Why the server's index does not serve; the local snapshot may do so meanwhile."""
        return self._problem

    def current(self, progress: Progress | None = None) -> StatementIndex:
        """Return the index with every committed change applied.

        Raises IndexUnavailable if the server's cannot serve and there is no local snapshot.
        """
        try:
            index = self._on_server(progress)
        except IndexUnavailable as error:
            if self._problem is None:
                _log.warning("the remote index does not serve: %s", error)
            self._problem = error
            if not self._local.has_snapshot:
                raise
            return self._local.current(progress)
        if self._problem is not None:
            _log.info("the remote index serves again")
            self._problem = None
        return index

    def served(self) -> Served | None:
        """Return what is served, None before the first claim; nothing is opened or updated."""
        if self._problem is not None:
            return self._local.served()
        index, empty = self._index, self._empty
        if index is not None:
            return Served(index.last_count, index.change_number, built_at(index.name))
        return None if empty is None else Served(0, empty.change_number, None)

    def outdated(self) -> bool:
        """Return whether there is something to renew, or to try again."""
        if self._problem is not None:
            return True
        try:
            return self._newer() is not None
        except IndexUnavailable:
            # The next claim finds out.
            return False

    def renew(self) -> None:
        """Serve the newly promoted build, if there is one.

        It is opened and updated aside: claims are answered from the previous one meanwhile, which
        stays if the new one is refused. Raises what ``current`` raises, once for a build that is
        another model's or incomplete.
        """
        if self._problem is not None or (name := self._newer()) is None:
            return
        try:
            fresh = self._opened()
        except IndexUnreachable:
            raise
        except IndexUnavailable:
            # It would be refused again.
            self._passed_over = name
            raise
        with self._alone():
            self._index = fresh

    def _newer(self) -> str | None:
        """Return the name of the currently promoted build, None if it is the open one."""
        index = self._index
        if index is None:
            return None
        name = self._builds.current_name()
        return None if name in (index.name, self._passed_over) else name

    def _on_server(self, progress: Progress | None) -> StatementIndex:
        index, failed = self._index, self._builds.connection.failing
        if failed:
            self._builds.connection.require_answer()
        elif index is not None and not index.deleted:
            last, position = self._sessions.read(self._builds.standing, index)
            if position is not None and position >= last:
                index.follow(position)
                return index
        elif index is None and self._sessions.read(last_change) == 0:
            return self._without_statements()
        with self._alone():
            if failed and self._index is index:
                # The server may have been restarted with less data than it had.
                self._index = None
            opened = self._index
            if opened is not None and not opened.deleted:
                # If it was pruned, another one took its place.
                with suppress(IndexMissing):
                    self._builds.catch_up(opened, self._encoder, progress)
                    return opened
            self._index = None
            self._index = self._opened(progress)
            return self._index

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one thread open the index or apply changes. Raises IndexBusy if it waits long."""
        if not self._lock.acquire(timeout=WAIT_S):
            raise IndexBusy("the index is being built or updated; wait until that is done")
        try:
            yield
        finally:
            self._lock.release()

    def _opened(self, progress: Progress | None = None) -> MilvusIndex:
        """Return the served build, complete and up to date, building one if there is none."""
        if self._refused is not None and time.monotonic() < self._rests_until:
            raise self._refused
        fingerprint = self._encoder.fingerprint
        try:
            try:
                index = self._builds.open(fingerprint)
            except IndexMissing:
                self._builds.reindex(self._encoder, progress)
                index = self._builds.open(fingerprint)
            self._builds.catch_up(index, self._encoder, progress)
            self._builds.require_whole(index, self._encoder)
        except IndexUnreachable:
            raise
        except IndexUnavailable as error:
            self._refused, self._rests_until = error, time.monotonic() + _REST_S
            raise
        self._refused = None
        return index

    def _without_statements(self) -> LiveIndex:
        """Return an index for a database in which nothing was ever published."""
        if self._empty is None:
            self._empty = LiveIndex.empty(self._encoder.dimension)
        return self._empty
