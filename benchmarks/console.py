"""Time the console's pages with a large knowledge base behind them.

    python -m benchmarks.console [--claims 100000] [--statements 200000] [--database URL]

Server time: the request is made in this process, so neither a network nor a browser is in it. The
texts are made up and their vectors random, as many numbers as the bundled encoder's; what encoding
one search takes is in RESULTS.md beside it and is not in here.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from embeddings.progress import Progress
from embeddings.search_results import Vectors
from knowledge.claim_queue.demand import compute_heat
from knowledge.claims import ClaimText
from knowledge.domain import (
    ChangeKind,
    ClusterStatus,
    Outcome,
    ReportKind,
    StatementStatus,
    SubjectKind,
)
from knowledge.models import (
    AuditEntry,
    ChangeLogEntry,
    Claim,
    Cluster,
    Inquiry,
    Report,
    ShownStatement,
    Source,
    Statement,
)
from knowledge.storage.database import Sessions, open_engine
from knowledge.storage.schema import upgrade
from tests.integration.console import console_on, key_of

ROUNDS: Final = 7
TARGET_MS: Final = 300.0
#: Claims of a cluster, inquiries of a claim, statements of a report, on average.
_CLAIMS, _INQUIRIES, _STATEMENTS = 5, 3, 10
_BATCH: Final = 10_000
_WORDS: Final = (
    "أعلنت نفت أكدت قالت البلدية الوزارة الشركة الجامعة فتح إغلاق ترميم بناء الجسر المعبر المطار"
    " المدرسة السوق المستشفى القديم الجديد الكبير أمام المشاة الطلاب المرضى السيارات يوم الأحد"
    " الاثنين صباح مساء أمس غدا بعد قبل أسبوع شهر عام بكلفة مليون ألف دينار شخص سيارة طالب"
).split()

_PAGES: Final = (
    "/inbox", "/inbox?order=people", "/inbox?order=newest", "/inbox?order=growth",
    "/inbox?tab=answered", "/clusters/7", "/clusters/7/answer?statement=11&relation=REFUTES",
    "/reports/new?cluster=7", "/reports/7", "/statements", "/statements?status=draft",
    "/statements/17", "/statements/17/retract", "/search?q=الجسر القديم",
    "/search?q=لا يوجد هذا أبدا", "/sources", "/trends?days=7", "/trends?days=30",
    "/audit", "/audit?subject=statement", "/index", "/people",
)  # fmt: skip


class MadeUp:
    """Implements ``Encoder`` with random vectors of the bundled model's size."""

    fingerprint, dimension = "made-up", 384

    def encode_claims(self, texts: Sequence[str]) -> Vectors:
        """Return a vector a text."""
        return self.encode_statements(texts)

    def encode_statements(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return a vector a text."""
        made = np.random.default_rng(len(texts)).standard_normal((len(texts), 384), np.float32)
        rows: Vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
        return rows


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--claims", type=int, default=100_000)
    parser.add_argument("--statements", type=int, default=200_000)
    parser.add_argument("--database", help="an empty one; SQLite in a folder of its own if absent")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(given.database or f"sqlite:///{folder}/tathabbat.db")
        upgrade(engine)
        _fill(engine, given.claims, given.statements)
        console = console_on(Sessions(engine), MadeUp(), Path(folder))
        console.clock.now = datetime.now(UTC)
        browser = console.signed_in()
        browser.get("/search?q=x")  # Opens the index, which a running console has open.
        print(f"{given.claims:,} claims, {given.statements:,} statements, {engine.dialect.name}")
        for page in _PAGES:
            taken = []
            for _ in range(ROUNDS):
                start = time.perf_counter()
                answer = browser.get(page)
                taken.append((time.perf_counter() - start) * 1000)
                if answer.status_code != 200:
                    raise SystemExit(f"{page} answered {answer.status_code}")
            middle, worst = statistics.median(taken), max(taken)
            mark = "" if middle < TARGET_MS else "  TOO SLOW"
            print(f"{middle:7.1f} ms  (most {worst:7.1f})  {page}{mark}")
        engine.dispose()


def _fill(engine: Engine, claims: int, statements: int) -> None:
    chance = random.Random(1)  # noqa: S311 (data)
    now = datetime.now(UTC)
    with Sessions(engine).begin() as session:
        _insert(session, Source, ({"name": f"ناشر {n}", "trusted": False} for n in range(200)))
        _insert(session, Report, _reports(chance, statements // _STATEMENTS, now))
        _insert(session, Statement, _statements(chance, statements))
        _insert(
            session,
            ChangeLogEntry,
            (
                {"statement_id": n, "kind": ChangeKind.ADDED}
                for n in range(1, statements + 1)
                if n % 10
            ),
        )
        _insert(session, Cluster, _clusters(chance, claims // _CLAIMS, now))
        texts = [f"{_text(chance)} {n}" for n in range(claims)]
        _insert(
            session,
            Claim,
            (
                {
                    "key": ClaimText(text).key,
                    "text": text,
                    "language": "ar",
                    "cluster_id": n // _CLAIMS + 1,
                    "placed_by_hand": False,
                }
                for n, text in enumerate(texts)
            ),
        )
        _insert(session, Inquiry, _inquiries(chance, texts, now))
        _insert(
            session,
            ShownStatement,
            (
                {"inquiry_id": n, "position": 0, "statement_id": n % statements + 1}
                for n in range(1, claims * _INQUIRIES + 1, 2)
            ),
        )
        _insert(session, AuditEntry, _audit(statements, now))
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")


def _insert(session: Session, table: type[Any], rows: Iterator[dict[str, Any]]) -> None:
    held: list[dict[str, Any]] = []
    for row in rows:
        held.append(row)
        if len(held) == _BATCH:
            session.execute(insert(table), held)
            held.clear()
    if held:
        session.execute(insert(table), held)


def _text(chance: random.Random) -> str:
    return " ".join(chance.choices(_WORDS, k=chance.randint(6, 14)))


def _reports(chance: random.Random, count: int, now: datetime) -> Iterator[dict[str, Any]]:
    for n in range(count):
        yield {
            "ref": f"r{n}",
            "content_hash": f"{n:064x}",
            "source_id": n % 200 + 1,
            "title": _text(chance),
            "url": f"https://example.org/{n}",
            "published_at": (now - timedelta(days=n % 900)).date(),
            "language": "ar",
            "kind": ReportKind.NEWS,
            "body": ". ".join(_text(chance) for _ in range(30)),
        }


def _statements(chance: random.Random, count: int) -> Iterator[dict[str, Any]]:
    for n in range(count):
        yield {
            "report_id": n // _STATEMENTS + 1,
            "position": n % _STATEMENTS,
            "ref": f"s{n}",
            "text": _text(chance),
            "speaker": "البلدية",
            "status": StatementStatus.PUBLISHED if (n + 1) % 10 else StatementStatus.DRAFT,
        }


def _clusters(chance: random.Random, count: int, now: datetime) -> Iterator[dict[str, Any]]:
    for n in range(count):
        last = now - timedelta(minutes=chance.randint(0, 60 * 24 * 30))
        yield {
            "title": _text(chance),
            "status": ClusterStatus.OPEN if n % 4 else ClusterStatus.ANSWERED,
            "asker_count": chance.randint(1, 40),
            "inquiry_count": _CLAIMS * _INQUIRIES,
            "first_asked_at": last - timedelta(days=3),
            "last_asked_at": last,
            "heat": compute_heat([last]),
        }


def _inquiries(
    chance: random.Random, texts: Sequence[str], now: datetime
) -> Iterator[dict[str, Any]]:
    for n in range(len(texts) * _INQUIRIES):
        claim = n // _INQUIRIES
        yield {
            "person_key": key_of(chance.randint(1, 50_000)),
            "claim": texts[claim],
            "claim_id": claim + 1,
            "outcome": chance.choice(tuple(Outcome)),
            "disputed": n % 50 == 0,
            "language": "ar",
            "waiting": True,
            "asked_at": now - timedelta(minutes=chance.randint(0, 60 * 24 * 30)),
        }


def _audit(count: int, now: datetime) -> Iterator[dict[str, Any]]:
    for n in range(count):
        yield {
            "created_at": now - timedelta(seconds=count - n),
            "actor": key_of(1),
            "action": "published",
            "subject": SubjectKind.STATEMENT,
            "subject_id": str(n + 1),
            "before": {"status": "draft"},
            "after": {"status": "published"},
        }


if __name__ == "__main__":
    main()
