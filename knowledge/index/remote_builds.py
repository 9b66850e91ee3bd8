"""Builds of the index on a Milvus server, followed by every process that uses the database."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from embeddings.encoders.encoder import Encoder
from embeddings.errors import IndexCorrupt, IndexMismatch, IndexMissing
from embeddings.index import snapshot
from embeddings.index.milvus_builds import Chunks, MilvusBuilds, built_at
from embeddings.index.milvus_connection import MilvusConnection
from embeddings.index.milvus_index import MilvusIndex
from embeddings.index.snapshot import Manifest
from embeddings.index.sparse_terms import TermStatistics
from embeddings.index.statement_index import Entry
from embeddings.progress import Progress
from knowledge.index import index_positions
from knowledge.index.index_check import Verification, compare_in_order, verify_index
from knowledge.index.index_positions import HeldPosition
from knowledge.index.serving_index import (
    IndexState,
    compare_ids,
    count_published,
    last_change,
    load_next_entries,
    load_pending,
    origin,
    require_ours,
)
from knowledge.index.vector_cache import load_or_compute
from knowledge.storage.database import Sessions

#: Statements read, embedded and written at once.
_CHUNK: Final = 1_024
#: How often the completeness of an index is checked again while others change it.
_LOOKS: Final = 5


class RemoteBuilds:
    """The builds of the database's alias on a server.

    The alias is named by the database's origin, so that bots with databases of their own may share
    a server. ``root`` is this machine's folder for locks and for a local snapshot.
    """

    def __init__(self, sessions: Sessions, connection: MilvusConnection, root: Path) -> None:
        self._sessions, self.connection, self._root = sessions, connection, root
        self._building = threading.local()

    def current(self) -> Manifest:
        """Return the manifest of the build that is served. Raises IndexMissing."""
        return self._on_server().current()

    def current_name(self) -> str | None:
        """Return the name of the build that is served, None where there is none."""
        return self._on_server().current_name()

    def names(self) -> list[str]:
        """Return the names of the builds, oldest first."""
        return self._on_server().names()

    def built_at(self, name: str) -> datetime | None:
        """Return when a build was begun."""
        return built_at(name)

    def fingerprints(self) -> set[str]:
        """Return the encoders of the builds, and of the snapshots in the local folder."""
        builds, found = self._on_server(), snapshot.fingerprints(self._root)
        for name in builds.names():
            try:
                found.add(builds.manifest(name).fingerprint)
            except (IndexCorrupt, IndexMismatch):
                continue
        return found

    @contextmanager
    def hold_lock(self) -> Iterator[None]:
        """Hold the build lock, which its holder may take again. Raises IndexBusy."""
        with snapshot.hold_build_lock(self._root):
            if getattr(self._building, "held", False):
                yield
                return
            with index_positions.lock_building(self._sessions):
                self._building.held = True
                try:
                    yield
                finally:
                    self._building.held = False

    def reindex(
        self, encoder: Encoder, progress: Progress | None = None, *, anew: bool = False
    ) -> Manifest:
        """Build anew from everything published, and serve that. Raises IndexBusy.

        Nothing is ever taken from the build before, so ``anew`` changes nothing.
        Statements are read twice, a chunk at a time: to count their terms, and to write them.
        Vectors already known are not computed again.
        """
        with self.hold_lock():
            with self._sessions() as session:
                # Changes from here on are applied afterwards.
                number, came_from = last_change(session), origin(session)
            builds = self._on_server()
            texts = (entry.terms_text for part in self._published() for entry in part)
            statistics = TermStatistics.from_texts(texts)

            def chunks() -> Chunks:
                done = 0
                for entries in self._published():
                    texts = [entry.text for entry in entries]
                    yield entries, load_or_compute(self._sessions, encoder, texts)
                    done += len(entries)
                    if progress is not None:
                        progress(min(done, statistics.documents), statistics.documents)

            manifest = builds.build(
                chunks, statistics, encoder.dimension, encoder.fingerprint, came_from, number
            )
            self._sessions.write(index_positions.reconcile, self._server, manifest.name, number)
            builds.promote(manifest.name)
            self._prune(builds)
            return manifest

    def rollback(self) -> Manifest:
        """Serve the build before the current one. Raises IndexMissing if there is none."""
        with self.hold_lock():
            return self._on_server().rollback()

    def prune(self) -> list[str]:
        """Delete old builds except the served one and one before it. Returns their names."""
        with self.hold_lock():
            return self._prune(self._on_server())

    def drop_all(self) -> None:
        """Delete every build: processes that serve them build anew, or end."""
        with self.hold_lock():
            builds = self._on_server()
            builds.drop_all()
            self._sessions.write(index_positions.forget_others, self._server, builds.alias, [])

    def open(self, fingerprint: str) -> MilvusIndex:
        """Return the served build, for the encoder with ``fingerprint``.

        Later changes are not applied yet. Raises IndexMissing, IndexMismatch or IndexCorrupt.
        """
        builds = self._on_server()
        name = builds.current_name()
        if name is None:
            raise IndexMissing("there is no index yet; run `tathabbat reindex`")
        index = builds.open(name, fingerprint)
        with self._sessions.begin() as session:
            require_ours(session, index.manifest)
            index_positions.reconcile(session, self._server, name, index.change_number)
        return index

    def catch_up(
        self, index: MilvusIndex, encoder: Encoder, progress: Progress | None = None
    ) -> None:
        """Apply every change committed so far to a build, unless other processes do.

        Raises IndexMissing if its position is not known (any more).
        """
        while True:
            since = self._sessions.read(index_positions.load, self._server, index.name)
            if since is None:
                raise IndexMissing(f"index {index.name} is not followed any more")
            index.follow(since)
            pending = load_pending(self._sessions, encoder, since, progress)
            if pending is None:
                return
            with self._hold(index.name) as held:
                number = held.change_number
                # Processes that went further meanwhile saw later changes than were read here.
                if number is not None and since <= number < pending.upto:
                    index.apply(pending.entries, pending.vectors, pending.gone, pending.upto)
                    held.move(pending.upto)

    def standing(self, session: Session, index: MilvusIndex) -> tuple[int, int | None]:
        """Return the last change of the database, and the last one applied to a build."""
        position = index_positions.load(session, self._server, index.name)
        return last_change(session), position

    def require_whole(self, index: MilvusIndex, encoder: Encoder) -> None:
        """Raise IndexCorrupt unless a build holds as many statements as are published."""
        for _ in range(_LOOKS):
            self.catch_up(index, encoder)
            before = self._sessions.read(last_change)
            held, published = index.count(), self._sessions.read(count_published)
            if held == published:
                return
            if self._sessions.read(last_change) == before:
                break
        else:
            return
        raise IndexCorrupt(
            f"index {index.name} holds {held} of {published} statements; run `tathabbat reindex`,"
            " or `tathabbat index rollback` for the one before"
        )

    def inspect(self, fingerprint: str) -> IndexState:
        """Compare the served build, if there is one, with the database.

        If it holds as many statements as are published, they are assumed to be the same; ``verify``
        checks each.
        """
        try:
            index = self.open(fingerprint)
        except IndexMissing:
            return compare_ids(self._sessions, None, frozenset())
        followed = self._followed(index)
        with self._sessions() as session:
            number, published = last_change(session), count_published(session)
        if index.count() == published:
            return IndexState(index.manifest, published, number, (), (), followed)
        return compare_in_order(self._sessions, index.manifest, index.sorted_ids(), followed)

    def verify(self, fingerprint: str, progress: Progress | None = None) -> Verification:
        """Compare the served build with the database, vector by vector. Raises IndexMissing."""
        index = self.open(fingerprint)
        followed = self._followed(index)
        manifest = index.manifest
        return verify_index(self._sessions, manifest, index, fingerprint, progress, followed)

    @property
    def _server(self) -> str:
        return self.connection.address

    def _on_server(self) -> MilvusBuilds:
        return MilvusBuilds(self.connection, _alias_of(self._sessions.read(origin)))

    def _hold(self, name: str) -> AbstractContextManager[HeldPosition]:
        return index_positions.lock_position(self._sessions, self._root, self._server, name)

    def _followed(self, index: MilvusIndex) -> int:
        return self._sessions.read(index_positions.load, self._server, index.name) or 0

    def _published(self) -> Iterator[list[Entry]]:
        after = 0
        while entries := self._sessions.read(load_next_entries, after, _CHUNK):
            yield entries
            after = entries[-1].id

    def _prune(self, builds: MilvusBuilds) -> list[str]:
        deleted = builds.prune()
        kept = builds.names()
        self._sessions.write(index_positions.forget_others, self._server, builds.alias, kept)
        return deleted


def _alias_of(came_from: str) -> str:
    """Return the alias of a database by its origin; Milvus allows letters, digits and ``_``."""
    return f"tathabbat_{hashlib.sha256(came_from.encode()).hexdigest()[:8]}"
