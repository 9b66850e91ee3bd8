"""Compare the index on a Milvus server with FAISS in the process: answers, changes, bytes.

    python -m benchmarks.remote_index [--pool ar|en] [--statements N] [--claims N] [--url URL]

The fact-checks of CheckThat! are published, and the tweets of its dev split asked of two claim
checkers that differ in nothing but the index. Printed: the share of tweets with the same first
statement, and with the same outcome; how long a reindex, a search and a change take, the last in
the process that publishes and in another one; and what a statement takes on the way and on the
server's disk. Without ``--url`` a Milvus Lite is started on loopback; its times are not those of
Milvus, its answers are.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from benchmarks.pools import POOLS, PoolStatement
from bot.app import App
from bot.cli.progress_bar import make_reporter
from embeddings.index.milvus_connection import MilvusConnection
from embeddings.index.sparse_terms import TermStatistics
from embeddings.search_results import Hit, Vectors
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.checking.reranking import Reranker
from knowledge.domain import Rating, ReportDraft, ReportKind, StatementDraft
from knowledge.evaluation import report_pool
from knowledge.index.remote_builds import RemoteBuilds
from knowledge.index.remote_index import RemoteIndex
from knowledge.index.serving_index import Serving, ServingIndex
from knowledge.text.plain_text import plain_text, single_line
from tests.integration.milvus_server import running

_T = TypeVar("_T")

#: Changes that are timed.
CHANGES: Final = 20
#: The cosine of a statement with a claim in its own words, at least.
FOUND: Final = 0.9
#: Searches that are timed.
SEARCHES: Final = 50


def main() -> None:
    """Publish, ask both, time changes, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", choices=sorted(POOLS), default="ar")
    parser.add_argument("--statements", type=int, default=7_265, help="the first so many")
    parser.add_argument("--claims", type=int, default=1_000, help="the first so many of dev")
    parser.add_argument("--url", help="a Milvus server; its database is left as it was")
    arguments = parser.parse_args()
    pool = POOLS[arguments.pool]()
    kept = tuple(islice(pool.statements, arguments.statements))
    with tempfile.TemporaryDirectory() as name, _server(arguments.url, Path(name)) as (url, disk):
        app = App(make_reporter)
        with app.isolated_app(Path(name) / "data") as other:
            report_pool.publish(other.sessions, [_draft(each) for each in kept])
            root = other.settings.index_dir
            other.builds.reindex(other.encoder, make_reporter("Embedding"))
            builds = RemoteBuilds(other.sessions, MilvusConnection(url), root)
            taken, manifest = _timed(lambda: builds.reindex(other.encoder))
            print(f"{manifest.count} statements of {pool.name}")
            print(
                f"reindex with known vectors: {taken:.1f} s, {manifest.count / taken:.0f} a second"
            )
            local = ServingIndex(other.sessions, other.encoder, root)
            remote = RemoteIndex(other.sessions, other.encoder, builds, local)
            _compare_answers(
                other, local, remote, [tweet.text for tweet in pool.dev[: arguments.claims]]
            )
            _time_changes(other, remote, RemoteBuilds(other.sessions, MilvusConnection(url), root))
            _weigh(kept, other.encoder.dimension, disk, builds)
            builds.drop_all()


def _compare_answers(app: App, local: Serving, remote: Serving, claims: list[str]) -> None:
    def checker(index: Serving) -> ClaimChecker:
        reranker = Reranker(app.reader)
        return ClaimChecker(app.sessions, app.encoder, index, app.judge, reranker, app.calibration)

    ours, theirs = checker(local), checker(remote)
    first = outcome = both = 0
    bar = make_reporter("Asking both")
    for done, claim in enumerate(claims, 1):
        one, other = ours.answer_message(claim), theirs.answer_message(claim)
        (found, expected) = ([m.statement.id for m in each.matches[:1]] for each in (other, one))
        same = found == expected
        alike = one.outcome is other.outcome
        first, outcome, both = first + same, outcome + alike, both + (same and alike)
        if bar is not None:
            bar(done, len(claims))
    total = len(claims)
    print(f"first statement the same: {first} of {total} ({first / total:.1%})")
    print(f"outcome the same: {outcome} of {total} ({outcome / total:.1%})")
    print(f"both: {both / total:.1%}")
    vectors = app.encoder.encode_claims(claims)
    for name, index in (("FAISS", local), ("Milvus", remote)):
        live = index.current()
        times = [
            _timed(partial(live.candidates, vector, claim))[0]
            for vector, claim in zip(vectors[:SEARCHES], claims, strict=False)
        ]
        print(f"search, {name}: median {statistics.median(times) * 1_000:.1f} ms")


def _time_changes(app: App, here: Serving, elsewhere: RemoteBuilds) -> None:
    local = ServingIndex(app.sessions, app.encoder, app.settings.index_dir)
    there = RemoteIndex(app.sessions, app.encoder, elsewhere, local)
    there.current()
    times: dict[str, list[float]] = {"in the process that looks first": [], "in another": []}
    for number in range(CHANGES):
        text = f"القطار رقم {number} تأخر عن موعده في المحطة"
        report_pool.publish(app.sessions, [ReportDraft(text, statements=(StatementDraft(text),))])
        vector = app.encoder.encode_claims([text])[0]
        for who, index in zip(times, (here, there), strict=True):
            taken, hits = _timed(partial(_find, index, vector, text))
            if not hits or hits[0].cosine < FOUND:
                raise SystemExit(f"what was published is not found {who}")
            times[who].append(taken)
    for who, each in times.items():
        print(
            f"published → answerable {who}: median {statistics.median(each) * 1_000:.0f} ms,"
            f" longest {max(each) * 1_000:.0f} ms"
        )


def _find(index: Serving, vector: Vectors, text: str) -> list[Hit]:
    return index.current().search(vector, text, 1)


def _weigh(
    kept: tuple[PoolStatement, ...], dimension: int, disk: Path | None, builds: RemoteBuilds
) -> None:
    texts = [f"{each.title}\n{each.text}" for each in kept]
    counted = TermStatistics.from_texts(texts)
    terms = statistics.mean(len(counted.weigh_document(text)) for text in texts)
    print(
        f"a statement: vector {4 * dimension} bytes, {terms:.0f} terms in {8 * terms:.0f} bytes,"
        f" {4 * dimension + 8 + 8 * terms:.0f} together"
    )
    distinct = len(counted.dimensions)
    print(f"{distinct} distinct terms: {8 * distinct / 1e6:.1f} MB in each process")
    if disk is not None:
        names = builds.names()
        size = sum(path.stat().st_size for path in disk.rglob("*") if path.is_file())
        print(f"on the server's disk: {size / len(names) / len(kept):.0f} bytes a statement")


@contextmanager
def _server(url: str | None, folder: Path) -> Iterator[tuple[str, Path | None]]:
    if url is not None:
        yield url, None
        return
    with running(folder / "milvus") as server:
        yield server.url, server.folder


def _draft(statement: PoolStatement) -> ReportDraft:
    rating = Rating.FALSE if statement.kind is ReportKind.FACT_CHECK else None
    text = plain_text(statement.text)
    kept = StatementDraft(text, ref=statement.ref, rating=rating)
    title = single_line(statement.title or text)
    return ReportDraft(title, kind=statement.kind, publisher="benchmark", statements=(kept,))


def _timed(act: Callable[[], _T]) -> tuple[float, _T]:
    started = time.perf_counter()
    done = act()
    return time.perf_counter() - started, done


if __name__ == "__main__":
    main()
