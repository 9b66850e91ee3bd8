"""Serve the index in this process: a snapshot from disk, kept up to date by the change log.

The database is the truth. An index is derived from it, remembers the last change it applied, and
can be thrown away.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from embeddings.encoders.encoder import Encoder
from embeddings.errors import (
    EmbeddingsError,
    IndexCorrupt,
    IndexMismatch,
    IndexMissing,
    IndexUnavailable,
)
from embeddings.index import snapshot
from embeddings.index.dense import DenseIndex
from embeddings.index.indexed_texts import IndexedTerms, IndexedTexts
from embeddings.index.live import LiveIndex
from embeddings.index.snapshot import Manifest, Snapshot
from embeddings.index.statement_index import Entry, StatementIndex
from embeddings.progress import Progress
from embeddings.search_results import Vectors
from knowledge.domain import ChangeKind, StatementStatus
from knowledge.index.vector_cache import load_or_compute, load_or_compute_rows
from knowledge.models import ChangeLogEntry, Report, Statement
from knowledge.storage.batches import in_batches
from knowledge.storage.database import Sessions

_log = logging.getLogger(__name__)

#: Changes applied to a live index in one step.
_STEP = 2_000


@dataclass(frozen=True, slots=True)
class IndexState:
    """How an index differs from the database: what it lacks, and what it should not hold."""

    manifest: Manifest | None
    published: int
    last_change: int
    missing: tuple[int, ...]
    extra: tuple[int, ...]
    #: The last change in it, where it has taken some in since it was built.
    followed: int | None = None

    @property
    def behind(self) -> int:
        """How many changes it has not applied."""
        built = self.manifest.change_number if self.manifest is not None else 0
        return self.last_change - (built if self.followed is None else self.followed)


@dataclass(frozen=True, slots=True)
class Served:
    """What one process serves: how much, up to which change, and when its snapshot was built.

    ``built_at`` is None if everything was read from the database, or the snapshot is gone.
    """

    statements: int
    change_number: int
    built_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChangesSince:
    """The changes that a snapshot has not applied, by kind."""

    added: int
    removed: int

    @property
    def total(self) -> int:
        """How many there are."""
        return self.added + self.removed


@dataclass(frozen=True, slots=True)
class Pending:
    """Changes that an index has not applied, with the statements as they are now.

    ``vectors`` (n, dimension) are those of ``entries`` (n,), ``upto`` is the last change.
    """

    entries: list[Entry]
    vectors: Vectors
    gone: list[int]
    upto: int


class Serving(Protocol):
    """The index that a process answers from, brought up to date at every use."""

    def current(self, progress: Progress | None = None) -> StatementIndex:
        """Return the index with every committed change applied.

        Raises IndexUnavailable if there is none to answer from.
        """

    def served(self) -> Served | None:
        """Return what is served, None before the first claim; nothing is opened or updated."""

    def outdated(self) -> bool:
        """Return whether another build was promoted since one was opened."""

    def renew(self) -> None:
        """Serve the newly promoted build, if there is one."""

    @property
    def problem(self) -> IndexUnavailable | None:
        """Why the configured index does not serve; another one may do so meanwhile."""


class ServingIndex:
    """The live index of one process: opened once, brought up to date at every use."""

    def __init__(self, sessions: Sessions, encoder: Encoder, root: Path) -> None:
        self._sessions, self._encoder, self._root = sessions, encoder, root
        self._lock = threading.Lock()
        self._live: LiveIndex | None = None
        self._seen: str | None = None

    def current(self, progress: Progress | None = None) -> LiveIndex:
        """Return the index with every committed change applied.

        Opens the served snapshot the first time; without one, everything published is read from the
        database. If it is damaged, the one before it is opened and updated. Raises IndexMismatch if
        the snapshot belongs to another model or database.
        """
        live = self._live
        last = self._last_change()
        if live is not None and live.change_number >= last:
            return live
        with self._lock:
            if self._live is None:
                self._live = self._open(progress)
            self._catch_up(self._live, progress)
            return self._live

    def served(self) -> Served | None:
        """Return what is served, None before the first claim; nothing is opened or updated."""
        live, name = self._live, self._seen
        if live is None:
            return None
        written = snapshot.built_at(self._root, name) if name is not None else None
        built_at = datetime.fromtimestamp(written, UTC) if written is not None else None
        return Served(len(live), live.change_number, built_at)

    @property
    def has_snapshot(self) -> bool:
        """Whether there is a snapshot to serve."""
        return snapshot.current_name(self._root) is not None

    @property
    def problem(self) -> IndexUnavailable | None:
        """Why no index serves: always None, since a failure is raised to the caller."""
        return None

    def outdated(self) -> bool:
        """Return whether another snapshot was promoted since one was opened."""
        name = snapshot.current_name(self._root)
        return self._live is not None and name not in (None, self._seen)

    def renew(self) -> None:
        """Serve the newly promoted snapshot, if there is one.

        It is opened and updated aside: claims are answered from the previous one meanwhile, which
        stays if the new one is refused. Raises what ``current`` raises, once for a snapshot that is
        another model's or damaged.
        """
        if not self.outdated():
            return
        name = snapshot.current_name(self._root)
        try:
            fresh = LiveIndex.from_snapshot(
                _load(self._sessions, self._root, self._encoder.fingerprint)
            )
        except (IndexMismatch, IndexCorrupt):
            # It would be refused again. Any other failure may pass.
            self._seen = name
            raise
        self._catch_up(fresh, None)
        with self._lock:
            self._catch_up(fresh, None)
            self._live, self._seen = fresh, name

    def close(self) -> None:
        """End all threads, so that the process may fork; each child calls ``reopen`` first."""
        if self._live is not None:
            self._live.close()

    def reopen(self) -> None:
        """Make the index this process's own, after a fork. Raises IndexUnavailable."""
        if self._live is not None:
            self._live.reopen()

    def _last_change(self) -> int:
        with self._sessions() as session:
            return last_change(session)

    def _open(self, progress: Progress | None) -> LiveIndex:
        fingerprint = self._encoder.fingerprint
        self._seen = snapshot.current_name(self._root)
        try:
            return LiveIndex.from_snapshot(_load(self._sessions, self._root, fingerprint))
        except IndexMissing:
            return build(self._sessions, self._encoder, progress)
        except IndexCorrupt as error:
            _log.warning("%s; serving the index before it", error)
        try:
            self._seen = snapshot.rollback(self._root).name
            return LiveIndex.from_snapshot(_load(self._sessions, self._root, fingerprint))
        # Whatever is wrong with the snapshot, the database has everything.
        except EmbeddingsError:
            return build(self._sessions, self._encoder, progress)

    def _catch_up(self, live: LiveIndex, progress: Progress | None) -> None:
        while True:
            since = live.change_number
            pending = load_pending(self._sessions, self._encoder, since, progress)
            if pending is None:
                return
            live.apply(pending.entries, pending.vectors, pending.gone, pending.upto)


def load_pending(
    sessions: Sessions, encoder: Encoder, since: int, progress: Progress | None = None
) -> Pending | None:
    """Return the next changes after ``since`` with vectors, None if there are none."""
    with sessions() as session:
        rows = session.execute(
            select(ChangeLogEntry.id, ChangeLogEntry.statement_id)
            .where(ChangeLogEntry.id > since)
            .order_by(ChangeLogEntry.id)
            .limit(_STEP)
        ).all()
        if not rows:
            return None
        # Only the current state of each statement counts, not the changes between.
        touched = sorted({row.statement_id for row in rows})
        entries = load_entries(session, touched)
    gone = sorted(set(touched) - {entry.id for entry in entries})
    vectors = load_or_compute(sessions, encoder, [entry.text for entry in entries], progress)
    return Pending(entries, vectors, gone, rows[-1].id)


def last_change(session: Session) -> int:
    """Return the number of the database's last change, 0 if there is none."""
    return session.execute(_LAST_CHANGE).scalar() or 0


# Built once, over the table: it runs at every claim.
_LAST_CHANGE: Final = select(func.max(ChangeLogEntry.__table__.c.id))


def origin(session: Session) -> str:
    """Return what identifies this database: the time of its first change, or an empty string."""
    first = session.scalar(select(ChangeLogEntry.created_at).order_by(ChangeLogEntry.id).limit(1))
    return first.isoformat() if first is not None else ""


def changes_since(sessions: Sessions, manifest: Manifest) -> ChangesSince:
    """Count the changes that a snapshot has not applied.

    Raises IndexMismatch if the snapshot comes from another database.
    """
    with sessions() as session:
        require_ours(session, manifest)
        counted = select(ChangeLogEntry.kind, func.count()).where(
            ChangeLogEntry.id > manifest.change_number
        )
        found = {row[0]: row[1] for row in session.execute(counted.group_by(ChangeLogEntry.kind))}
    return ChangesSince(found.get(ChangeKind.ADDED, 0), found.get(ChangeKind.REMOVED, 0))


def build(sessions: Sessions, encoder: Encoder, progress: Progress | None = None) -> LiveIndex:
    """Return an index of everything published now; missing vectors are computed."""
    return _build(sessions, encoder, progress, lambda: None)[0]


def _build(
    sessions: Sessions,
    encoder: Encoder,
    progress: Progress | None,
    load_terms: Callable[[], IndexedTerms | None],
) -> tuple[LiveIndex, IndexedTexts]:
    """Return an index of everything published now, and the texts that its terms were cut from.

    ``load_terms`` gives the terms of the build before, if there are any.
    """
    with sessions() as session:
        number = last_change(session)
        entries = load_entries(session, None)
    # Tantivy indexes in threads of its own: meanwhile vectors are read.
    ids = [entry.id for entry in entries]
    with ThreadPoolExecutor(1, "lexical") as pool:
        texts = [entry.terms_text for entry in entries]
        cut = pool.submit(lambda: IndexedTerms.from_texts(ids, texts, load_terms()))
        rows = load_or_compute_rows(sessions, encoder, [each.text for each in entries], progress)
        dense = DenseIndex.from_vectors(ids, rows)
        terms = cut.result()
    return LiveIndex(dense, terms.lexical, number), terms.texts


def reindex(
    sessions: Sessions,
    encoder: Encoder,
    root: Path,
    progress: Progress | None = None,
    *,
    anew: bool = False,
) -> Manifest:
    """Build a new snapshot of everything published and promote it; the old one serves till then.

    Known vectors are not computed again, and the terms of unchanged texts are taken from the
    snapshot before, unless all is built ``anew``. Raises IndexBusy if another process builds: at
    once, before anything is computed, and so that an older build is never promoted over a newer
    one.
    """

    def load_terms() -> IndexedTerms | None:
        return None if anew else snapshot.load_terms(root, encoder.fingerprint)

    with snapshot.hold_build_lock(root):
        live, texts = _build(sessions, encoder, progress, load_terms)
        with sessions() as session:
            # An index without any change holds nothing.
            came_from = origin(session) if live.change_number else ""
        return live.save(root, encoder.fingerprint, came_from, texts)


def embed_published(
    sessions: Sessions, encoder: Encoder, ids: Sequence[int], progress: Progress | None = None
) -> None:
    """Compute the vectors of the published statements among ``ids`` ahead of time."""
    with sessions() as session:
        entries = load_entries(session, ids)
    load_or_compute(sessions, encoder, [entry.text for entry in entries], progress)


def inspect(sessions: Sessions, root: Path, fingerprint: str) -> IndexState:
    """Compare the served snapshot, if any, with the database, statement by statement.

    Raises IndexMismatch or IndexCorrupt if the snapshot may not be served at all.
    """
    return compare(sessions, load_snapshot(sessions, root, fingerprint))


def load_snapshot(sessions: Sessions, root: Path, fingerprint: str) -> Snapshot | None:
    """Return the served snapshot, None if there is none.

    Raises IndexMismatch or IndexCorrupt if it may not be served.
    """
    try:
        return _load(sessions, root, fingerprint)
    except IndexMissing:
        return None


def compare(sessions: Sessions, loaded: Snapshot | None) -> IndexState:
    """Compare a snapshot with the database, statement by statement."""
    held = loaded.dense.ids() if loaded else frozenset[int]()
    return compare_ids(sessions, loaded.manifest if loaded else None, held)


def compare_ids(
    sessions: Sessions, manifest: Manifest | None, held: frozenset[int], followed: int | None = None
) -> IndexState:
    """Compare the ids of an index with the database; see ``IndexState``."""
    with sessions() as session:
        wanted = set(
            session.scalars(
                select(Statement.id).where(Statement.status == StatementStatus.PUBLISHED)
            )
        )
        number = last_change(session)
    return IndexState(
        manifest,
        len(wanted),
        number,
        tuple(sorted(wanted - held)),
        tuple(sorted(held - wanted)),
        followed,
    )


def _load(sessions: Sessions, root: Path, fingerprint: str) -> Snapshot:
    """Load the served snapshot after checking that it comes from this database."""
    manifest = snapshot.current(root)
    with sessions() as session:
        require_ours(session, manifest)
    return snapshot.load(root, fingerprint)


def require_ours(session: Session, manifest: Manifest) -> None:
    """Raise IndexMismatch unless an index comes from this database."""
    ours = manifest.origin in ("", origin(session))
    if not ours or manifest.change_number > last_change(session):
        raise IndexMismatch(
            "the index was built from another database, or a newer state of this one;"
            " run `tathabbat reindex`"
        )


def load_entries(session: Session, ids: Sequence[int] | None) -> list[Entry]:
    """Return the entries of the published statements among ``ids``, or of all of them."""
    if ids is None:
        return _entries(session, _PUBLISHED)
    found = []
    for batch in in_batches(ids):
        found += _entries(session, _PUBLISHED.where(Statement.id.in_(batch)))
    return found


def load_next_entries(session: Session, after: int, size: int) -> list[Entry]:
    """Return the entries of the next ``size`` published statements after an id."""
    return _entries(session, _PUBLISHED.where(Statement.id > after).limit(size))


def count_published(session: Session) -> int:
    """Return how many statements are published."""
    published = Statement.status == StatementStatus.PUBLISHED
    return session.scalar(select(func.count()).select_from(Statement).where(published)) or 0


def _entries(session: Session, query: Select[int, str, str]) -> list[Entry]:
    return [Entry(*row) for row in session.execute(query).all()]


# Of the tables, not the mapped classes: mapping takes twice as long.
_STATEMENTS, _REPORTS = Statement.__table__, Report.__table__
_PUBLISHED = (
    select(_STATEMENTS.c.id, _STATEMENTS.c.text, _REPORTS.c.title)
    .join(_REPORTS, _REPORTS.c.id == _STATEMENTS.c.report_id)
    .where(_STATEMENTS.c.status == StatementStatus.PUBLISHED)
    .order_by(_STATEMENTS.c.id)
)
