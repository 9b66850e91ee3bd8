"""The serving index: always whole, whoever searches while changes come in."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from embeddings.encoders.encoder import Encoder
from embeddings.index import snapshot
from embeddings.index.fusion import DEPTH
from embeddings.index.live import LiveIndex
from embeddings.index.statement_index import Entry


@pytest.fixture
def live(fake_encoder: Encoder) -> LiveIndex:
    return LiveIndex.empty(fake_encoder.dimension)


def _apply(
    live: LiveIndex,
    encoder: Encoder,
    entries: Sequence[Entry],
    removed: Sequence[int] = (),
    number: int = 1,
) -> None:
    rows = encoder.encode_statements([entry.text for entry in entries])
    live.apply(entries, rows, removed, number)


def _search(live: LiveIndex, encoder: Encoder, claim: str, k: int = 10) -> list[int]:
    return [hit.id for hit in live.search(encoder.encode_claims([claim])[0], claim, k)]


def test_an_empty_index_finds_nothing(live: LiveIndex, fake_encoder: Encoder) -> None:
    assert len(live) == 0
    assert live.change_number == 0
    assert live.ids() == frozenset()
    assert _search(live, fake_encoder, "القوات تحاصر التنظيم") == []


def test_changes_are_found_at_once(live: LiveIndex, fake_encoder: Encoder) -> None:
    _apply(live, fake_encoder, [Entry(1, "السد انهار"), Entry(2, "المطر هطل")], number=7)
    assert live.change_number == 7
    assert live.ids() == {1, 2}
    assert _search(live, fake_encoder, "انهار السد")[0] == 1
    _apply(live, fake_encoder, [], removed=[1], number=8)
    assert live.change_number == 8
    assert _search(live, fake_encoder, "انهار السد") == [2]


def test_applying_a_change_twice_does_no_harm(live: LiveIndex, fake_encoder: Encoder) -> None:
    for _ in range(2):
        _apply(live, fake_encoder, [Entry(1, "السد انهار"), Entry(2, "المطر هطل")], [3])
    assert len(live) == 2
    assert sorted(_search(live, fake_encoder, "السد انهار")) == [1, 2]


def test_a_replaced_text_is_found_by_the_new_words(live: LiveIndex, fake_encoder: Encoder) -> None:
    _apply(live, fake_encoder, [Entry(1, "السد انهار"), Entry(2, "الطقس معتدل اليوم")])
    _apply(live, fake_encoder, [Entry(1, "الجسر افتتح")], number=2)
    hit = live.search(fake_encoder.encode_claims(["الجسر"])[0], "الجسر", 1)[0]
    assert (hit.id, hit.lexical > 0) == (1, True)
    assert all(h.lexical == 0 for h in live.search(np.ones(64, np.float32), "السد انهار", 5))


def test_the_context_finds_a_text_whose_words_do_not(
    live: LiveIndex, fake_encoder: Encoder
) -> None:
    entries = [Entry(1, "وصل عددهم إلى 37 ألفا", "معركة الباغوز"), Entry(2, "وصل القطار متأخرا")]
    _apply(live, fake_encoder, entries)
    hit = live.search(fake_encoder.encode_claims(["الباغوز"])[0], "الباغوز", 1)[0]
    assert hit.id == 1
    assert hit.lexical > 0


def test_a_text_that_only_its_words_find_has_its_true_cosine(
    live: LiveIndex, fake_encoder: Encoder
) -> None:
    """Beyond the dense list's depth a statement must not pass for an unlike one."""
    close = [Entry(n, "السد انهار") for n in range(1, DEPTH + 50)]
    _apply(live, fake_encoder, [*close, Entry(999, "كلام آخر تماما", "زلزال")])
    claim = fake_encoder.encode_claims(["السد انهار"])[0]
    hits = {hit.id: hit for hit in live.search(claim, "السد انهار زلزال", DEPTH + 60)}
    expected = float(fake_encoder.encode_statements(["كلام آخر تماما"])[0] @ claim)
    assert hits[999].cosine == pytest.approx(expected, abs=1e-6)


def test_a_text_that_one_list_finds_has_its_true_score_in_the_others(
    live: LiveIndex, fake_encoder: Encoder
) -> None:
    close = [Entry(n, "السد انهار") for n in range(1, DEPTH + 50)]
    _apply(live, fake_encoder, [*close, Entry(999, "السد كلام آخر تماما", "زلزال")])
    claim = fake_encoder.encode_claims(["السد انهار"])[0]
    found = live.candidates(claim, "السد انهار زلزال")
    scores = dict(zip(found.ids.tolist(), found.grams.tolist(), strict=True))
    assert min(scores.values()) > 0
    assert scores[999] > scores[1], "the rarest word counts most"


def test_as_many_as_asked_for_come_back(live: LiveIndex, fake_encoder: Encoder) -> None:
    _apply(live, fake_encoder, [Entry(n, f"خبر رقم {n}") for n in range(1, 2 * DEPTH)])
    assert len(_search(live, fake_encoder, "زلزال", DEPTH + 20)) == DEPTH + 20


def test_what_is_served_can_be_saved_and_served_again(
    live: LiveIndex, fake_encoder: Encoder, tmp_path: Path
) -> None:
    _apply(live, fake_encoder, [Entry(1, "السد انهار"), Entry(2, "المطر هطل")], number=4)
    _apply(live, fake_encoder, [], removed=[2], number=5)
    manifest = live.save(tmp_path, fake_encoder.fingerprint, "here")
    assert (manifest.count, manifest.change_number, manifest.origin) == (1, 5, "here")
    again = LiveIndex.from_snapshot(snapshot.load(tmp_path, fake_encoder.fingerprint))
    assert again.change_number == 5
    assert again.ids() == {1}
    _apply(again, fake_encoder, [Entry(3, "الجسر افتتح")], number=6)
    assert _search(again, fake_encoder, "الجسر افتتح")[0] == 3
    assert snapshot.load(tmp_path, fake_encoder.fingerprint).manifest == manifest


def test_searches_never_see_half_a_change(live: LiveIndex, fake_encoder: Encoder) -> None:
    """Five texts are replaced together, over and over, while four threads search."""
    versions = [f"النسخة رقم{version}" for version in range(15)]
    ids = {1, 2, 3, 4, 5}

    def entries(version: str) -> list[Entry]:
        return [Entry(number, version, "السد") for number in sorted(ids)]

    _apply(live, fake_encoder, entries(versions[0]), number=1)
    claim = fake_encoder.encode_claims(["السد"])[0]
    done = threading.Event()
    ready = threading.Barrier(5)
    faults: list[str] = []

    def search() -> None:
        ready.wait()
        while not done.is_set():
            try:
                hits = live.search(claim, "السد", 10)
                held = live.ids()
            except Exception as error:  # noqa: BLE001  (a thread's error would be lost)
                faults.append(repr(error))
                return
            if {hit.id for hit in hits} != ids or len(hits) != len(ids) or held != ids:
                faults.append(f"found {sorted(hit.id for hit in hits)}, held {sorted(held)}")
            if len({(hit.cosine, hit.lexical) for hit in hits}) != 1:
                faults.append("two versions were served at once")

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    ready.wait()
    for number, version in enumerate(versions[1:], start=2):
        _apply(live, fake_encoder, entries(version), number=number)
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert live.change_number == len(versions)
