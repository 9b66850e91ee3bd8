"""A running bot's index takes in what others publish before anybody asks."""

import sqlite3
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from embeddings.encoders.encoder import Encoder
from embeddings.index.live import LiveIndex
from embeddings.progress import Progress
from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import ReportDraft, StatementDraft
from knowledge.errors import DatabaseUnavailable
from knowledge.index.follower import Follower
from knowledge.index.serving_index import ServingIndex, reindex
from knowledge.storage.database import Sessions

#: Longer than any test: who waits so long must have been told.
NEVER = 3_600.0


class _Watched(ServingIndex):
    """Says when the index was looked at, and when it holds what is waited for."""

    def __init__(self, sessions: Sessions, encoder: Encoder, root: Path) -> None:
        super().__init__(sessions, encoder, root)
        self.looked, self.has = threading.Event(), threading.Event()
        self.renewed = threading.Event()
        self.wanted: frozenset[int] = frozenset({-1})

    def current(self, progress: Progress | None = None) -> LiveIndex:
        live = super().current(progress)
        if live.ids() == self.wanted:
            self.has.set()
        self.looked.set()
        return live

    def renew(self) -> None:
        outdated = self.outdated()
        super().renew()
        if outdated:
            self.renewed.set()


@pytest.fixture
def index(sessions: Sessions, fake_encoder: Encoder, tmp_path: Path) -> _Watched:
    return _Watched(sessions, fake_encoder, tmp_path / "index")


def _draft(sessions: Sessions, text: str) -> list[int]:
    with sessions.begin() as session:
        draft = ReportDraft(text, publisher="the office", statements=(StatementDraft(text),))
        return list(reports.store(session, draft).statement_ids)


def test_what_is_published_and_retracted_elsewhere_is_taken_in(
    engine: Engine, sessions: Sessions, index: _Watched
) -> None:
    ids = _draft(sessions, "the harbour opened")
    # PostgreSQL tells of changes: nothing else would wake the follower there.
    every = NEVER if engine.dialect.name == "postgresql" else 0.01
    with Follower(sessions, index, every):
        assert index.looked.wait(30)
        index.wanted = frozenset(ids)
        with sessions.begin() as session:
            curation.publish(session, ids, "test")
        assert index.has.wait(30)
        index.has.clear()
        index.wanted = frozenset()
        with sessions.begin() as session:
            curation.retract(session, ids, "test", "wrong")
        assert index.has.wait(30)


def test_a_lost_connection_is_made_again(
    engine: Engine, sessions: Sessions, index: _Watched
) -> None:
    ids = _draft(sessions, "the harbour opened")
    with Follower(sessions, index, 0.01):
        assert index.looked.wait(30)
        if engine.dialect.name == "postgresql":
            with engine.begin() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE query LIKE 'LISTEN%' AND datname = current_database()"
                    )
                )
        index.wanted = frozenset(ids)
        with sessions.begin() as session:
            curation.publish(session, ids, "test")
        assert index.has.wait(30)


def test_a_database_that_stays_away_is_told_once(
    index: _Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Away:
        dialect = SimpleNamespace(name="postgresql", loaded_dbapi=sqlite3)

        def connect(self) -> Connection:
            tried.release()
            raise OperationalError("", None, Exception())

    def fail() -> LiveIndex:
        raise DatabaseUnavailable("away")

    tried = threading.Semaphore(0)
    monkeypatch.setattr(index, "current", fail)
    follower = Follower(index._sessions, index, 0.01)
    monkeypatch.setattr(follower, "_engine", Away())
    with follower:
        for _ in range(5):
            assert tried.acquire(timeout=30)
    assert sorted(record.getMessage() for record in caplog.records) == [
        "changes cannot be taken in (DatabaseUnavailable); trying again",
        "the change log is lost (OperationalError); connecting again",
    ]


def test_a_new_snapshot_is_turned_to(
    sessions: Sessions, index: _Watched, fake_encoder: Encoder, tmp_path: Path
) -> None:
    ids = _draft(sessions, "the harbour opened")
    with sessions.begin() as session:
        curation.publish(session, ids, "test")
    with Follower(sessions, index, 0.01):
        assert index.looked.wait(30)
        reindex(sessions, fake_encoder, tmp_path / "index")
        assert index.renewed.wait(30)
    assert not index.outdated()
    assert index.current().ids() == set(ids)
