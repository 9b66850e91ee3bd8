"""The contract of an index of statements, held by FAISS in the process and by Milvus alike."""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from embeddings.encoders.encoder import Encoder
from embeddings.index.fusion import DEPTH
from embeddings.index.live import LiveIndex
from embeddings.index.milvus_builds import MilvusBuilds
from embeddings.index.milvus_connection import MilvusConnection
from embeddings.index.sparse_terms import TermStatistics
from embeddings.index.statement_index import Entry, StatementIndex
from tests.integration.milvus_server import require_milvus_lite, running

Made = Callable[[Sequence[Entry], int], StatementIndex]
_NAMES = itertools.count()


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusConnection]:
    require_milvus_lite()
    with running(tmp_path_factory.mktemp("milvus") / "data") as server:
        connection = MilvusConnection(server.url)
        yield connection
        connection.close()


def _on_milvus(connection: MilvusConnection, encoder: Encoder) -> Made:
    def made(entries: Sequence[Entry], number: int) -> StatementIndex:
        builds = MilvusBuilds(connection, f"contract_{next(_NAMES)}")
        rows = encoder.encode_statements([entry.text for entry in entries])
        statistics = TermStatistics.from_texts(entry.terms_text for entry in entries)
        manifest = builds.build(
            lambda: [(list(entries), rows)],
            statistics,
            encoder.dimension,
            encoder.fingerprint,
            "here",
            number,
        )
        return builds.open(manifest.name, encoder.fingerprint)

    return made


def _in_process(encoder: Encoder) -> Made:
    def made(entries: Sequence[Entry], number: int) -> StatementIndex:
        rows = encoder.encode_statements([entry.text for entry in entries])
        return LiveIndex.from_entries(entries, rows, number)

    return made


@pytest.fixture(params=["faiss", "milvus"])
def made(request: pytest.FixtureRequest, fake_encoder: Encoder) -> Made:
    """Return what builds an index of each kind."""
    if request.param == "faiss":
        return _in_process(fake_encoder)
    return _on_milvus(request.getfixturevalue("connection"), fake_encoder)


def _apply(
    index: StatementIndex,
    encoder: Encoder,
    entries: Sequence[Entry],
    removed: Sequence[int] = (),
    number: int = 2,
) -> None:
    rows = encoder.encode_statements([entry.text for entry in entries])
    index.apply(entries, rows, removed, number)


def _search(index: StatementIndex, encoder: Encoder, claim: str, k: int = 10) -> list[int]:
    return [hit.id for hit in index.search(encoder.encode_claims([claim])[0], claim, k)]


def test_an_empty_index_finds_nothing(made: Made, fake_encoder: Encoder) -> None:
    index = made([], 0)
    assert len(index) == 0
    assert index.change_number == 0
    assert index.ids() == frozenset()
    assert index.rows([]).shape == (0, fake_encoder.dimension)
    assert _search(index, fake_encoder, "القوات تحاصر التنظيم") == []


def test_changes_are_found_at_once(made: Made, fake_encoder: Encoder) -> None:
    index = made([Entry(1, "السد انهار"), Entry(2, "المطر هطل")], 7)
    before = index.state
    assert index.change_number == 7
    assert index.ids() == {1, 2}
    assert _search(index, fake_encoder, "انهار السد")[0] == 1
    _apply(index, fake_encoder, [Entry(3, "الجسر افتتح")], removed=[1], number=8)
    assert index.change_number == 8
    assert index.state != before
    assert index.ids() == {2, 3}
    assert len(index) == 2
    assert _search(index, fake_encoder, "الجسر افتتح")[0] == 3
    assert sorted(_search(index, fake_encoder, "انهار السد")) == [2, 3]


def test_applying_a_change_twice_does_no_harm(made: Made, fake_encoder: Encoder) -> None:
    index = made([Entry(5, "الطقس معتدل")], 1)
    for _ in range(2):
        _apply(index, fake_encoder, [Entry(1, "السد انهار"), Entry(2, "المطر هطل")], [3, 5])
    assert len(index) == 2
    assert sorted(_search(index, fake_encoder, "السد انهار")) == [1, 2]


def test_a_replaced_text_is_found_by_the_new_words(made: Made, fake_encoder: Encoder) -> None:
    index = made([Entry(1, "السد انهار"), Entry(2, "الطقس معتدل اليوم")], 1)
    _apply(index, fake_encoder, [Entry(1, "الجسر افتتح")])
    hit = index.search(fake_encoder.encode_claims(["الجسر"])[0], "الجسر", 1)[0]
    assert (hit.id, hit.lexical > 0) == (1, True)
    assert all(h.lexical == 0 for h in index.search(np.ones(64, np.float32), "السد انهار", 5))


def test_the_context_finds_a_text_whose_words_do_not(made: Made, fake_encoder: Encoder) -> None:
    entries = [Entry(1, "وصل عددهم إلى 37 ألفا", "معركة الباغوز"), Entry(2, "وصل القطار متأخرا")]
    index = made(entries, 1)
    hit = index.search(fake_encoder.encode_claims(["الباغوز"])[0], "الباغوز", 1)[0]
    assert hit.id == 1
    assert hit.lexical > 0


def test_what_one_list_finds_has_its_true_score_in_the_other(
    made: Made, fake_encoder: Encoder
) -> None:
    close = [Entry(n, "السد انهار") for n in range(1, DEPTH + 50)]
    index = made([*close, Entry(999, "كلام آخر تماما السد", "زلزال")], 1)
    claim = fake_encoder.encode_claims(["السد انهار"])[0]
    found = index.candidates(claim, "السد انهار زلزال")
    places = {number: place for place, number in enumerate(found.ids.tolist())}
    expected = float(fake_encoder.encode_statements(["كلام آخر تماما السد"])[0] @ claim)
    assert found.cosine[places[999]] == pytest.approx(expected, abs=1e-3)
    assert found.grams.min() > 0
    assert found.grams[places[999]] == found.grams.max(), "the rarest word counts most"


def test_as_many_as_asked_for_come_back(made: Made, fake_encoder: Encoder) -> None:
    index = made([Entry(n, f"خبر رقم {n}") for n in range(1, 2 * DEPTH)], 1)
    assert len(_search(index, fake_encoder, "زلزال", DEPTH + 20)) == DEPTH + 20


def test_what_has_no_words_is_held_and_asks_nothing(made: Made, fake_encoder: Encoder) -> None:
    index = made([Entry(1, "!!!"), Entry(2, "السد انهار")], 1)
    assert index.ids() == {1, 2}
    assert sorted(_search(index, fake_encoder, "؟؟؟")) == [1, 2]


def test_vectors_come_back_as_they_were_given(made: Made, fake_encoder: Encoder) -> None:
    texts = {3: "السد انهار", 1: "المطر هطل", 2: "الجسر افتتح"}
    index = made([Entry(number, text) for number, text in texts.items()], 1)
    given = fake_encoder.encode_statements([texts[number] for number in (2, 3)])
    assert index.rows([2, 3]) == pytest.approx(given, abs=1e-3)
    nearest = index.nearest(given[1], 2)
    assert nearest[0].id == 3
    assert nearest[0].score == pytest.approx(1.0, abs=1e-3)


def test_both_kinds_answer_alike(connection: MilvusConnection, fake_encoder: Encoder) -> None:
    """A few hundred statements: the same candidates with the same scores, so the same first one."""
    news = Path(__file__).parents[2] / "examples" / "newsroom.jsonl"
    reports = [json.loads(line) for line in news.read_text("utf-8").splitlines()]
    texts = [
        (sentence.strip(), report["title"])
        for report in reports
        for sentence in report.get("body", "").split(".")
        if sentence.strip()
    ]
    entries = [Entry(n, *text) for n, text in enumerate(texts, 1)]
    assert len(entries) > 80
    ours = _in_process(fake_encoder)(entries, 1)
    theirs = _on_milvus(connection, fake_encoder)(entries, 1)
    for text, _ in texts:
        claim = " ".join(text.split()[:8])
        vector = fake_encoder.encode_claims([claim])[0]
        one, other = ours.search(vector, claim, 5), theirs.search(vector, claim, 5)
        assert [hit.id for hit in one[:1]] == [hit.id for hit in other[:1]], claim
        assert one[0].cosine == pytest.approx(other[0].cosine, abs=1e-6)
        assert one[0].lexical == pytest.approx(other[0].lexical, rel=1e-5)
