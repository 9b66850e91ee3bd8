"""Immutable builds of the index on disk: written aside, verified, promoted by one rename.

index/
  current            the name of the snapshot that is served
  00000007/          manifest.json, dense.faiss, lexical/, texts.npy, and sketches of many rows
  00000008.aside/    being written, or left by a run that was killed; never served
"""

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from embeddings.disk_sync import sync, sync_tree
from embeddings.errors import (
    IndexBusy,
    IndexCorrupt,
    IndexMismatch,
    IndexMissing,
    IndexUnavailable,
)
from embeddings.index import indexed_texts
from embeddings.index.dense import DenseIndex
from embeddings.index.indexed_texts import IndexedTerms, IndexedTexts
from embeddings.index.lexical import LexicalIndex
from embeddings.weights import sha256

#: Increased when the layout of a snapshot or the terms of a text change; other formats are refused.
FORMAT: Final = 5
#: Snapshots kept: the served one and one to roll back to.
KEPT: Final = 2

_CURRENT, _MANIFEST, _ASIDE, _SEAL = "current", "manifest.json", ".aside", "seal"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of a snapshot, and checksums.

    ``fingerprint`` is the encoder's, ``origin`` identifies the database, ``change_number`` is its
    last change applied, ``files`` the sha256 of every file by its path inside the folder.
    """

    format: int
    name: str
    fingerprint: str
    origin: str
    dimension: int
    count: int
    change_number: int
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A loaded snapshot."""

    manifest: Manifest
    dense: DenseIndex
    lexical: LexicalIndex


def write(
    root: Path,
    dense: DenseIndex,
    lexical: LexicalIndex,
    fingerprint: str,
    origin: str,
    change_number: int,
    texts: IndexedTexts | None = None,
) -> Manifest:
    """Write a snapshot aside, verify it, promote it, prune older ones. Returns its manifest.

    ``texts`` are those that ``lexical`` holds, for the next build; they can be left out.
    Killed at any moment, the previous snapshot is still intact. Raises IndexBusy if another process
    is writing, IndexUnavailable if the disk is full or fails, and IndexCorrupt if the snapshot does
    not read back.
    """
    with _alone(root):
        for leftover in [*root.glob(f"*{_ASIDE}"), *_rejected(root)]:
            shutil.rmtree(leftover)
        name = f"{max((int(n) for n in list_names(root)), default=0) + 1:08d}"
        aside = root / (name + _ASIDE)
        try:
            aside.mkdir()
            dense.save(aside)
            lexical.save(aside)
            if texts is not None:
                texts.save(aside)
            files = {str(p.relative_to(aside)): sha256(p) for p in _files(aside)}
            manifest = Manifest(
                FORMAT, name, fingerprint, origin, dense.dimension, len(dense), change_number, files
            )
            fields = manifest_fields(manifest)
            sealed = fields | {_SEAL: seal_of(fields)}
            (aside / _MANIFEST).write_text(json.dumps(sealed, indent=1), "utf-8")
            sync_tree(aside)
            _read_back(aside, manifest)
            aside.rename(root / name)
        except BaseException:
            # Frees the space at once: the database may be on the same full disk.
            shutil.rmtree(aside, ignore_errors=True)
            raise
        _promote(root, name)
        _prune(root)
    return manifest


def list_names(root: Path) -> list[str]:
    """Return the names of the complete snapshots, oldest first."""
    if not root.is_dir():
        return []
    return sorted(p.name for p in root.iterdir() if p.is_dir() and p.name.isdigit())


def current(root: Path) -> Manifest:
    """Return the manifest of the served snapshot. Raises IndexMissing or IndexCorrupt."""
    if not (root / _CURRENT).exists():
        raise IndexMissing("there is no index yet; run `tathabbat reindex`")
    name = current_name(root)
    if name is None:
        raise IndexCorrupt(
            f"the file {root / _CURRENT} names no index; run `tathabbat reindex`,"
            " or `tathabbat index rollback`"
        )
    return _manifest(root, name)


def fingerprints(root: Path) -> set[str]:
    """Return the encoders of the complete and readable snapshots."""
    found = set()
    for name in list_names(root):
        with suppress(IndexCorrupt, IndexMismatch):
            found.add(_manifest(root, name).fingerprint)
    return found


def load(root: Path, fingerprint: str) -> Snapshot:
    """Load the served snapshot for the encoder with ``fingerprint``.

    Raises IndexMissing, IndexMismatch (another model or normaliser) or IndexCorrupt.
    """
    manifest = current(root)
    require_fingerprint(manifest, fingerprint)
    check(root, manifest)
    return _read_back(root / manifest.name, manifest)


def load_terms(root: Path, fingerprint: str) -> IndexedTerms | None:
    """Load the terms of the served snapshot, to build the next one on.

    None if they may not be: there are none, they are damaged, or cut as another model wants it.
    """
    try:
        manifest = current(root)
        require_fingerprint(manifest, fingerprint)
        if indexed_texts.FILE not in manifest.files:
            return None
        check(root, manifest, (indexed_texts.FILE, f"{LexicalIndex.FOLDER}{os.sep}"))
        folder = root / manifest.name
        return IndexedTerms(LexicalIndex.load(folder), IndexedTexts.load(folder))
    except (IndexMissing, IndexMismatch, IndexCorrupt):
        return None


def check(root: Path, manifest: Manifest, prefixes: tuple[str, ...] = ("",)) -> None:
    """Raise IndexCorrupt unless every file of the snapshot exists unaltered.

    Only files whose path begins with one of ``prefixes`` are read.
    """
    folder = root / manifest.name
    for path, expected in manifest.files.items():
        if not path.startswith(prefixes):
            continue
        try:
            found = sha256(folder / path)
        except OSError as error:
            raise _unread(manifest.name, path, error) from error
        if found != expected:
            raise _corrupt(manifest.name, path)


def rollback(root: Path) -> Manifest:
    """Serve the snapshot before the current one.

    Raises IndexMissing if there is none, IndexCorrupt if it is damaged, and IndexBusy if another
    process is writing.
    """
    with _alone(root):
        serving = current_name(root)
        older = [name for name in list_names(root) if serving is None or name < serving]
        if not older:
            raise IndexMissing("there is no older index to go back to; run `tathabbat reindex`")
        manifest = _manifest(root, older[-1])
        check(root, manifest)
        _promote(root, manifest.name)
    return manifest


def prune(root: Path) -> list[str]:
    """Delete all snapshots except the served one and the newest other. Returns their names.

    Raises IndexBusy if another process is writing.
    """
    with _alone(root):
        return _prune(root)


def current_name(root: Path) -> str | None:
    """Return the name of the served snapshot, None if none is named."""
    try:
        name = (root / _CURRENT).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return name if name.isascii() and name.isdigit() else None


def built_at(root: Path, name: str) -> float | None:
    """Return when a snapshot was written, in seconds since the epoch; None if it is gone."""
    try:
        return (root / name / _MANIFEST).stat().st_mtime
    except OSError:
        return None


@contextmanager
def hold_build_lock(root: Path) -> Iterator[None]:
    """Hold the lock on building below ``root``; its holder may take it again.

    Raises IndexBusy if another process or thread has it. The served snapshot may change meanwhile.
    """
    with _lock(root, "building"):
        yield


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold the lock on changing what is below ``root``.

    Raises IndexBusy if another process has it, IndexUnavailable if files cannot be changed.
    """
    with _lock(root, "lock"):
        try:
            yield
        except OSError as error:
            raise _unwritable(root, error) from error


@contextmanager
def _lock(root: Path, name: str) -> Iterator[None]:
    holder = root / f"{name}.holder"
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / name, timeout=0, is_singleton=True).acquire()
    except Timeout as error:
        raise IndexBusy(
            f"another reindex is running ({_read_holder(holder)}); wait for it to finish"
        ) from error
    except OSError as error:
        raise _unwritable(root, error) from error
    with lock:
        # Informative only: on a full disk, what frees space must still run.
        with suppress(OSError):
            holder.write_text(f"process {os.getpid()} on {platform.node()}", "utf-8")
        yield


def _read_holder(holder: Path) -> str:
    try:
        return holder.read_text("utf-8")[:200] or "of an unknown process"
    except (OSError, UnicodeDecodeError):
        return "of an unknown process"


def _unwritable(root: Path, error: OSError) -> IndexUnavailable:
    return IndexUnavailable(
        f"the index in {root} cannot be written ({error.strerror});"
        " check the free space and the permissions there"
    )


def _rejected(root: Path) -> list[Path]:
    """Return the snapshots newer than the served one: rolled back, or never promoted.

    Nobody can serve them again, and the next rollback would find them.
    """
    serving, complete = current_name(root), list_names(root)
    return [root / name for name in complete if serving in complete and name > serving]


def _prune(root: Path) -> list[str]:
    serving = current_name(root)
    others = [name for name in list_names(root) if name != serving]
    doomed = others[: -(KEPT - 1)]
    for name in doomed:
        shutil.rmtree(root / name)
    return doomed


def _manifest(root: Path, name: str) -> Manifest:
    try:
        fields = json.loads((root / name / _MANIFEST).read_text("utf-8"))
        written_by, seal = fields["format"], fields.pop(_SEAL, None)
    except OSError as error:
        raise _unread(name, _MANIFEST, error) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _corrupt(name, _MANIFEST) from error
    if written_by != FORMAT:
        raise IndexMismatch(
            f"index {name} was written by another version of this program; run `tathabbat reindex`"
        )
    require_seal(name, fields, seal)
    return Manifest(**fields)


def manifest_fields(manifest: Manifest) -> dict[str, Any]:
    """Return the fields of a manifest as they are written."""
    return asdict(manifest)


def require_fingerprint(manifest: Manifest, fingerprint: str) -> None:
    """Raise IndexMismatch unless the encoder with ``fingerprint`` built the index."""
    if manifest.fingerprint != fingerprint:
        raise IndexMismatch(
            "the index was built by another model than EMBEDDING_MODEL names;"
            " run `tathabbat reindex`, or set EMBEDDING_MODEL back"
        )


def require_seal(name: str, fields: Mapping[str, Any], seal: object) -> None:
    """Raise IndexCorrupt unless ``seal`` is that of a manifest's ``fields``."""
    if seal != seal_of(fields):
        raise _corrupt(name, _MANIFEST)


def seal_of(fields: Mapping[str, Any]) -> str:
    """Return the sha256 of a manifest: one wrong digit in its numbers would hide statements."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _read_back(folder: Path, manifest: Manifest) -> Snapshot:
    dense = DenseIndex.load(folder)
    lexical = LexicalIndex.load(folder)
    if not len(dense) == len(lexical) == manifest.count:
        raise _corrupt(manifest.name, "counts")
    return Snapshot(manifest, dense, lexical)


def _promote(root: Path, name: str) -> None:
    aside = root / (_CURRENT + _ASIDE + ".txt")
    aside.write_text(name, "utf-8")
    sync(aside)
    aside.replace(root / _CURRENT)
    sync(root)


def _unread(name: str, part: str, error: OSError) -> IndexCorrupt:
    if isinstance(error, PermissionError):
        return IndexCorrupt(
            f"index {name} cannot be read ({error.filename}: {error.strerror});"
            " give the files in DATA_DIR to the user who runs this, as `tathabbat doctor` says"
        )
    return _corrupt(name, part)


def _corrupt(name: str, part: str) -> IndexCorrupt:
    return IndexCorrupt(
        f"index {name} is damaged ({part}); run `tathabbat reindex`,"
        " or `tathabbat index rollback` for the one before"
    )


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())
