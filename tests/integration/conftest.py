"""A real database made the way the program makes it, of either kind."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder
from embeddings.encoders.encoder import Encoder, SentenceTransformerEncoder
from knowledge import curation
from knowledge.agreement.judgement import Judge
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.checking.reranking import Reranker
from knowledge.corpus import reports
from knowledge.domain import ReportDraft
from knowledge.index.serving_index import ServingIndex
from knowledge.storage.database import Sessions, open_engine
from knowledge.storage.schema import upgrade
from tests.bag_of_words import BagOfWords
from tests.integration.postgres import Reused, binaries, command, running


@pytest.fixture
def fake_encoder() -> Encoder:
    """Return an encoder that needs no model: its vectors are a function of the text's words."""
    return BagOfWords()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an SQLite file brought to the program's schema once, to be copied."""
    file = tmp_path_factory.mktemp("database") / "migrated.db"
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    engine.dispose()
    return file


AnsweringAbout = Callable[[Iterable[ReportDraft]], AbstractContextManager[ClaimChecker]]


@pytest.fixture(scope="session")
def answering_about(
    bundled_encoder: SentenceTransformerEncoder,
    bundled_reader: OnnxCrossEncoder,
    bundled_judge: Judge,
    migrated_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> AnsweringAbout:
    """Return what publishes reports and gives who answers from them, with the program's models."""

    @contextmanager
    def about(drafts: Iterable[ReportDraft]) -> Iterator[ClaimChecker]:
        folder = tmp_path_factory.mktemp("answering")
        shutil.copy(migrated_file, folder / "tathabbat.db")
        engine = open_engine(f"sqlite:///{folder / 'tathabbat.db'}")
        sessions = Sessions(engine)
        with sessions.begin() as session:
            for draft in drafts:
                curation.publish(session, reports.store(session, draft).statement_ids, "test")
        index = ServingIndex(sessions, bundled_encoder, folder / "index")
        yield ClaimChecker(
            sessions, bundled_encoder, index, bundled_judge, Reranker(bundled_reader)
        )
        engine.dispose()

    return about


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Return the address of a PostgreSQL server, with a database that is migrated, to be copied."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with running(programs) as address:
        command(address, "CREATE DATABASE migrated")
        engine = open_engine(address.format("migrated"))
        upgrade(engine)
        engine.dispose()
        yield address


@pytest.fixture(scope="session")
def reused(postgres: str) -> Iterator[Reused]:
    """Return the PostgreSQL database that tests use one after the other."""
    database = Reused(postgres)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return the engine of a migrated database that holds nothing yet, of either kind."""
    if request.param == "sqlite":
        file = tmp_path / "tathabbat.db"
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        engine = open_engine(f"sqlite:///{file}")
        yield engine
        engine.dispose()
        return
    database: Reused = request.getfixturevalue("reused")
    database.restart_numbers()
    engine = open_engine(database.address)
    yield engine
    engine.dispose()
    database.reset()


@pytest.fixture
def sessions(engine: Engine) -> Sessions:
    """Return sessions on a migrated database of the test's own."""
    return Sessions(engine)
