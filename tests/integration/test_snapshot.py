"""Builds of the index on disk: served whole or refused, whatever happened to the files."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from embeddings.errors import IndexBusy, IndexCorrupt, IndexMismatch, IndexMissing, IndexUnavailable
from embeddings.index import snapshot
from embeddings.index.dense import DenseIndex
from embeddings.index.lexical import LexicalIndex
from embeddings.index.snapshot import Manifest

_MODEL = "a model"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "index"


def _indexes(texts: int) -> tuple[DenseIndex, LexicalIndex]:
    dense, lexical = DenseIndex(8), LexicalIndex()
    ids = list(range(1, texts + 1))
    dense.add(ids, np.eye(8, dtype=np.float32)[:texts])
    lexical.add(ids, [f"كلمة{n} مشتركة" for n in ids])
    return dense, lexical


def _write(root: Path, texts: int = 2, change_number: int = 5) -> Manifest:
    return snapshot.write(root, *_indexes(texts), _MODEL, "here", change_number)


def _served(root: Path) -> tuple[str, int]:
    """Load what is served, which verifies it, and return its name and count."""
    loaded = snapshot.load(root, _MODEL)
    assert len(loaded.dense) == len(loaded.lexical) == loaded.manifest.count
    assert len(loaded.lexical.search("مشتركة", 10)) == loaded.manifest.count
    return loaded.manifest.name, loaded.manifest.count


def _flip(path: Path, byte: int) -> None:
    data = bytearray(path.read_bytes())
    data[byte] ^= 0b100
    path.write_bytes(data)


def test_what_was_written_is_served(root: Path) -> None:
    manifest = _write(root, texts=3, change_number=17)
    loaded = snapshot.load(root, _MODEL)
    assert loaded.manifest == manifest == snapshot.current(root)
    assert (manifest.count, manifest.dimension, manifest.change_number) == (3, 8, 17)
    assert (manifest.fingerprint, manifest.origin) == (_MODEL, "here")
    assert loaded.dense.ids() == {1, 2, 3}
    assert snapshot.current_name(root) == manifest.name
    assert not list(root.glob("*.aside"))


def test_an_empty_index_can_be_served(root: Path) -> None:
    _write(root, texts=0)
    assert _served(root)[1] == 0


def test_nothing_written_yet_is_missing(root: Path) -> None:
    assert snapshot.list_names(root) == []
    assert snapshot.current_name(root) is None
    for ask in (lambda: snapshot.current(root), lambda: snapshot.load(root, _MODEL)):
        with pytest.raises(IndexMissing, match="run `tathabbat reindex`"):
            ask()


def test_another_model_is_refused_with_both_ways_out(root: Path) -> None:
    _write(root)
    with pytest.raises(IndexMismatch, match=r"tathabbat reindex.*EMBEDDING_MODEL"):
        snapshot.load(root, "another model")


@pytest.mark.parametrize("more", [{}, {"shards": 3}])
def test_another_format_is_refused_as_such(root: Path, more: dict[str, int]) -> None:
    manifest = _write(root)
    file = root / manifest.name / "manifest.json"
    file.write_text(json.dumps({"format": 99, "name": manifest.name, **more}), "utf-8")
    with pytest.raises(IndexMismatch, match="another version of this program"):
        snapshot.load(root, _MODEL)


def _each_file(root: Path) -> Iterator[Path]:
    manifest = snapshot.current(root)
    yield root / manifest.name / "manifest.json"
    yield from (root / manifest.name / path for path in manifest.files)


@contextmanager
def _kept(path: Path) -> Iterator[bytes]:
    whole = path.read_bytes()
    yield whole
    path.write_bytes(whole)


def test_every_file_is_watched_over(root: Path) -> None:
    manifest = _write(root)
    on_disk = {p for p in (root / manifest.name).rglob("*") if p.is_file()}
    assert set(_each_file(root)) == on_disk


def test_a_missing_file_is_refused(root: Path) -> None:
    _write(root)
    for path in list(_each_file(root)):
        with _kept(path):
            path.unlink()
            with pytest.raises(IndexCorrupt, match=r"reindex.*rollback"):
                snapshot.load(root, _MODEL)
    assert _served(root)[1] == 2


def test_a_truncated_file_is_refused(root: Path) -> None:
    _write(root)
    for path in list(_each_file(root)):
        with _kept(path) as whole:
            path.write_bytes(whole[:-1])
            with pytest.raises(IndexCorrupt, match=path.name.replace(".", r"\.")):
                snapshot.load(root, _MODEL)
    assert _served(root)[1] == 2


def test_a_flipped_bit_is_refused(root: Path) -> None:
    _write(root)
    for path in list(_each_file(root)):
        with _kept(path) as whole:
            _flip(path, len(whole) // 2)
            with pytest.raises((IndexCorrupt, IndexMismatch)):
                snapshot.load(root, _MODEL)
    assert _served(root)[1] == 2


def test_the_manifest_is_watched_over_itself(root: Path) -> None:
    """A change number that is too high would hide what was published before it."""
    manifest = _write(root)
    file = root / manifest.name / "manifest.json"
    with _kept(file) as whole:
        for byte in range(0, len(whole), 7):
            _flip(file, byte)
            with pytest.raises((IndexCorrupt, IndexMismatch)):
                snapshot.current(root)
            file.write_bytes(whole)


def test_a_manifest_that_is_no_object_is_refused(root: Path) -> None:
    manifest = _write(root)
    for junk in ("[]", "null", "7", "{}", "", '"format"'):
        (root / manifest.name / "manifest.json").write_text(junk, "utf-8")
        with pytest.raises(IndexCorrupt):
            snapshot.current(root)


@pytest.mark.parametrize("name", ["", "00000009", "nonsense"])
def test_a_pointer_to_nowhere_is_refused_and_mended_by_the_next_build(
    root: Path, name: str
) -> None:
    before = _write(root)
    (root / "current").write_text(name, "utf-8")
    with pytest.raises(IndexCorrupt):
        snapshot.load(root, _MODEL)
    assert snapshot.list_names(root) == [before.name]
    after = _write(root, texts=3)
    assert _served(root) == (after.name, 3)


def test_rollback_serves_the_one_before(root: Path) -> None:
    first, second = _write(root, texts=2), _write(root, texts=3)
    assert _served(root) == (second.name, 3)
    assert snapshot.rollback(root) == first
    assert _served(root) == (first.name, 2)
    with pytest.raises(IndexMissing, match="no older index"):
        snapshot.rollback(root)
    assert _served(root) == (first.name, 2)


def test_rollback_gets_away_from_a_damaged_index(root: Path) -> None:
    first, second = _write(root, texts=2), _write(root, texts=3)
    shutil.rmtree(root / second.name)
    snapshot.rollback(root)
    assert _served(root) == (first.name, 2)


def test_an_index_that_may_not_be_read_is_not_said_to_be_damaged(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(root, texts=2)

    def refuse(path: Path, *_: object) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(snapshot, "sha256", refuse)
        with pytest.raises(IndexCorrupt, match=r"cannot be read .*Permission denied.*doctor"):
            snapshot.load(root, _MODEL)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_text", refuse)
        with pytest.raises(IndexCorrupt, match=r"manifest\.json: Permission denied"):
            snapshot._manifest(root, "00000001")


def test_rollback_to_a_damaged_index_is_refused(root: Path) -> None:
    first, second = _write(root, texts=2), _write(root, texts=3)
    _flip(root / first.name / DenseIndex.FILE, 30)
    with pytest.raises(IndexCorrupt):
        snapshot.rollback(root)
    assert _served(root) == (second.name, 3)


def test_rollback_without_any_index_is_refused(root: Path) -> None:
    with pytest.raises(IndexMissing, match="no older index"):
        snapshot.rollback(root)


def test_what_was_rolled_back_from_is_never_rolled_back_to(root: Path) -> None:
    good, _bad = _write(root, texts=2), _write(root, texts=3)
    snapshot.rollback(root)
    _write(root, texts=4)
    assert _served(root)[1] == 4
    assert snapshot.rollback(root) == good


def test_two_are_kept(root: Path) -> None:
    written = [_write(root, texts=n).name for n in (1, 2, 3, 4)]
    assert snapshot.list_names(root) == written[-2:]
    assert snapshot.prune(root) == []
    shutil.copytree(root / written[-1], root / "00000001")
    assert snapshot.prune(root) == ["00000001"]
    assert _served(root) == (written[-1], 4)


def test_a_second_writer_is_refused_and_changes_nothing(root: Path) -> None:
    first, second = _write(root, texts=2), _write(root, texts=3)
    with FileLock(root / "lock", timeout=0):
        with pytest.raises(IndexBusy, match="wait for it"):
            _write(root)
        with pytest.raises(IndexBusy, match="wait for it"):
            snapshot.rollback(root)
        with pytest.raises(IndexBusy, match="wait for it"):
            snapshot.prune(root)
        assert _served(root) == (second.name, 3), "it is still served meanwhile"
    assert snapshot.list_names(root) == [first.name, second.name]


def test_a_build_that_fails_leaves_the_served_one_and_lets_the_next_one_in(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _write(root, texts=2)

    def full(self: LexicalIndex, folder: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(LexicalIndex, "save", full)
        with pytest.raises(IndexUnavailable, match="No space") as caught:
            _write(root, texts=3)
    assert _served(root) == (first.name, 2)
    assert _write(root, texts=4).count == 4, "the lock is free while the error is still held"
    assert "check the free space" in str(caught.value)
    assert not list(root.glob("*.aside"))


def test_what_does_not_read_back_is_never_served(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _write(root, texts=2)
    dense, lexical = _indexes(3)
    lexical.remove([3])
    with pytest.raises(IndexCorrupt, match="counts"):
        snapshot.write(root, dense, lexical, _MODEL, "here", 6)
    assert _served(root) == (first.name, 2)


# Writes a snapshot of three texts and stops for good where the named function is called.
_KILLED = """
import sys
from pathlib import Path
import numpy as np
from embeddings.index import snapshot
from embeddings.index.dense import DenseIndex
from embeddings.index.lexical import LexicalIndex

def stop(*arguments, **named):
    print("stopped", flush=True)
    sys.stdin.read()

root, owner, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
setattr(LexicalIndex if owner == "LexicalIndex" else snapshot, name, stop)
dense, lexical = DenseIndex(8), LexicalIndex()
dense.add([1, 2, 3], np.eye(8, dtype=np.float32)[:3])
lexical.add([1, 2, 3], ["كلمة مشتركة"] * 3)
snapshot.write(root, dense, lexical, "a model", "here", 6)
"""


@pytest.mark.parametrize(
    ("owner", "name", "served"),
    [
        ("LexicalIndex", "save", 2),
        ("snapshot", "sync_tree", 2),
        ("snapshot", "_promote", 2),
        ("snapshot", "_prune", 3),
    ],
)
def test_a_build_that_is_killed_leaves_the_served_one_whole(
    root: Path, tmp_path: Path, owner: str, name: str, served: int
) -> None:
    _write(root, texts=1)
    _write(root, texts=2)
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(root), owner, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stopped\n"
        with pytest.raises(IndexBusy, match=f"process {process.pid} on "):
            _write(root)
        assert _served(root)[1] == served
        process.kill()
    assert _served(root)[1] == served
    after = _write(root, texts=4)
    assert _served(root) == (after.name, 4)
    assert len(snapshot.list_names(root)) == snapshot.KEPT
    assert not list(root.glob("*.aside"))
    snapshot.rollback(root)
    assert _served(root)[1] == served, "rolling back goes to what was served before"
