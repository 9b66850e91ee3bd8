"""Both indexes keep one contract: what is added is found, what is removed is not."""

import copy
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, Self

import numpy as np
import pytest

from embeddings.encoders.encoder import Encoder
from embeddings.errors import IndexCorrupt
from embeddings.index.dense import DenseIndex
from embeddings.index.lexical import MAX_QUERY_GRAMS, LexicalIndex
from embeddings.search_results import Scored

_TEXTS = {
    11: "القوات تحاصر التنظيم في بلدة الباغوز",
    2**40: "خرج أكثر من 37 ألف شخص من المنطقة",
    3: "The ministry denied the report about the bridge",
}


class Index(Protocol):
    """What the two have in common once vectors are made of texts."""

    def __len__(self) -> int: ...
    def add(self, texts: dict[int, str]) -> None: ...
    def remove(self, ids: Sequence[int]) -> None: ...
    def search(self, text: str, k: int) -> list[Scored]: ...
    def save(self, folder: Path) -> None: ...
    def load(self, folder: Path) -> "Index": ...


class _Dense:
    def __init__(self, encoder: Encoder, index: DenseIndex | None = None) -> None:
        self._encoder = encoder
        self._index = DenseIndex(encoder.dimension) if index is None else index

    def __len__(self) -> int:
        return len(self._index)

    def add(self, texts: dict[int, str]) -> None:
        self._index.add(list(texts), self._encoder.encode_statements(list(texts.values())))

    def remove(self, ids: Sequence[int]) -> None:
        self._index.remove(ids)

    def search(self, text: str, k: int) -> list[Scored]:
        return self._index.search(self._encoder.encode_claims([text])[0], k)

    def save(self, folder: Path) -> None:
        self._index.save(folder)

    def load(self, folder: Path) -> Self:
        return type(self)(self._encoder, DenseIndex.load(folder))


class _Lexical:
    def __init__(self, index: LexicalIndex | None = None) -> None:
        self._index = index or LexicalIndex()

    def __len__(self) -> int:
        return len(self._index)

    def add(self, texts: dict[int, str]) -> None:
        self._index.add(list(texts), list(texts.values()))

    def remove(self, ids: Sequence[int]) -> None:
        self._index.remove(ids)

    def search(self, text: str, k: int) -> list[Scored]:
        return self._index.search(text, k)

    def save(self, folder: Path) -> None:
        self._index.save(folder)

    def load(self, folder: Path) -> Self:
        return type(self)(LexicalIndex.load(folder))


def _sketched(encoder: Encoder) -> DenseIndex:
    """Return an empty index of the kind that many rows make."""
    rows = encoder.encode_statements(list(_TEXTS.values()))
    index = DenseIndex.from_vectors([1, 2, 4], rows, exact_up_to=0)
    index.remove([1, 2, 4])
    return index


@pytest.fixture(params=["dense", "sketched", "lexical"])
def make(request: pytest.FixtureRequest, fake_encoder: Encoder) -> Callable[[], Index]:
    kinds: dict[str, Callable[[], Index]] = {
        "dense": lambda: _Dense(fake_encoder),
        "sketched": lambda: _Dense(fake_encoder, _sketched(fake_encoder)),
        "lexical": _Lexical,
    }
    return kinds[request.param]


@pytest.fixture
def index(make: Callable[[], Index]) -> Index:
    index = make()
    index.add(_TEXTS)
    return index


def _found(index: Index, text: str, k: int = 1) -> list[int]:
    return [hit.id for hit in index.search(text, k)]


@pytest.mark.parametrize("number", list(_TEXTS))
def test_a_text_is_found_by_its_own_words(index: Index, number: int) -> None:
    assert len(index) == len(_TEXTS)
    assert _found(index, _TEXTS[number]) == [number]


def test_the_best_comes_first(index: Index) -> None:
    hits = index.search("حصار التنظيم في الباغوز من قبل القوات", 3)
    assert hits[0].id == 11
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_text_with_other_code_points_is_found(index: Index) -> None:
    assert _found(index, "خرج أکثر من ۳۷ ألف شخص") == [2**40]


def test_an_empty_index_finds_nothing(make: Callable[[], Index]) -> None:
    assert len(make()) == 0
    assert make().search("القوات", 5) == []


def test_asking_for_none_gives_none_and_for_too_many_gives_what_there_is(index: Index) -> None:
    assert index.search("القوات", 0) == []
    assert 1 <= len(index.search(_TEXTS[11], 1000)) <= len(_TEXTS)


def test_adding_and_removing_nothing_changes_nothing(index: Index) -> None:
    index.add({})
    index.remove([])
    assert len(index) == len(_TEXTS)


def test_what_is_removed_is_not_found_any_more(index: Index) -> None:
    index.remove([11, 2**40])
    assert len(index) == 1
    assert 11 not in _found(index, _TEXTS[11], 10)


def test_removing_what_is_not_held_is_no_fault(index: Index) -> None:
    index.remove([999])
    assert len(index) == len(_TEXTS)


def test_a_replaced_id_is_found_by_its_new_text_alone(index: Index) -> None:
    index.remove([11])
    index.add({11: "افتتح الوزير الجسر الجديد"})
    assert len(index) == len(_TEXTS)
    assert _found(index, "افتتح الوزير الجسر الجديد") == [11]
    assert all(hit.score < 0.5 for hit in index.search(_TEXTS[11], 3) if hit.id == 11)


def test_what_was_saved_is_what_is_loaded(index: Index, tmp_path: Path) -> None:
    index.remove([3])
    index.save(tmp_path)
    loaded = index.load(tmp_path)
    assert len(loaded) == len(index)
    for text in _TEXTS.values():
        assert loaded.search(text, 5) == index.search(text, 5)


def test_an_empty_index_can_be_saved(make: Callable[[], Index], tmp_path: Path) -> None:
    empty = make()
    empty.save(tmp_path)
    loaded = empty.load(tmp_path)
    assert len(loaded) == 0
    assert loaded.search("القوات", 5) == []


def test_changing_a_loaded_index_leaves_its_files_alone(index: Index, tmp_path: Path) -> None:
    index.save(tmp_path)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    changed = index.load(tmp_path)
    changed.remove([11])
    changed.add({12: "نص جديد تماما"})
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    assert len(index.load(tmp_path)) == len(_TEXTS)


def test_a_saved_index_can_go_on_changing(index: Index, tmp_path: Path) -> None:
    index.save(tmp_path)
    index.add({12: "نص جديد تماما"})
    index.remove([3])
    assert _found(index, "نص جديد تماما") == [12]


def test_loading_from_an_empty_folder_names_the_way_out(index: Index, tmp_path: Path) -> None:
    with pytest.raises(IndexCorrupt, match="tathabbat reindex"):
        index.load(tmp_path)


def test_a_file_that_was_cut_short_is_refused(index: Index, tmp_path: Path) -> None:
    index.save(tmp_path)
    files = [p for p in tmp_path.rglob("*") if p.is_file() and p.name != ".managed.json"]
    for path in files:
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(IndexCorrupt, match="tathabbat reindex"):
            index.load(tmp_path)
        path.write_bytes(whole)
    assert len(index.load(tmp_path)) == len(_TEXTS)


def test_a_vectors_file_that_asks_for_more_memory_than_there_is_is_refused(tmp_path: Path) -> None:
    index = DenseIndex(4)
    index.add([1, 2], np.eye(4, dtype=np.float32)[:2])
    index.save(tmp_path)
    file = tmp_path / DenseIndex.FILE
    # Two rows of four numbers of two bytes.
    size = struct.pack("<Q", 2 * 4 * 2)
    assert size in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(size, struct.pack("<Q", 1 << 37)))
    with pytest.raises(IndexCorrupt, match="tathabbat reindex"):
        DenseIndex.load(tmp_path)


def test_a_cosine_is_what_the_dense_index_scores(fake_encoder: Encoder) -> None:
    index = DenseIndex(fake_encoder.dimension)
    rows = fake_encoder.encode_statements(list(_TEXTS.values()))
    index.add(list(_TEXTS), rows)
    claim = fake_encoder.encode_claims(["القوات تحاصر الباغوز"])[0]
    expected = dict(zip(_TEXTS, (rows @ claim).tolist(), strict=True))
    # Rows are kept in half precision.
    found = {hit.id: hit.score for hit in index.search(claim, 3)}
    assert found == pytest.approx(expected, abs=2e-3)
    assert index.rows(list(_TEXTS)) == pytest.approx(rows, abs=1e-3)
    assert index.rows([]).shape == (0, fake_encoder.dimension)
    assert index.ids() == frozenset(_TEXTS)


def test_texts_without_a_shared_term_are_no_lexical_match() -> None:
    index = LexicalIndex()
    index.add([1, 2], ["القوات تحاصر التنظيم", ""])
    assert len(index) == 2, "a text without words is held all the same"
    assert index.search("الجسر الجديد", 5) == []
    assert index.search("", 5) == []


def test_a_single_digit_and_a_negator_find_their_text() -> None:
    index = LexicalIndex()
    index.add([1, 2, 3], ["قتل 7 أشخاص", "قتل 9 أشخاص", "لم يقتل أشخاص"])
    assert index.search("٩", 3)[0].id == 2
    assert [hit.id for hit in index.search("لم", 3)] == [3]


def test_lexical_ties_go_to_the_lower_id() -> None:
    index = LexicalIndex()
    index.add([9, 4, 6], ["السد انهار"] * 3)
    assert [hit.id for hit in index.search("السد", 3)] == [4, 6, 9]


def test_candidates_are_scored_as_a_search_scores_them() -> None:
    index = LexicalIndex()
    index.add(list(_TEXTS), list(_TEXTS.values()))
    claim = "القوات خرجت من الباغوز، the bridge"
    found = index.search(claim, 10)
    assert len(found) > 1
    assert index.score(claim, list(_TEXTS)) == found
    assert index.score(claim, [found[-1].id]) == found[-1:]
    assert index.score(claim, []) == []
    assert index.score("٥٥٥", list(_TEXTS)) == []


def test_a_name_that_is_written_in_another_way_finds_its_text() -> None:
    index = LexicalIndex()
    index.add([1, 2], ["أعلن غاتوزو إصابته", "هطل المطر أمس"])
    assert [hit.id for hit in index.search("جاتوزو", 5)] == [1]


def test_a_pasted_article_and_a_monstrous_word_are_bounded() -> None:
    index = LexicalIndex()
    index.add([1], ["السد انهار " + "س" * 100_000])
    article = " ".join(f"word{n}" for n in range(MAX_QUERY_GRAMS * 20))
    assert index.search(f"السد {article}", 1)[0].id == 1
    assert index.search(f"{article} السد", 1) == [], "past the bound nothing is looked at"
    assert index.search("س" * 100_000, 1)[0].id == 1


def test_the_same_texts_are_found_however_many_are_added_at_once() -> None:
    texts = [f"bridge number {n} is open" for n in range(3_000)]
    at_once, in_parts = LexicalIndex.from_texts(range(3_000), texts), LexicalIndex()
    for start in range(0, 3_000, 1_000):
        in_parts.add(range(start, start + 1_000), texts[start : start + 1_000])
    for number in (0, 77, 2_999):
        found = at_once.search(texts[number], 100)
        assert found[0].id == number
        assert found == in_parts.search(texts[number], 100)


def test_many_rows_are_sketched_and_the_same_are_found(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((3_000, 64)).astype(np.float32) + 2
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ids = [3 * n + 1 for n in range(len(rows))]
    exact = DenseIndex.from_vectors(ids, rows)
    sketched = DenseIndex.from_vectors(ids, rows, exact_up_to=1_000)
    for index in (exact, sketched):
        index.remove(ids[::7])
        index.add(ids[:1], rows[:1])
    sketched.save(tmp_path)
    for index in (sketched, DenseIndex.load(tmp_path)):
        assert index.ids() == exact.ids()
        found = 0
        for query in rows[:100]:
            wanted, hits = exact.search(query, 10), index.search(query, 10)
            assert hits[0].score == pytest.approx(wanted[0].score, abs=2e-3)
            assert {hit.id for hit in hits} <= exact.ids()
            found += len({hit.id for hit in wanted} & {hit.id for hit in hits})
        assert found >= 950
    np.testing.assert_allclose(sketched.rows(ids[1:5]), rows[1:5], atol=1e-3)


def test_rows_that_come_again_and_again_do_not_crowd_out_others() -> None:
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((3_000, 64)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ids = list(range(len(rows)))
    index = DenseIndex.from_vectors(ids, rows, exact_up_to=0)
    for _ in range(3):
        index.remove(ids)
        index.add(ids, rows)
    exact = DenseIndex.from_vectors(ids, rows)
    found = sum(
        len({hit.id for hit in exact.search(q, 10)} & {hit.id for hit in index.search(q, 10)})
        for q in rows[:50]
    )
    assert found >= 475
    index.remove(ids)
    index.add([5], rows[5:6])
    assert [hit.id for hit in index.search(rows[7], 3)] == [5]


def test_a_short_query_finds_what_a_long_one_does() -> None:
    """Rounding of the rows must not outweigh it."""
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((2_000, 32)).astype(np.float32) + 4
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = DenseIndex.from_vectors(range(len(rows)), rows)
    for query in rng.standard_normal((20, 32)).astype(np.float32) * 1e-4:
        wanted = np.argsort(-(rows @ query))[:10].tolist()
        found = {hit.id for hit in index.search(query, 10)}
        assert len(found & set(wanted)) >= 9


def test_an_index_that_is_opened_again_is_apart_from_the_one_it_was() -> None:
    index = LexicalIndex()
    index.add(list(_TEXTS), list(_TEXTS.values()))
    index.close()
    # As two children of one process do.
    other = copy.copy(index)
    for each in (index, other):
        each.reopen()
    index.remove([3])
    other.add([4], ["The bridge is closed"])
    assert [hit.id for hit in index.search("bridge", 5)] == []
    assert sorted(hit.id for hit in other.search("bridge", 5)) == [3, 4]
    assert (len(index), len(other)) == (2, 4)
