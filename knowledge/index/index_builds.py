"""Build, check, roll back and prune the index that is served, wherever it is kept."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from embeddings.encoders.encoder import Encoder
from embeddings.index import snapshot
from embeddings.index.snapshot import Manifest
from embeddings.progress import Progress
from knowledge.index import index_check, serving_index
from knowledge.index.index_check import Verification
from knowledge.index.serving_index import IndexState
from knowledge.storage.database import Sessions


class IndexBuilds(Protocol):
    """The builds of an index: one is served, and the one before it is kept.

    Every method raises IndexUnavailable, with the way out, if it cannot be done.
    """

    def current(self) -> Manifest:
        """Return the manifest of the build that is served. Raises IndexMissing."""

    def names(self) -> list[str]:
        """Return the names of the builds, oldest first."""

    def built_at(self, name: str) -> datetime | None:
        """Return when a build was made, None if unknown."""

    def fingerprints(self) -> set[str]:
        """Return the encoders of the builds."""

    def hold_lock(self) -> AbstractContextManager[None]:
        """Hold the build lock, which its holder may take again. Raises IndexBusy."""

    def reindex(
        self, encoder: Encoder, progress: Progress | None = None, *, anew: bool = False
    ) -> Manifest:
        """Build from everything published, and serve that. Raises IndexBusy.

        Nothing is taken from the build before if all is built ``anew``.
        """

    def rollback(self) -> Manifest:
        """Serve the build before the current one. Raises IndexMissing if there is none."""

    def prune(self) -> list[str]:
        """Delete old builds except the served one and one before it. Returns their names."""

    def inspect(self, fingerprint: str) -> IndexState:
        """Compare the served build, if there is one, with the database."""

    def verify(self, fingerprint: str, progress: Progress | None = None) -> Verification:
        """Compare the served build with the database, vector by vector. Raises IndexMissing."""


class LocalBuilds:
    """Snapshots in a folder of this machine."""

    def __init__(self, sessions: Sessions, root: Path) -> None:
        self._sessions, self._root = sessions, root

    def current(self) -> Manifest:
        """Return the manifest of the snapshot that is served. Raises IndexMissing."""
        return snapshot.current(self._root)

    def names(self) -> list[str]:
        """Return the names of the complete snapshots, oldest first."""
        return snapshot.list_names(self._root)

    def built_at(self, name: str) -> datetime | None:
        """Return when a snapshot was written, None if it is gone."""
        written = snapshot.built_at(self._root, name)
        return None if written is None else datetime.fromtimestamp(written, UTC)

    def fingerprints(self) -> set[str]:
        """Return the encoders of the complete snapshots."""
        return snapshot.fingerprints(self._root)

    def hold_lock(self) -> AbstractContextManager[None]:
        """Hold the build lock, which its holder may take again. Raises IndexBusy."""
        return snapshot.hold_build_lock(self._root)

    def reindex(
        self, encoder: Encoder, progress: Progress | None = None, *, anew: bool = False
    ) -> Manifest:
        """Build a snapshot of everything published, and serve it. Raises IndexBusy."""
        return serving_index.reindex(self._sessions, encoder, self._root, progress, anew=anew)

    def rollback(self) -> Manifest:
        """Serve the snapshot before the current one. Raises IndexMissing if there is none."""
        return snapshot.rollback(self._root)

    def prune(self) -> list[str]:
        """Delete old snapshots except the served one and one before it."""
        return snapshot.prune(self._root)

    def inspect(self, fingerprint: str) -> IndexState:
        """Compare the served snapshot, if there is one, with the database."""
        return serving_index.inspect(self._sessions, self._root, fingerprint)

    def verify(self, fingerprint: str, progress: Progress | None = None) -> Verification:
        """Compare the served snapshot with the database, vector by vector. Raises IndexMissing."""
        return index_check.verify(self._sessions, self._root, fingerprint, progress)
