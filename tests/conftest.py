"""Fixtures of every test: the bundled models once a session, a place for them, real data."""

import gc
import logging
import os
import sys
import threading
from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path

import certifi
import pytest

from bot.observability import redaction
from bot.parsing.parser_pool import ParserPool
from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder
from embeddings.encoders.encoder import SentenceTransformerEncoder, open_encoder
from knowledge.agreement.combined_judge import CombinedJudge
from knowledge.agreement.judgement import Judge
from knowledge.agreement.rule_judge import RuleJudge
from tests.shared_statements import statements_compiled_once

ROOT = Path(__file__).resolve().parents[1]

os.environ["HF_HUB_OFFLINE"] = "1"

# Modules and tests are a million objects that stay. Looking through them for garbage is a quarter
# of collecting the tests, and a tenth of running them.
gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have files of `e2e`, which mostly wait for other processes, and others begin by turns.

    Workers take them in this order: so processors are busy from the first file to the last.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    waiting = [each for path, each in files.items() if path.parent.name == "e2e"]
    busy = [each for path, each in files.items() if path.parent.name != "e2e"]
    by_turns = chain.from_iterable(zip_longest(waiting, busy, fillvalue=[]))
    items[:] = chain.from_iterable(by_turns)


def pytest_collection_finish() -> None:
    """Look for garbage again, rarely."""
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


@pytest.fixture(scope="session")
def models_dir(pytestconfig: pytest.Config) -> Path:
    """Return a folder that is kept between runs: unpacking the model takes seconds."""
    cache = pytestconfig.cache
    assert cache is not None
    return Path(cache.mkdir("models"))


@pytest.fixture(scope="session")
def bundled_encoder(models_dir: Path) -> SentenceTransformerEncoder:
    """Return the real bundled model, loaded once."""
    return open_encoder("bundled:e5-small-claims", models_dir)


@pytest.fixture(scope="session")
def bundled_reader(models_dir: Path) -> OnnxCrossEncoder:
    """Return the real cross-encoder, made once and kept between runs."""
    return OnnxCrossEncoder(models_dir)


@pytest.fixture(scope="session")
def bundled_judge(bundled_reader: OnnxCrossEncoder) -> Judge:
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
        "UNDO_SECONDS",
        "DATABASE_URL",
        "DATA_DIR",
        "EMBEDDING_MODEL",
        "INDEX_URL",
        "ADMIN_IDS",
        "SECRET_KEY",
        "LOG_LEVEL",
    }
)


@pytest.fixture(autouse=True, scope="session")
def _statements_compiled_once() -> Iterator[None]:
    with statements_compiled_once():
        yield


@pytest.fixture(autouse=True, scope="session")
def _few_authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have HTTP clients know one certificate authority: no test meets any, and to load all takes
    longer than most tests, for each client.
    """
    first, end, _ = Path(certifi.where()).read_text("ascii").partition("-----END CERTIFICATE-----")
    file = tmp_path_factory.mktemp("authorities") / "one.pem"
    file.write_text(f"{first}{end}\n", "ascii")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certifi, "where", lambda: str(file))
        yield


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """Leave logging as it was, and what is kept out of it: both are the whole process's."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook, sys.unraisablehook)
    handlers, level, factory = root.handlers[:], root.level, logging.getLogRecordFactory()
    levels = {logger: logger.level for logger in _loggers()}
    known, pattern = redaction._known, redaction._pattern
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.setLogRecordFactory(factory)
    for logger in _loggers():
        # Setting one clears what all the others know.
        if logger.level != (before := levels.get(logger, logging.NOTSET)):
            logger.setLevel(before)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    redaction._known, redaction._pattern = known, pattern


def _loggers() -> list[logging.Logger]:
    known = list(logging.getLogger().manager.loggerDict.values())
    return [each for each in known if isinstance(each, logging.Logger)]


@pytest.fixture(autouse=True, scope="session")
def failed_lines() -> Iterator[list[str]]:
    """Note each line that logging fails to write, wherever and whenever; fail where one is left."""
    failed: list[str] = []

    def note(_: logging.Handler, record: logging.LogRecord) -> None:
        failed.append(f"{record.name}: {record.msg} ({sys.exc_info()[1]!r})")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.Handler, "handleError", note)
        yield failed
    assert failed == []


@pytest.fixture(autouse=True)
def _every_line_is_logged(failed_lines: list[str]) -> Iterator[None]:
    """Fail a test in which a line could not be logged: its handler writes to what is closed."""
    yield
    failed = failed_lines[:]
    failed_lines.clear()
    assert failed == []
