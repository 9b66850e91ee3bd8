"""What disks, clocks and people do to an index: it stays whole, and the next run mends the rest."""

import resource
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import numpy as np
import onnx
import pytest
from filelock import FileLock
from onnx import TensorProto, helper
from sqlalchemy import Engine, event, select

from bot.cli.main import main
from embeddings.bundled.e5_model import BUNDLED_NAME, FOLDER_NAME
from embeddings.bundled.onnx_cache import open_or_make
from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder, Pair
from embeddings.encoders import onnx_encoder
from embeddings.encoders.encoder import Encoder, SentenceTransformerEncoder, open_encoder
from embeddings.errors import IndexBusy, IndexCorrupt, IndexUnavailable
from embeddings.index import snapshot
from embeddings.index.dense import DenseIndex
from embeddings.index.lexical import LexicalIndex
from embeddings.index.live import LiveIndex
from embeddings.index.statement_index import Entry
from knowledge import curation, domain
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.corpus import reports
from knowledge.domain import Outcome, ReportDraft, StatementDraft
from knowledge.index import serving_index
from knowledge.index.index_check import verify
from knowledge.index.serving_index import ServingIndex
from knowledge.models import ChangeLogEntry
from knowledge.storage.database import Sessions, open_engine
from tests.counting import Counting

_MODEL = "a model"
#: As large as makes the vectors the largest file, larger than what is written at once.
_DIMENSION = 1024


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "index"


@contextmanager
def _no_file_grows_past(size: int) -> Iterator[None]:
    """Let every write past ``size`` bytes of a file fail, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _indexes(texts: int) -> tuple[DenseIndex, LexicalIndex]:
    dense, lexical = DenseIndex(_DIMENSION), LexicalIndex()
    ids = list(range(1, texts + 1))
    dense.add(ids, np.eye(_DIMENSION, dtype=np.float32)[:texts])
    lexical.add(ids, [f"كلمة{n} مشتركة" for n in ids])
    return dense, lexical


def _served(root: Path) -> tuple[str, int]:
    """Load what is served, which verifies it, and return its name and count."""
    loaded = snapshot.load(root, _MODEL)
    assert len(loaded.dense) == len(loaded.lexical) == loaded.manifest.count
    return loaded.manifest.name, loaded.manifest.count


def _publish(sessions: Sessions, *texts: str) -> list[int]:
    with sessions.begin() as session:
        draft = ReportDraft(title=texts[0][:100], statements=tuple(map(StatementDraft, texts)))
        ids = list(reports.store(session, draft).statement_ids)
        curation.publish(session, ids, "test")
    return ids


def _assert_clean(sessions: Sessions, root: Path, encoder: Encoder) -> None:
    found = verify(sessions, root, encoder.fingerprint)
    assert (found.state.missing, found.state.extra, found.stale) == ((), (), ())
    assert found.manifest.change_number == found.state.last_change


class TestFullDisk:
    def test_wherever_it_fills_up_the_served_index_stays_and_the_next_build_succeeds(
        self, root: Path
    ) -> None:
        whole = snapshot.write(root, *_indexes(7), _MODEL, "here", 5)
        sizes = {p.stat().st_size for p in (root / whole.name).rglob("*") if p.is_file()}
        assert len(sizes) > 5
        for size in sorted(sizes - {0}):
            dense, lexical = _indexes(7)
            told = pytest.raises(IndexUnavailable, match=r"\(File too large\); check the free")
            with _no_file_grows_past(size - 1), told:
                snapshot.write(root, dense, lexical, _MODEL, "here", 6)
            assert _served(root) == (whole.name, 7)
            assert snapshot.list_names(root) == [whole.name], "nothing half-written can be promoted"
            assert not list(root.glob("*.aside")), "a full disk gets its room back"
        after = snapshot.write(root, *_indexes(8), _MODEL, "here", 7)
        assert _served(root) == (after.name, 8)
        assert snapshot.rollback(root) == whole

    def test_a_full_temporary_folder_does_not_make_a_whole_index_a_damaged_one(
        self, root: Path
    ) -> None:
        snapshot.write(root, *_indexes(3), _MODEL, "here", 5)
        latest = snapshot.write(root, *_indexes(4), _MODEL, "here", 6)
        with _no_file_grows_past(10), pytest.raises(IndexUnavailable, match="TMPDIR") as caught:
            snapshot.load(root, _MODEL)
        assert not isinstance(caught.value, IndexCorrupt), "it would be rolled back"
        assert _served(root) == (latest.name, 4)

    def test_a_temporary_folder_that_is_not_there_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
        with pytest.raises(IndexUnavailable, match=r"gone.*TMPDIR"):
            LexicalIndex()

    @pytest.mark.parametrize("room", [10, 2_000, 10_000])
    def test_what_a_live_index_could_not_take_in_it_takes_in_later(
        self, fake_encoder: Encoder, room: int
    ) -> None:
        numbers = " ".join(map(str, range(10_000)))
        texts = ["السد لم ينهر", "هطل المطر ليلا", f"الجسر مفتوح {numbers}"]
        entries = [Entry(n, text) for n, text in enumerate(texts, 1)]
        rows = fake_encoder.encode_statements(texts)
        live = LiveIndex.from_entries(entries[:1], rows[:1], 1)
        told = pytest.raises(IndexUnavailable, match=r"File too large.*TMPDIR")
        with _no_file_grows_past(room), told as caught:
            live.apply(entries[1:], rows[1:], [], 3)
        assert live.change_number == 1, "it is known what is missing"
        live.apply(entries[1:], rows[1:], [], 3)
        for entry, row in zip(entries, rows, strict=True):
            best = live.search(row, entry.text, 1)[0]
            assert best.id == entry.id
            assert best.lexical > 0, "both indexes have it"
        assert live.ids() == {1, 2, 3}
        assert caught.value.__traceback__ is not None, "the error is still held"

    def test_in_the_database_a_reindex_is_one_sentence_and_goes_on_once_there_is_room(
        self,
        migrated_file: Path,
        tmp_path: Path,
        fake_encoder: Encoder,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        data = tmp_path / "data"
        data.mkdir()
        shutil.copy(migrated_file, data / "tathabbat.db")
        engine = open_engine(f"sqlite:///{data / 'tathabbat.db'}")
        sessions = Sessions(engine)
        monkeypatch.setenv("DATA_DIR", str(data))
        monkeypatch.setattr("embeddings.encoders.encoder.open_encoder", lambda *_: fake_encoder)
        monkeypatch.setattr(sys, "argv", ["tathabbat", "reindex"])

        def reindex() -> int:
            with pytest.raises(SystemExit) as ended:
                main()
            return int(ended.value.code or 0)

        def fill(connection: sqlite3.Connection, _record: object) -> None:
            # Never less than there is: SQLite says of the next page that the disk is full.
            connection.execute("PRAGMA max_page_count = 1")

        _publish(sessions, "السد لم ينهر")
        assert reindex() == 0
        before = snapshot.current(data / "index")
        _publish(sessions, *(f"خبر رقم {n}" for n in range(600)))
        capsys.readouterr()
        event.listen(Engine, "connect", fill)
        try:
            assert reindex() == 1
        finally:
            event.remove(Engine, "connect", fill)
        said = capsys.readouterr().err.strip()
        assert "\n" not in said
        assert "database or disk is full" in said
        assert snapshot.current(data / "index") == before
        assert len(ServingIndex(sessions, fake_encoder, data / "index").current()) == 601
        assert reindex() == 0
        _assert_clean(sessions, data / "index", fake_encoder)
        engine.dispose()


class _BackwardClock(datetime):
    """A clock that is an hour earlier at every look."""

    looks = 0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        cls.looks += 1
        return cls.fromtimestamp(2_000_000_000, tz or UTC) - timedelta(hours=cls.looks)


def test_a_clock_that_goes_backwards_changes_nothing_of_the_index(
    sessions: Sessions, fake_encoder: Encoder, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain, "datetime", _BackwardClock)
    serving = ServingIndex(sessions, fake_encoder, root)
    wanted: set[int] = set()
    built: list[str] = []
    for number in range(4):
        kept, wrong = _publish(sessions, f"خبر رقم {number}", f"شائعة رقم {number}")
        assert serving.current().ids() == wanted | {kept, wrong}
        opened = ServingIndex(sessions, fake_encoder, root)
        assert opened.current().ids() == wanted | {kept, wrong}, "the last snapshot is accepted"
        with sessions.begin() as session:
            curation.retract(session, [wrong], "test", "wrong")
        wanted.add(kept)
        assert serving.current().ids() == wanted, "retracted last, however early by the clock"
        built.append(serving_index.reindex(sessions, fake_encoder, root).name)
        _assert_clean(sessions, root, fake_encoder)
        assert ServingIndex(sessions, fake_encoder, root).current().ids() == wanted
    assert built == sorted(built)
    assert snapshot.list_names(root) == built[-2:], "the oldest are pruned, not the earliest"
    with sessions() as session:
        moments = list(
            session.scalars(select(ChangeLogEntry.created_at).order_by(ChangeLogEntry.id))
        )
    assert moments == sorted(moments, reverse=True), "the clock did go backwards"


def test_a_second_reindex_is_refused_before_it_computes_anything(
    sessions: Sessions, fake_encoder: Encoder, root: Path
) -> None:
    encoder = Counting(fake_encoder)
    _publish(sessions, "السد لم ينهر")
    root.mkdir()
    with FileLock(root / "building", timeout=0), pytest.raises(IndexBusy, match="wait for it"):
        serving_index.reindex(sessions, encoder, root)
    assert not encoder.computed
    assert serving_index.reindex(sessions, encoder, root).count == 1


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_statement_of_ten_million_characters_is_served_like_any_other(
    sessions: Sessions, fake_encoder: Encoder, root: Path
) -> None:
    claim = "هطلت الأمطار على الميناء الشرقي ليلا"
    endless = f"{claim} " + "ب" * 5_000_000 + " أعلنت الوزارة فتح الجسر" * 210_000
    assert len(endless) > 10_000_000
    long, short = _publish(sessions, endless, claim)
    serving_index.embed_published(sessions, fake_encoder, [long, short])
    serving_index.reindex(sessions, fake_encoder, root)
    _assert_clean(sessions, root, fake_encoder)
    index = ServingIndex(sessions, fake_encoder, root)
    checker = ClaimChecker(sessions, fake_encoder, index, RuleJudge())
    found = checker.answer(claim)
    assert found.outcome is Outcome.SUPPORTED
    assert [match.statement.id for match in found.matches] == [short, long]
    beginning = checker.answer_message(endless[:9_000])
    assert beginning.outcome is not Outcome.SUPPORTED, "it says more than that"
    asked = checker.answer_message(endless)
    assert asked.outcome is Outcome.NO_MATCH, "no message is as long"
    assert {match.statement.id for match in asked.matches} == {short, long}
    with sessions.begin() as session:
        curation.retract(session, [long], "test", "wrong")
    assert [match.statement.id for match in checker.answer(claim).matches] == [short]


@pytest.fixture
def half_written(
    tmp_path: Path,
    models_dir: Path,
    bundled_encoder: SentenceTransformerEncoder,
    bundled_reader: OnnxCrossEncoder,
) -> Path:
    """Return a folder of models whose ONNX files were cut off half way."""
    bundled_encoder.encode_claims(["made, if it was not"])
    bundled_reader.read([Pair("made", "if it was not")])
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / FOLDER_NAME).symlink_to(models_dir / FOLDER_NAME, target_is_directory=True)
    for name in (_encoder_file(models_dir), _judge_file(models_dir, bundled_reader)):
        shutil.copyfile(name, folder / name.name)
        with (folder / name.name).open("r+b") as file:
            file.truncate(name.stat().st_size // 2)
    return folder


def _encoder_file(folder: Path) -> Path:
    (path,) = folder.glob(f"encoder-*-v{onnx_encoder.FORMAT_VERSION}.onnx")
    return path


def _judge_file(folder: Path, reader: OnnxCrossEncoder) -> Path:
    (path,) = folder.glob(f"cross-encoder-{reader.fingerprint[:12]}-v*.onnx")
    return path


class TestHalfWrittenModel:
    """Making one takes a quarter of a minute, so here what was made before is copied instead."""

    def test_of_the_encoder_is_made_again(
        self,
        half_written: Path,
        models_dir: Path,
        bundled_encoder: SentenceTransformerEncoder,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        made = _encoder_file(models_dir)
        monkeypatch.setattr(
            "embeddings.build.onnx_export.export_encoder",
            lambda _folder, _weights, path: shutil.copyfile(made, path),
        )
        texts = ["أعلنت الوزارة فتح الجسر القديم"]
        vectors = open_encoder(BUNDLED_NAME, half_written).encode_claims(texts)
        np.testing.assert_allclose(vectors, bundled_encoder.encode_claims(texts), atol=1e-5)
        assert "it is made again" in caplog.text
        assert "the slower one is used" not in caplog.text
        assert _encoder_file(half_written).stat().st_size == made.stat().st_size

    def test_of_the_judge_is_made_again(
        self,
        half_written: Path,
        models_dir: Path,
        bundled_reader: OnnxCrossEncoder,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        made = _judge_file(models_dir, bundled_reader)
        monkeypatch.setattr(
            "embeddings.build.onnx_export.export_pairs",
            lambda _, __, path: shutil.copyfile(made, path),
        )
        pairs = [Pair("الجسر مفتوح", "الجسر مغلق منذ أمس")]
        read = OnnxCrossEncoder(half_written).read(pairs)
        np.testing.assert_allclose(read, bundled_reader.read(pairs), atol=1e-4)
        assert "it is made again" in caplog.text
        assert not list(half_written.glob("*.aside"))

    def test_is_made_again_once_and_then_told(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        path, made = tmp_path / "model.onnx", []

        def make(aside: Path) -> None:
            made.append(aside)
            aside.write_bytes(b"no model either")

        path.write_bytes(b"")
        with pytest.raises(Exception, match=r"(?i)protobuf|model"):
            open_or_make(path, make, None)
        assert len(made) == 1
        assert "it is made again" in caplog.text

    def test_is_told_from_a_whole_one_which_is_never_made_again(self, tmp_path: Path) -> None:
        path, made = tmp_path / "model.onnx", []

        def make(aside: Path) -> None:
            made.append(aside)
            _write_doubling(aside)

        for _ in range(2):
            session = open_or_make(path, make, None)
            (doubled,) = session.run(None, {"x": np.array([2.0], np.float32)})
            assert doubled == [4.0]
        assert len(made) == 1

    def test_that_could_not_be_made_leaves_nothing_that_would_be_opened(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "model.onnx"

        def make(aside: Path) -> None:
            _write_doubling(aside)
            with aside.open("r+b") as file:
                file.truncate(20)
            raise OSError(28, "No space left on device")

        with pytest.raises(OSError, match="No space"):
            open_or_make(path, make, None)
        assert not path.exists()
        assert open_or_make(path, _write_doubling, None) is not None


def _write_doubling(path: Path) -> None:
    """Write the smallest model there is: it doubles a number."""
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1]) for n in ("x", "y")]
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["y"])], "doubling", value[:1], value[1:]
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
