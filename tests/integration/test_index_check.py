"""A check of the index that would notice what is wrong with it."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from embeddings.encoders.encoder import Encoder
from embeddings.errors import IndexMissing
from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import ReportDraft, StatementDraft
from knowledge.index import serving_index
from knowledge.index.index_check import verify
from knowledge.models import Vector
from knowledge.storage.database import Sessions


def _publish(sessions: Sessions, count: int) -> list[int]:
    texts = (f"report {n} of the harbour office about berth {n * n}" for n in range(count))
    with sessions.begin() as session:
        statements = tuple(StatementDraft(text) for text in texts)
        draft = ReportDraft("title", ref="r", statements=statements)
        ids = list(reports.store(session, draft).statement_ids)
        curation.publish(session, ids, "test")
    return ids


def test_a_whole_index_is_found_whole(
    sessions: Sessions, fake_encoder: Encoder, tmp_path: Path
) -> None:
    _publish(sessions, 30)
    serving_index.reindex(sessions, fake_encoder, tmp_path)
    found = verify(sessions, tmp_path, fake_encoder.fingerprint)
    assert (found.state.missing, found.state.extra, found.stale) == ((), (), ())
    assert found.recall == 1.0


def test_a_row_that_is_not_its_text_s_vector_is_stale(
    sessions: Sessions, fake_encoder: Encoder, tmp_path: Path
) -> None:
    ids = _publish(sessions, 5)
    serving_index.reindex(sessions, fake_encoder, tmp_path)
    with sessions.begin() as session:
        for vector in session.scalars(select(Vector)):
            vector.data = np.ones(fake_encoder.dimension, np.float16).tobytes()
    assert set(verify(sessions, tmp_path, fake_encoder.fingerprint).stale) == set(ids)


def test_what_changed_since_is_missing_or_extra(
    sessions: Sessions, fake_encoder: Encoder, tmp_path: Path
) -> None:
    ids = _publish(sessions, 3)
    serving_index.reindex(sessions, fake_encoder, tmp_path)
    with sessions.begin() as session:
        curation.retract(session, ids[:1], "test", "wrong")
    found = verify(sessions, tmp_path, fake_encoder.fingerprint)
    assert (found.state.missing, found.state.extra) == ((), (ids[0],))


def test_an_index_that_was_never_built_is_told(
    sessions: Sessions, fake_encoder: Encoder, tmp_path: Path
) -> None:
    with pytest.raises(IndexMissing, match="run `tathabbat reindex`"):
        verify(sessions, tmp_path, fake_encoder.fingerprint)
