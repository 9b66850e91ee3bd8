"""What every test may use: the bundled model once a session, a place for its folder, real data."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.parsing.pool import ParserPool
from embeddings.encoder import SentenceTransformerEncoder, open_encoder
from embeddings.pair_reader import OnnxPairReader
from knowledge.agreement.combined import CombinedJudge
from knowledge.agreement.judgement import Judge
from knowledge.agreement.rules import RuleJudge

ROOT = Path(__file__).resolve().parents[1]

os.environ["HF_HUB_OFFLINE"] = "1"


@pytest.fixture(scope="session")
def models_dir(pytestconfig: pytest.Config) -> Path:
    """Return a folder that is kept between runs: unpacking the model takes seconds."""
    cache = pytestconfig.cache
    assert cache is not None
    return Path(cache.mkdir("models"))


@pytest.fixture(scope="session")
def bundled_encoder(models_dir: Path) -> SentenceTransformerEncoder:
    """Return the real bundled model, loaded once."""
    return open_encoder("bundled:multilingual-e5-small", models_dir)


@pytest.fixture(scope="session")
def bundled_reader(models_dir: Path) -> OnnxPairReader:
    """Return the real cross-encoder, made once and kept between runs."""
    return OnnxPairReader(models_dir)


@pytest.fixture(scope="session")
def bundled_judge(bundled_reader: OnnxPairReader) -> Judge:
    """Return the judge that the program uses."""
    return CombinedJudge(RuleJudge(), bundled_reader)


@pytest.fixture(scope="session")
def parsers() -> Iterator[ParserPool]:
    """Give what reads documents apart, started once."""
    with ParserPool() as pool:
        yield pool


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the developer's own settings out of every test, and every test out of their data."""
    for name in list(os.environ):
        if name.startswith(("TELEGRAM_", "WEBHOOK_", "CONSOLE_", "METRICS_")) or name in _OURS:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


_OURS = frozenset(
    {
        "PUBLISH_NEEDS_TWO",
        "DATABASE_URL",
        "DATA_DIR",
        "EMBEDDING_MODEL",
        "ADMIN_IDS",
        "SECRET_KEY",
        "LOG_LEVEL",
    }
)
