"""Measure reindexing, starting and memory of the program at many statements.

    python -m benchmarks.at_size [--rows 100000] [--vectors FOLDER]

A knowledge base of so many real statements whose vectors are kept already. Reindexing, for the
first time and again, is compared with FAISS alone building the same index from the same rows in a
file, by the clock and by processor time; starting (from the command to the first answer, the Bot
API server on loopback) with importing the libraries and reading the files once.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.kept_vectors import open_bundled
from benchmarks.resident import resident
from benchmarks.statements import REAL, rows, statements
from embeddings.encoders.encoder import Encoder
from embeddings.index.dense import DenseIndex
from embeddings.progress import Progress
from embeddings.search_results import Vectors
from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import ReportDraft, StatementDraft
from knowledge.index.serving_index import embed_published
from knowledge.storage.database import Sessions, open_engine
from knowledge.storage.schema import upgrade
from knowledge.text.plain_text import plain_text, single_line
from tests.e2e.bot_api_server import BotApiServer
from tests.e2e.whole_bot import Installation, installation

ROUNDS: Final = 3
#: Statements of one report of the made knowledge base.
_REPORT: Final = 2_000
_PERSON: Final = 501
#: All that the program is built on, and what of it a start imports.
_LIBRARIES: Final = (
    "torch, transformers, sentence_transformers, faiss, onnxruntime, tantivy, sqlalchemy, telegram",
    "tokenizers, faiss, onnxruntime, tantivy, alembic.command, sqlalchemy, pydantic_settings, "
    "telegram.ext",
)


class _Known:
    """Implements ``Encoder`` for texts whose vectors are there."""

    def __init__(self, encoder: Encoder, texts: Sequence[str], vectors: Vectors) -> None:
        self.fingerprint, self.dimension = encoder.fingerprint, encoder.dimension
        self.encode_claims = encoder.encode_claims
        self._rows = dict(zip(map(plain_text, texts), vectors, strict=True))

    def encode_statements(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return the vectors of ``texts``."""
        return np.stack([self._rows[text] for text in texts])


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--rows", type=int, default=REAL)
    parser.add_argument("--vectors", type=Path, help="a folder that keeps vectors between runs")
    given = parser.parse_args()
    encoder = open_bundled(given.models, given.vectors)
    texts = statements(given.rows)
    vectors = rows(encoder, len(texts))
    with tempfile.TemporaryDirectory() as folder, BotApiServer() as server:
        bot = installation(Path(folder) / "bot", given.models.resolve())
        data = bot.folder / "data"
        fill(data / "tathabbat.db", encoder, texts, vectors)
        print(f"{len(texts)} statements")
        bare = [_bare(vectors, Path(folder)) for _ in range(ROUNDS)]
        first = [_reindexed(bot)]
        again = [_reindexed(bot) for _ in range(ROUNDS)]
        for kind, took in (("first", first), ("again", again)):
            for clock in ("wall", "processor"):
                whole, alone = (min(getattr(one, clock) for one in runs) for runs in (took, bare))
                print(
                    f"reindex {kind}, {clock} time: {whole:.1f} s,"
                    f" FAISS alone {alone:.1f} s: {whole / alone:.2f} times"
                )
        files = [path for path in (data / "index").rglob("*") if path.is_file()]
        files += list(given.models.glob("*.onnx"))
        started, held = _started(bot, server, Path(folder) / "log", texts)
        print(f"start to first answer: {started:.1f} s; memory then {held / 2**20:.0f} MB")
        for libraries in _LIBRARIES:
            once = min(_imported(libraries, files) for _ in range(ROUNDS))
            print(
                f"  {started / once:.2f} times files and libraries alone, {once:.1f} s: {libraries}"
            )


def fill(
    database: Path,
    encoder: Encoder,
    texts: Sequence[str],
    vectors: Vectors,
    of_a_report: int = _REPORT,
) -> None:
    """Make a knowledge base of ``texts``, published, their vectors kept."""
    known = _Known(encoder, texts, vectors)
    engine = open_engine(f"sqlite:///{database}")
    upgrade(engine)
    sessions = Sessions(engine)
    for start in range(0, len(texts), of_a_report):
        part = texts[start : start + of_a_report]
        with sessions.begin() as session:
            told = tuple(StatementDraft(plain_text(text)) for text in part)
            draft = ReportDraft(single_line(part[0]), statements=told)
            ids = reports.store(session, draft).statement_ids
            curation.publish(session, ids, "benchmark")
        embed_published(sessions, known, ids)
    engine.dispose()


@dataclass(frozen=True)
class _Took:
    wall: float
    processor: float


def _bare(vectors: Vectors, folder: Path) -> _Took:
    file = folder / "vectors.npy"
    np.save(file, vectors)
    began, worked = time.perf_counter(), time.process_time()
    read = np.load(file)
    DenseIndex.from_vectors(range(len(read)), read).save(folder)
    return _Took(time.perf_counter() - began, time.process_time() - worked)


def _reindexed(bot: Installation) -> _Took:
    began, worked = time.perf_counter(), _children()
    bot.call("reindex").check_returncode()
    return _Took(time.perf_counter() - began, _children() - worked)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _imported(libraries: str, files: Sequence[Path]) -> float:
    code = (
        f"import {libraries}, pathlib, sys\n"
        "for path in sys.argv[1:]: pathlib.Path(path).read_bytes()"
    )
    began = time.perf_counter()
    subprocess.run([sys.executable, "-W", "ignore", "-c", code, *map(str, files)], check=True)  # noqa: S603 (ours)
    return time.perf_counter() - began


def _started(
    bot: Installation, server: BotApiServer, log: Path, texts: Sequence[str]
) -> tuple[float, int]:
    """Return the seconds from the command to an answer, and the bytes in memory after some more."""
    taken = []
    held = 0
    for _ in range(ROUNDS):
        before = len(server.sent)
        server.send_text(_PERSON, texts[0])
        began = time.perf_counter()
        with bot.running(server, log) as process:
            server.wait_for_message(_PERSON, after=before)
            taken.append(time.perf_counter() - began)
            for text in texts[1:20]:
                before = len(server.sent)
                server.send_text(_PERSON, text)
                server.wait_for_message(_PERSON, after=before)
            held = max(held, resident(process.pid))
    return min(taken), held


if __name__ == "__main__":
    main()
