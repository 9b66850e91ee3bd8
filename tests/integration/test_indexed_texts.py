"""A build on the terms of the one before finds what a build of its own finds."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from embeddings.encoders.encoder import Encoder
from embeddings.index import snapshot
from embeddings.index.indexed_texts import IndexedTerms
from embeddings.index.lexical import LexicalIndex
from embeddings.text.tokenisation import grams
from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import ReportDraft, StatementDraft
from knowledge.index import serving_index
from knowledge.models import Statement
from knowledge.storage.database import Sessions

_IDS = list(range(1, 101))
_TEXTS = [f"تقرير عن الجسر\nجسر رقم {number} مفتوح" for number in _IDS]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids whose terms are cut."""
    ids: list[int] = []
    add = LexicalIndex.add

    def watched(self: LexicalIndex, new: Sequence[int], texts: Iterable[str]) -> None:
        ids.extend(new)
        add(self, new, texts)

    monkeypatch.setattr(LexicalIndex, "add", watched)
    return ids


def test_only_changed_texts_are_cut(added: list[int]) -> None:
    before = IndexedTerms.from_texts(_IDS, _TEXTS)
    added.clear()
    ids = [*_IDS[:-1], 500, 600]
    texts = [*_TEXTS[:-1], "السد لم ينهر", "هطل المطر ليلا"]
    texts[6] = "رجع النهر إلى مجراه"
    after = IndexedTerms.from_texts(ids, texts, before)
    assert sorted(added) == [7, 500, 600]
    assert len(after.lexical) == len(ids)
    assert [hit.id for hit in after.lexical.search("رجع النهر", 1)] == [7]
    assert [hit.id for hit in after.lexical.search("هطل المطر", 1)] == [600]
    assert after.lexical.score("جسر رقم 7 مفتوح", [7, 100]) == []
    added.clear()
    assert IndexedTerms.from_texts(ids, texts, after).lexical is after.lexical
    assert not added


def test_an_index_of_which_many_texts_were_removed_is_built_anew(added: list[int]) -> None:
    terms = IndexedTerms.from_texts(_IDS, _TEXTS)
    texts = list(_TEXTS)
    for place in range(6):
        added.clear()
        texts[place] = f"السد رقم {place} لم ينهر"
        terms = IndexedTerms.from_texts(_IDS, texts, terms)
        assert added == ([place + 1] if place < 5 else _IDS)
    assert terms.lexical.count_removed() == 0


def test_an_index_that_lacks_a_text_is_not_built_on(added: list[int]) -> None:
    before = IndexedTerms.from_texts(_IDS, _TEXTS)
    before.lexical.remove([3])
    added.clear()
    assert len(IndexedTerms.from_texts(_IDS, _TEXTS, before).lexical) == len(_IDS)
    assert added == _IDS


def _publish(sessions: Sessions, *texts: str) -> list[int]:
    drafts = tuple(StatementDraft(text) for text in texts)
    with sessions.begin() as session:
        ids = reports.store(session, ReportDraft(texts[0], statements=drafts)).statement_ids
        curation.publish(session, ids, "test")
    return list(ids)


def _found(root: Path, encoder: Encoder, text: str) -> list[int]:
    return [hit.id for hit in snapshot.load(root, encoder.fingerprint).lexical.search(text, 10)]


def test_a_reindex_cuts_what_changed_however_it_changed(
    sessions: Sessions, fake_encoder: Encoder, root: Path, added: list[int]
) -> None:
    ids = _publish(sessions, *(text.split("\n")[1] for text in _TEXTS))
    serving_index.reindex(sessions, fake_encoder, root)
    assert sorted(added) == ids
    (later,) = _publish(sessions, "السد لم ينهر")
    with sessions.begin() as session:
        # Past the change log, as no program of ours does.
        session.get_one(Statement, ids[4]).text = "هطل المطر ليلا"
        curation.retract(session, [ids[5]], "test", "wrong")
    added.clear()
    manifest = serving_index.reindex(sessions, fake_encoder, root)
    assert sorted(added) == [ids[4], later]
    assert manifest.count == len(ids)
    assert _found(root, fake_encoder, "هطل المطر") == [ids[4]]
    assert _found(root, fake_encoder, "السد لم ينهر")[0] == later
    added.clear()
    serving_index.reindex(sessions, fake_encoder, root, anew=True)
    assert len(added) == len(ids)


@pytest.mark.parametrize("name", ["texts.npy", "lexical/meta.json", "manifest.json"])
def test_terms_that_are_damaged_are_not_built_on(
    sessions: Sessions, fake_encoder: Encoder, root: Path, added: list[int], name: str
) -> None:
    ids = _publish(sessions, "السد لم ينهر", "هطل المطر ليلا")
    damaged = root / serving_index.reindex(sessions, fake_encoder, root).name / name
    damaged.write_bytes(damaged.read_bytes()[:-1])
    added.clear()
    serving_index.reindex(sessions, fake_encoder, root)
    assert added == ids
    assert sorted(_found(root, fake_encoder, "السد لم ينهر")) == ids


def test_terms_cut_for_another_model_are_not_built_on(
    sessions: Sessions, fake_encoder: Encoder, root: Path, added: list[int]
) -> None:
    _publish(sessions, "السد لم ينهر")
    manifest = serving_index.reindex(sessions, fake_encoder, root)
    assert snapshot.load_terms(root, manifest.fingerprint) is not None
    assert snapshot.load_terms(root, "another model") is None


def test_terms_are_cut_as_the_format_of_snapshots_says() -> None:
    """Whoever changes how terms are cut increases ``snapshot.FORMAT``: kept terms are old ones."""
    cut = grams("وقال الوزير إنّ 99,5 في المئة لم يُصابوا #داعش_العراق He didn’t say so")
    digest = hashlib.sha256(" ".join(cut).encode()).hexdigest()
    assert (snapshot.FORMAT, digest[:12]) == (5, "2e9ae68ea6d9")
