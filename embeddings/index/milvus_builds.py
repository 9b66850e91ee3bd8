"""Builds of an index on Milvus: written aside, verified, promoted by switching an alias.

Each build is two collections, named by the alias and the time it was begun. One without a manifest
was left by a killed run.
"""

import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from embeddings.errors import (
    IndexCorrupt,
    IndexMismatch,
    IndexMissing,
    IndexUnavailable,
    IndexUnreachable,
)
from embeddings.index.milvus_collections import (
    BESIDE,
    FORMAT,
    count,
    damaged,
    make_beside,
    make_statements,
    note_manifest,
    read_notes,
    read_statistics,
    rows_of,
)
from embeddings.index.milvus_connection import REST_S, MilvusConnection, NotFound
from embeddings.index.milvus_index import MilvusIndex
from embeddings.index.snapshot import KEPT, Manifest, require_fingerprint
from embeddings.index.sparse_terms import TermStatistics
from embeddings.index.statement_index import Entry
from embeddings.search_results import Vectors

_STAMP: Final = "%Y%m%d_%H%M%S_%f"
_MOMENT: Final = re.compile(r"_(\d{8}_\d{6}_\d{6})$")
#: Retries of a build's request without an answer, and the pauses between.
_TRIES: Final = 6
_PAUSE_S: Final = 2 * REST_S

#: Entries with their vectors (n, dimension), in chunks.
Chunks = Iterable[tuple[list[Entry], Vectors]]


def built_at(name: str) -> datetime | None:
    """Return when a build was begun, None if its name does not say."""
    named = _MOMENT.search(name)
    return datetime.strptime(named[1], _STAMP).replace(tzinfo=UTC) if named else None


class MilvusBuilds:
    """The build that an alias leads to on a server, and earlier ones.

    Callers ensure that nobody builds, prunes or rolls back at the same time.
    """

    def __init__(self, connection: MilvusConnection, alias: str) -> None:
        self.connection, self.alias = connection, alias
        self._named = re.compile(re.escape(alias) + _MOMENT.pattern)

    def names(self) -> list[str]:
        """Return the names of all builds, oldest first, complete or not."""
        return sorted(name for name in self._collections() if self._named.fullmatch(name))

    def current_name(self) -> str | None:
        """Return the name of the served build, None if there is none."""
        within = self.connection.deadlines.read
        try:
            found = self.connection.call("describe_alias", self.alias, within=within)
        except NotFound:
            return None
        return str(found["collection_name"])

    def current(self) -> Manifest:
        """Return the manifest of the served build. Raises IndexMissing or IndexCorrupt."""
        name = self.current_name()
        if name is None:
            raise IndexMissing("there is no index yet; run `tathabbat reindex`")
        return self.manifest(name)

    def manifest(self, name: str) -> Manifest:
        """Return the manifest of a build.

        Raises IndexCorrupt if it is incomplete, IndexMismatch if another version wrote it.
        """
        try:
            return read_notes(self.connection, name)[0]
        except NotFound as error:
            raise damaged(name, "terms") from error

    def open(self, name: str, fingerprint: str) -> MilvusIndex:
        """Return a build to search, for the encoder with ``fingerprint``.

        Raises IndexMismatch (another model or version) or IndexCorrupt.
        """
        try:
            manifest, counts, applied = read_notes(self.connection, name)
            require_fingerprint(manifest, fingerprint)
            statistics = read_statistics(self.connection, name, counts)
        except NotFound as error:
            raise damaged(name, "terms") from error
        return MilvusIndex(self.connection, manifest, statistics, applied)

    def build(
        self,
        chunks: Callable[[], Chunks],
        statistics: TermStatistics,
        dimension: int,
        fingerprint: str,
        origin: str,
        change_number: int,
    ) -> Manifest:
        """Write a build of all ``chunks``, without serving it. Returns its manifest.

        Raises IndexCorrupt if it does not read back, IndexUnreachable.
        """
        self._drop_rejected()
        name = f"{self.alias}_{datetime.now(UTC).strftime(_STAMP)}"
        try:
            make_beside(self.connection, name, statistics)
            make_statements(self.connection, name, dimension, statistics.documents)
            written = 0
            for entries, vectors in chunks():
                for rows in rows_of(entries, vectors, statistics):
                    self._insert(name, rows)
                written += len(entries)
            self.connection.call("flush", name, within=self.connection.deadlines.build)
            held = count(self.connection, name)
            if held != written:
                raise damaged(name, f"{held} of {written} statements")
            manifest = Manifest(
                FORMAT, name, fingerprint, origin, dimension, written, change_number, {}
            )
            note_manifest(self.connection, manifest, statistics)
            if self.manifest(name) != manifest:
                raise damaged(name, "manifest")
        except BaseException:
            # Frees the space at once, in case the server is full.
            with suppress(IndexUnavailable):
                self.drop(name)
            raise
        return manifest

    def promote(self, name: str) -> None:
        """Serve a build from now on."""
        switch = "create_alias" if self.current_name() is None else "alter_alias"
        self.connection.call(switch, name, self.alias, within=self.connection.deadlines.write)

    def rollback(self) -> Manifest:
        """Serve the build before the current one.

        Raises IndexMissing if there is none, IndexCorrupt if it is incomplete.
        """
        serving = self.current_name()
        older = [name for name in self.names() if serving is None or name < serving]
        if not older:
            raise IndexMissing("there is no older index to go back to; run `tathabbat reindex`")
        manifest = self.manifest(older[-1])
        self.promote(manifest.name)
        return manifest

    def prune(self) -> list[str]:
        """Delete all builds except the served one and the newest other complete one.

        Returns the names deleted.
        """
        serving = self.current_name()
        others = [name for name in self.names() if name != serving]
        whole = [name for name in others if self._is_whole(name)]
        doomed = [name for name in others if name not in whole[-(KEPT - 1) :]]
        for name in doomed:
            self.drop(name)
        self._drop_orphans()
        return doomed

    def drop(self, name: str) -> None:
        """Delete a build, its manifest first, so that half of it is never taken for complete."""
        for collection in (name + BESIDE, name):
            with suppress(NotFound):
                within = self.connection.deadlines.build
                self.connection.call("drop_collection", collection, within=within)

    def drop_all(self) -> None:
        """Delete every build, and the alias first: its target cannot be deleted."""
        with suppress(NotFound):
            self.connection.call("drop_alias", self.alias, within=self.connection.deadlines.write)
        for name in self.names():
            self.drop(name)

    def _collections(self) -> list[str]:
        within = self.connection.deadlines.read
        found: list[str] = self.connection.call("list_collections", within=within)
        return found

    def _drop_orphans(self) -> None:
        """Delete terms whose statements were not made yet when a run was killed, or are gone."""
        names = self.names()
        for collection in self._collections():
            name = collection.removesuffix(BESIDE)
            if name != collection and name not in names and self._named.fullmatch(name):
                self.drop(name)

    def _insert(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Insert rows; without an answer they may have arrived, and are upserted."""
        within = self.connection.deadlines.write
        method = "insert"
        for left in reversed(range(_TRIES)):
            try:
                self.connection.call(method, name, rows, within=within)
                return
            except IndexUnreachable:
                if not left:
                    raise
                method = "upsert"
                time.sleep(_PAUSE_S)

    def _drop_rejected(self) -> None:
        """Delete builds that were rolled back, never promoted, or left by a killed run."""
        serving = self.current_name()
        for name in self.names():
            newer = serving is not None and name > serving
            if newer or (name != serving and not self._is_whole(name)):
                self.drop(name)

    def _is_whole(self, name: str) -> bool:
        try:
            self.manifest(name)
        except IndexCorrupt:
            return False
        except IndexMismatch:
            # Another version of the program may serve it.
            return True
        return True
