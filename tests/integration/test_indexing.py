"""The index follows the database: at once, whole, and nothing is computed twice."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, event, func, select

from embeddings.encoders.encoder import Encoder
from embeddings.errors import IndexCorrupt, IndexMismatch
from embeddings.index import snapshot
from embeddings.index.dense import DenseIndex
from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import ReportDraft, StatementDraft
from knowledge.index import serving_index
from knowledge.index.serving_index import ServingIndex
from knowledge.index.vector_cache import (
    forget,
    load_or_compute,
    load_or_compute_rows,
    prune,
    store,
)
from knowledge.models import Vector
from knowledge.storage.batches import MOST_BOUND
from knowledge.storage.database import Sessions, open_engine
from knowledge.storage.schema import require_ready
from tests.counting import Counting


@pytest.fixture
def encoder(fake_encoder: Encoder) -> Counting:
    return Counting(fake_encoder)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def serving(sessions: Sessions, encoder: Counting, root: Path) -> ServingIndex:
    return ServingIndex(sessions, encoder, root)


@pytest.fixture
def other_sessions(tmp_path: Path) -> Iterator[Sessions]:
    engine: Engine = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    require_ready(engine)
    yield Sessions(engine)
    engine.dispose()


def _draft(sessions: Sessions, *texts: str) -> list[int]:
    statements = tuple(StatementDraft(text) for text in texts)
    with sessions.begin() as session:
        draft = ReportDraft(title=f"تقرير عن {texts[0]}", statements=statements)
        return list(reports.store(session, draft).statement_ids)


def _publish(sessions: Sessions, *texts: str) -> list[int]:
    ids = _draft(sessions, *texts)
    with sessions.begin() as session:
        curation.publish(session, ids, "test")
    return ids


def _retract(sessions: Sessions, *ids: int) -> None:
    with sessions.begin() as session:
        curation.retract(session, ids, "test", "wrong")


def _found(serving: ServingIndex, encoder: Encoder, claim: str) -> list[int]:
    vector = encoder.encode_claims([claim])[0]
    return [hit.id for hit in serving.current().search(vector, claim, 10)]


def test_an_empty_database_serves_an_empty_index(serving: ServingIndex, encoder: Counting) -> None:
    assert len(serving.current()) == 0
    assert _found(serving, encoder, "السد انهار") == []


def test_what_is_published_is_seen_without_a_reindex(
    sessions: Sessions, serving: ServingIndex, encoder: Counting
) -> None:
    serving.current()
    first, second = _publish(sessions, "السد لم ينهر", "هطل المطر ليلا")
    assert _found(serving, encoder, "السد لم ينهر")[0] == first
    assert _found(serving, encoder, "هطل المطر ليلا")[0] == second


def test_a_draft_is_never_seen(
    sessions: Sessions, serving: ServingIndex, encoder: Counting
) -> None:
    _draft(sessions, "السد لم ينهر")
    assert _found(serving, encoder, "السد لم ينهر") == []
    assert not encoder.computed


def test_a_statement_is_found_by_its_reports_title(
    sessions: Sessions, serving: ServingIndex, encoder: Counting
) -> None:
    first, _ = _publish(sessions, "الباغوز", "وصل عددهم إلى 37 ألفا")
    hits = serving.current().search(encoder.encode_claims(["الباغوز"])[0], "الباغوز", 5)
    assert hits[0].id == first
    assert all(hit.lexical > 0 for hit in hits), "both stand under that title"


def test_what_is_retracted_is_gone_at_once_from_every_process(
    sessions: Sessions, serving: ServingIndex, encoder: Counting, root: Path
) -> None:
    first, second = _publish(sessions, "السد لم ينهر", "هطل المطر ليلا")
    another = ServingIndex(sessions, encoder, root)
    assert serving.current().ids() == another.current().ids() == {first, second}
    _retract(sessions, first)
    assert serving.current().ids() == another.current().ids() == {second}
    assert first not in _found(serving, encoder, "السد لم ينهر")


def test_a_snapshot_is_brought_up_to_date_as_it_is_opened(
    sessions: Sessions, encoder: Counting, root: Path
) -> None:
    first, second = _publish(sessions, "السد لم ينهر", "هطل المطر ليلا")
    manifest = serving_index.reindex(sessions, encoder, root)
    _retract(sessions, first)
    (third,) = _publish(sessions, "الجسر مفتوح")
    live = ServingIndex(sessions, encoder, root).current()
    assert live.ids() == {second, third}
    assert live.change_number == manifest.change_number + 2
    assert snapshot.current(root) == manifest, "opening an index does not change it"


def test_published_and_retracted_while_nobody_looked_is_never_served(
    sessions: Sessions, serving: ServingIndex, encoder: Counting
) -> None:
    serving.current()
    _retract(sessions, *_publish(sessions, "السد انهار"))
    assert len(serving.current()) == 0
    assert not encoder.computed


def test_more_changes_than_one_step_takes_are_all_taken(
    sessions: Sessions, serving: ServingIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving_index, "_STEP", 3)
    serving.current()
    ids = _publish(sessions, *(f"خبر رقم {n}" for n in range(10)))
    _retract(sessions, *ids[:2])
    assert serving.current().ids() == set(ids[2:])
    with sessions() as session:
        assert serving.current().change_number == serving_index.last_change(session) == 12


def test_nothing_is_computed_twice(
    sessions: Sessions, serving: ServingIndex, encoder: Counting, root: Path
) -> None:
    _publish(sessions, "السد لم ينهر", "هطل المطر ليلا", "السد لم ينهر")
    serving.current()
    serving_index.reindex(sessions, encoder, root)
    _publish(sessions, "الجسر مفتوح")
    serving_index.reindex(sessions, encoder, root)
    ServingIndex(sessions, encoder, root).current()
    serving.current()
    assert encoder.computed == Counter({"السد لم ينهر": 1, "هطل المطر ليلا": 1, "الجسر مفتوح": 1})


def test_what_was_embedded_ahead_is_not_computed_by_the_first_claim(
    sessions: Sessions, serving: ServingIndex, encoder: Counting
) -> None:
    drafts = _draft(sessions, "مسودة")
    ids = _publish(sessions, "السد لم ينهر")
    told: list[float] = []
    serving_index.embed_published(
        sessions, encoder, drafts + ids, lambda _step, share: told.append(share)
    )
    assert encoder.computed == Counter({"السد لم ينهر": 1})
    assert told == [1.0]
    serving.current()
    assert encoder.computed.total() == 1


def test_a_run_that_was_interrupted_goes_on_where_it_stopped(
    sessions: Sessions, encoder: Counting, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"خبر رقم {n}" for n in range(2_600)]
    _publish(sessions, *texts)

    def interrupt(done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        serving_index.reindex(sessions, encoder, root, interrupt)
    assert 0 < encoder.computed.total() < len(texts)
    assert snapshot.current_name(root) is None
    assert serving_index.reindex(sessions, encoder, root).count == len(texts)
    assert encoder.computed == Counter(texts)


def test_forgetting_computes_anew_and_only_for_that_encoder(
    sessions: Sessions, encoder: Counting, fake_encoder: Encoder, root: Path
) -> None:
    _publish(sessions, "السد لم ينهر")
    other = Counting(fake_encoder, "another")
    serving_index.reindex(sessions, encoder, root)
    serving_index.build(sessions, other)
    forget(sessions, encoder.fingerprint)
    serving_index.reindex(sessions, encoder, root)
    serving_index.build(sessions, other)
    assert (encoder.computed.total(), other.computed.total()) == (2, 1)


def test_kept_vectors_are_unit_vectors_close_to_the_encoders_own(
    sessions: Sessions, encoder: Counting
) -> None:
    texts = ["السد لم ينهر", "", "السد لم ينهر", "a" * 5000]
    for _ in range(2):
        rows = load_or_compute(sessions, encoder, texts)
        assert rows.dtype == np.float32
        assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(4))
        assert rows == pytest.approx(encoder.encode_statements(texts), abs=1e-3)
    assert load_or_compute(sessions, encoder, []).shape == (0, encoder.dimension)


@pytest.mark.parametrize("others", [0, 3 * MOST_BOUND])
def test_many_kept_vectors_are_each_its_own_texts(
    sessions: Sessions, encoder: Counting, others: int
) -> None:
    texts = [f"word{n}" for n in range(MOST_BOUND + 1)]
    rows = encoder.encode_statements([*texts, *map(str, range(others))])
    with sessions.begin() as session:
        store(session, encoder.fingerprint, [*texts, *map(str, range(others))], rows)
        store(session, "another", texts, np.zeros_like(rows[: len(texts)]))
    encoder.computed.clear()
    found = load_or_compute(sessions, encoder, texts[::-1])
    assert found == pytest.approx(rows[: len(texts)][::-1], abs=1e-3)
    assert not encoder.computed


def test_an_index_of_vectors_read_as_they_are_kept_finds_the_same(
    sessions: Sessions, encoder: Counting
) -> None:
    texts = [f"word{n} another{n % 7}" for n in range(300)]
    kept = load_or_compute_rows(sessions, encoder, texts)
    index = DenseIndex.from_vectors(range(300), kept, exact_up_to=100)
    exact = DenseIndex.from_vectors(range(300), load_or_compute(sessions, encoder, texts))
    assert index.sketched
    assert not exact.sketched
    assert (index.rows(range(300)) == exact.rows(range(300))).all()
    for query in encoder.encode_claims(texts[:10]):
        scores = [[hit.score for hit in each.search(query, 5)] for each in (index, exact)]
        assert scores[0] == pytest.approx(scores[1], abs=2e-3)


def test_two_processes_may_embed_the_same_text_at_the_same_moment(
    engine: Engine, sessions: Sessions, encoder: Counting
) -> None:
    texts, overtaken = ["السد لم ينهر", "هطل المطر ليلا"], threading.Event()

    def overtake(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("INSERT INTO vectors") and not overtaken.is_set():
            overtaken.set()
            load_or_compute(sessions, encoder, texts)

    event.listen(engine, "before_cursor_execute", overtake)
    rows = load_or_compute(sessions, encoder, texts)
    assert overtaken.is_set()
    assert rows == pytest.approx(load_or_compute(sessions, encoder, texts))
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Vector)) == 2


def test_the_first_claims_of_many_threads_open_one_index(
    sessions: Sessions, serving: ServingIndex, encoder: Counting
) -> None:
    ids = _publish(sessions, "السد لم ينهر", "هطل المطر ليلا")
    together = threading.Barrier(4)
    seen: list[tuple[int, frozenset[int]]] = []

    def ask() -> None:
        together.wait()
        live = serving.current()
        seen.append((id(live), live.ids()))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    assert {number for number, _ in seen} == {id(serving.current())}
    assert {held for _, held in seen} == {frozenset(ids)}
    assert encoder.computed.total() == 2


def test_an_index_of_another_model_is_refused(
    sessions: Sessions, encoder: Counting, fake_encoder: Encoder, root: Path
) -> None:
    _publish(sessions, "السد لم ينهر")
    serving_index.reindex(sessions, encoder, root)
    other = ServingIndex(sessions, Counting(fake_encoder, "another"), root)
    with pytest.raises(IndexMismatch, match="another model"):
        other.current()


@pytest.mark.parametrize("texts", [1, 2, 5], ids=["fewer", "as many", "more"])
def test_an_index_of_another_database_is_refused(
    sessions: Sessions, other_sessions: Sessions, encoder: Counting, root: Path, texts: int
) -> None:
    _publish(sessions, "السد لم ينهر", "هطل المطر ليلا")
    serving_index.reindex(sessions, encoder, root)
    _publish(other_sessions, *(f"خبر رقم {n}" for n in range(texts)))
    with pytest.raises(IndexMismatch, match=r"another database.*run `tathabbat reindex`"):
        ServingIndex(other_sessions, encoder, root).current()
    with pytest.raises(IndexMismatch, match="another database"):
        serving_index.inspect(other_sessions, root, encoder.fingerprint)
    serving_index.reindex(other_sessions, encoder, root)
    assert len(ServingIndex(other_sessions, encoder, root).current()) == texts


def test_an_index_newer_than_a_restored_database_is_refused(
    sessions: Sessions, encoder: Counting, root: Path, tmp_path: Path
) -> None:
    from knowledge.operations.backup import backup

    _publish(sessions, "السد لم ينهر")
    backup(sessions.engine, tmp_path / "older.db")
    _publish(sessions, "هطل المطر ليلا")
    serving_index.reindex(sessions, encoder, root)
    restored = open_engine(f"sqlite:///{tmp_path / 'older.db'}")
    with pytest.raises(IndexMismatch, match="a newer state of this one"):
        ServingIndex(Sessions(restored), encoder, root).current()
    restored.dispose()


def test_the_index_of_an_empty_database_takes_everything_in(
    sessions: Sessions, encoder: Counting, root: Path
) -> None:
    assert serving_index.reindex(sessions, encoder, root).count == 0
    ids = _publish(sessions, "السد لم ينهر")
    assert ServingIndex(sessions, encoder, root).current().ids() == set(ids)


@pytest.mark.parametrize("builds", [1, 2])
def test_a_damaged_index_is_passed_over_and_everything_is_served(
    sessions: Sessions,
    encoder: Counting,
    root: Path,
    builds: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The one before it, if there is one, catches up; without one the database has everything."""
    ids = _publish(sessions, "السد لم ينهر")
    manifest = serving_index.reindex(sessions, encoder, root)
    for number in range(1, builds):
        ids += _publish(sessions, f"السد رقم {number} لم ينهر")
        manifest = serving_index.reindex(sessions, encoder, root)
    file = root / manifest.name / "dense.faiss"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    assert ServingIndex(sessions, encoder, root).current().ids() == set(ids)
    assert "is damaged" in caplog.text
    assert encoder.computed.total() == len(ids), "vectors are kept: nothing is embedded again"


def test_inspecting_compares_statement_by_statement(
    sessions: Sessions, encoder: Counting, root: Path
) -> None:
    first, second = _publish(sessions, "السد لم ينهر", "هطل المطر ليلا")
    before = serving_index.inspect(sessions, root, encoder.fingerprint)
    assert before == serving_index.IndexState(None, 2, 2, (first, second), ())
    manifest = serving_index.reindex(sessions, encoder, root)
    assert serving_index.inspect(sessions, root, encoder.fingerprint) == serving_index.IndexState(
        manifest, 2, 2, (), ()
    )
    _retract(sessions, first)
    (third,) = _publish(sessions, "الجسر مفتوح")
    assert serving_index.inspect(sessions, root, encoder.fingerprint) == serving_index.IndexState(
        manifest, 2, 4, (third,), (first,)
    )


def test_inspecting_refuses_a_damaged_index(
    sessions: Sessions, encoder: Counting, root: Path
) -> None:
    _publish(sessions, "السد لم ينهر")
    manifest = serving_index.reindex(sessions, encoder, root)
    (root / manifest.name / "lexical" / "meta.json").unlink()
    with pytest.raises(IndexCorrupt):
        serving_index.inspect(sessions, root, encoder.fingerprint)


def test_a_new_snapshot_is_turned_to_once_and_followed_from_there(
    sessions: Sessions, serving: ServingIndex, encoder: Counting, root: Path
) -> None:
    first = _publish(sessions, "السد لم ينهر", "هطل المطر ليلا")
    before = serving.current()
    _retract(sessions, first[1])
    serving_index.reindex(sessions, encoder, root)
    assert serving.outdated()
    third = _publish(sessions, "فتح الجسر أمام السيارات")
    serving.renew()
    after = serving.current()
    assert after is not before
    assert after.ids() == {first[0], *third}
    assert not serving.outdated()
    serving.renew()
    assert serving.current() is after


def test_a_snapshot_of_another_model_leaves_what_is_served(
    sessions: Sessions, serving: ServingIndex, encoder: Counting, root: Path
) -> None:
    ids = _publish(sessions, "السد لم ينهر")
    before = serving.current()
    serving_index.reindex(sessions, Counting(encoder, "another"), root)
    with pytest.raises(IndexMismatch):
        serving.renew()
    ids += _publish(sessions, "هطل المطر ليلا")
    assert serving.current() is before
    assert before.ids() == set(ids)
    serving.renew()


def test_vectors_of_the_model_before_stay_until_they_are_pruned(
    sessions: Sessions, fake_encoder: Encoder, encoder: Counting, root: Path
) -> None:
    texts = ["السد لم ينهر", "هطل المطر ليلا"]
    _publish(sessions, *texts)
    serving_index.reindex(sessions, encoder, root)
    other = Counting(fake_encoder, "another")
    serving_index.reindex(sessions, other, root)
    serving_index.reindex(sessions, encoder, root)
    assert encoder.computed == Counter(texts)
    assert prune(sessions, [encoder.fingerprint]) == len(texts)
    load_or_compute(sessions, encoder, texts)
    assert encoder.computed == Counter(texts)
    load_or_compute(sessions, other, texts)
    assert other.computed == Counter(texts * 2)


def test_nobody_meets_a_half_state_while_snapshots_come_and_go(
    sessions: Sessions, serving: ServingIndex, encoder: Counting, root: Path
) -> None:
    ids = set(_publish(sessions, "السد لم ينهر", "هطل المطر ليلا"))
    serving.current()
    over = threading.Event()
    seen: list[frozenset[int]] = []

    def ask() -> None:
        while not over.is_set():
            _found(serving, encoder, "السد لم ينهر")
            seen.append(serving.current().ids())

    with ThreadPoolExecutor(2) as threads:
        asking = [threads.submit(ask) for _ in range(2)]
        for n in range(5):
            ids.update(_publish(sessions, f"خبر رقم {n}"))
            serving_index.reindex(sessions, encoder, root)
            serving.renew()
            assert serving.current().ids() == ids
        over.set()
        for each in asking:
            each.result(60)
    assert seen
    assert all(one <= other for one, other in pairwise(sorted(seen, key=len)))
