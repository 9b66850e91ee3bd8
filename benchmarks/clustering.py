"""Claims put into clusters as they are asked: which pairs meet, and how fast it goes.

    python -m benchmarks.clustering quality [--split dev|train]
    python -m benchmarks.clustering speed [--vectors FOLDER]

Quality: every text of a set is asked once, and clustered by the program's own service in a database
of its own; then each labelled pair is looked up. ANS: headlines that agree are one claim, those
that disagree or tell something else are not. CheckThat! 2021 Arabic: tweets that share a
fact-checked claim are one claim (dev has no such pair, train three), so beside them a tweet and
its fact-checked claim are counted, and every other pair is not one. Swapped: held-out headlines
with one thing exchanged are never one claim, reworded ones always. XNLI: a sentence and its
translation are one claim, a sentence and what contradicts it in another language are not.

Speed: ``INQUIRIES`` inquiries, in an order and with repetitions like those of people (some texts
are asked a thousand times, most once), recorded and clustered batch by batch. ``--vectors`` reads
the vectors from a folder; what computing them takes is measured apart and added.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import func, select

from benchmarks.datasets import qrels, rows
from benchmarks.kept_vectors import open_bundled
from benchmarks.remembering import Remembering
from benchmarks.statements import statements
from benchmarks.swapped_claims import held_out, swaps, unswapped
from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder
from embeddings.encoders.encoder import Encoder
from embeddings.progress import Progress
from embeddings.search_results import Vectors
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.claim_queue import demand, stored_claims
from knowledge.claim_queue.claim_equivalence import SAME_FROM, ClaimEquivalence, Comparing
from knowledge.claim_queue.clustering import Clusters
from knowledge.claim_queue.inquiries import record
from knowledge.claims import bare_text
from knowledge.domain import Outcome
from knowledge.models import Claim, Cluster
from knowledge.storage.database import Sessions, open_engine
from knowledge.storage.schema import upgrade

INQUIRIES: Final = 100_000
#: Inquiries recorded between two runs of the clustering.
_STEP: Final = 500
_POOL: Final = 100_000
_TIMED: Final = 400
_SEED: Final = 5
_XNLI: Final = 200
_LANGUAGES: Final = ("ar", "en", "fr")


@dataclass(frozen=True, slots=True)
class Set:
    """Texts asked together, and pairs of them that are one claim, or are not."""

    name: str
    same: frozenset[tuple[str, str]]
    other: frozenset[tuple[str, str]]

    @property
    def texts(self) -> list[str]:
        """Every text once, in an order that tells nothing."""
        found = sorted({text for pair in self.same | self.other for text in pair})
        random.Random(_SEED).shuffle(found)  # noqa: S311 (a seed, not a secret)
        return found


def main() -> None:
    """Measure what is asked for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("quality", "speed"))
    parser.add_argument("--split", choices=("dev", "train"), default="dev")
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--vectors", type=Path, help="a folder that keeps vectors between runs")
    parser.add_argument("--inquiries", type=int, default=INQUIRIES)
    parser.add_argument("--distinct", type=float, default=0.3, help="share of them that is new")
    given = parser.parse_args()
    reader = OnnxCrossEncoder(given.models)
    if given.what == "speed":
        known = open_bundled(given.models, given.vectors)
        computing, meanings = (
            open_bundled(given.models, None),
            ClaimEquivalence(reader, RuleJudge()),
        )
        distinct = int(given.distinct * given.inquiries)
        speed(computing, known, meanings, given.inquiries, distinct)
        return
    encoder, remembering = open_bundled(given.models, None), Remembering(reader)
    thresholds = (SAME_FROM,) if given.split == "dev" else (0.2, 0.3, SAME_FROM, 0.5, 0.6)
    found = [stances(given.split), tweets(given.split)]
    if given.split == "dev":
        found += [*exchanged(), translated()]
    for each in found:
        for threshold in thresholds:
            quality(each, encoder, ClaimEquivalence(remembering, RuleJudge(), threshold), threshold)


def quality(given: Set, encoder: Encoder, meanings: Comparing, threshold: float) -> None:
    """Print how well the pairs of a set were told."""
    home = placed(given.texts, encoder, meanings)
    right = sum(home[a] == home[b] for a, b in given.same)
    wrong = sum(home[a] == home[b] for a, b in given.other)
    f1 = 2 * right / max(right + wrong + len(given.same), 1)
    print(
        f"{given.name}, {threshold}: {len(home)} texts, same {right} of {len(given.same)},"
        f" others {wrong} of {len(given.other)}, F1 {f1:.3f}, clusters {len(set(home.values()))}",
        flush=True,
    )


def placed(texts: Sequence[str], encoder: Encoder, meanings: Comparing) -> dict[str, int]:
    """Return the cluster of each text, clustered one after another in a database of their own."""
    with _database() as sessions:
        with sessions.begin() as session:
            demand.lock_queue(session)
            ids = {text: stored_claims.store_claim(session, text, "ar") for text in texts}
        clusters = Clusters(sessions, encoder, meanings)
        while clusters.place_waiting():
            pass
        with sessions() as session:
            rows = session.execute(select(Claim.id, Claim.cluster_id)).all()
    home = {row.id: row.cluster_id for row in rows}
    return {text: home[number] for text, number in ids.items()}


def stances(split: str) -> Set:
    """Return ANS."""
    same, other = set[tuple[str, str]](), set[tuple[str, str]]()
    for row in rows("ans", f"stance_{split}.jsonl"):
        pair = bare_text(row["s1"]), bare_text(row["s2"])
        (same if row["stance"] == "agree" else other).add(pair)
    return Set(f"ANS {split}", frozenset(same), frozenset(other))


def tweets(split: str) -> Set:
    """Return CheckThat! 2021 Arabic: tweets, and the claims that fact-checkers checked."""
    right = qrels("checkthat2021-ar", f"qrels_{split}.tsv")
    told = {row["vclaim_id"]: row["vclaim"] for row in rows("checkthat2021-ar", "claims.jsonl")}
    gold: dict[str, set[str]] = {}
    for row in rows("checkthat2021-ar", f"queries_{split}.jsonl"):
        if row["tweet_id"] in right:
            gold.setdefault(bare_text(row["tweet_text"]), set()).update(right[row["tweet_id"]])
    checked = {number: told[number] for ids in gold.values() for number in ids if told.get(number)}
    same, other = set[tuple[str, str]](), set[tuple[str, str]]()
    for (one, ours), (two, theirs) in combinations(gold.items(), 2):
        (same if ours & theirs else other).add((one, two))
    for tweet, ids in gold.items():
        for number, text in checked.items():
            (same if number in ids else other).add((tweet, text))
    return Set(f"CheckThat! 2021 Arabic {split}", frozenset(same), frozenset(other - same))


def exchanged() -> Iterator[Set]:
    """Yield held-out headlines with one thing exchanged by kind, and reworded."""
    articles = held_out()
    by_line: dict[str, set[tuple[str, str]]] = {}
    for pair in swaps(articles):
        by_line.setdefault(pair.line, set()).add((pair.claim, pair.statement))
    for line, pairs in by_line.items():
        yield Set(f"swapped: {line}", frozenset(), frozenset(pairs))
    kept = {(p.claim, p.statement) for p in unswapped(articles) if "rewor" in p.line}
    yield Set("reworded", frozenset(kept), frozenset())


def translated() -> Set:
    """Return sentences of XNLI with their translations, and what contradicts them in those."""
    by_language = {name: list(rows("xnli", f"dev-{name}.jsonl")) for name in _LANGUAGES}
    same, other, seen = set[tuple[str, str]](), set[tuple[str, str]](), set[str]()
    for several in zip(*by_language.values(), strict=True):
        if several[0]["premise"] in seen and several[0]["label"] != "contradiction":
            continue
        if len(seen) >= _XNLI and several[0]["premise"] not in seen:
            break
        seen.add(several[0]["premise"])
        same |= set(combinations([row["premise"] for row in several], 2))
        if several[0]["label"] == "contradiction":
            other |= {
                (one["premise"], two["hypothesis"])
                for one in several
                for two in several
                if one is not two
            }
    return Set("XNLI across languages", frozenset(same), frozenset(other))


class _Known:
    """Implements ``Encoder`` with vectors that are known; others are computed."""

    def __init__(self, encoder: Encoder, known: dict[str, Vectors]) -> None:
        self._encoder, self._known = encoder, known
        self.fingerprint, self.dimension = encoder.fingerprint, encoder.dimension

    def encode_claims(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of claims."""
        return self._encoder.encode_claims(texts)

    def encode_statements(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return unit vectors of statements."""
        if not all(text in self._known for text in texts):
            return self._encoder.encode_statements(texts, progress)
        return np.stack([self._known[text] for text in texts])


def speed(
    computing: Encoder, kept: Encoder, meanings: Comparing, inquiries: int, distinct: int
) -> None:
    """Print how many inquiries a second are recorded and clustered."""
    pool = statements(_POOL)
    vectors = kept.encode_statements(pool)
    rng = random.Random(_SEED)  # noqa: S311 (a seed, not a secret)
    chosen = rng.sample(range(len(pool)), distinct)
    encoder = _Known(computing, {pool[n]: vectors[n] for n in chosen})
    # Everything is asked once, and what is asked more often is asked very often (Zipf).
    asked = [
        *chosen,
        *rng.choices(chosen, [1 / (n + 1) for n in range(distinct)], k=inquiries - distinct),
    ]
    rng.shuffle(asked)
    computing.encode_statements(pool[:1])
    started, busy = time.perf_counter(), time.process_time()
    computing.encode_statements([pool[n] for n in chosen[:_TIMED]])
    encoding = (time.perf_counter() - started) / _TIMED
    encoded = (time.process_time() - busy) / _TIMED
    recording = clustering = 0.0
    with _database() as sessions:
        clusters, processor = Clusters(sessions, encoder, meanings), time.process_time()
        for start in range(0, len(asked), _STEP):
            before = time.perf_counter()
            for n in asked[start : start + _STEP]:
                with sessions.begin() as session:
                    person = f"person {rng.randrange(20_000)}"
                    record(session, person, pool[n], Outcome.NO_MATCH, [], "ar")
            between = time.perf_counter()
            while clusters.place_waiting():
                pass
            recording += between - before
            clustering += time.perf_counter() - between
            done = start + _STEP
            if done % max(_STEP, inquiries // 10 // _STEP * _STEP) == 0:
                total = recording + clustering + encoding * _placed(sessions)
                print(
                    f"{done} inquiries, {_placed(sessions)} claims: recording {recording:.0f} s,"
                    f" clustering {clustering:.0f} s, encoding {encoding * _placed(sessions):.0f} s"
                    f" ({encoding * 1000:.1f} ms each), {done / total:.0f} a second,"
                    f" processor {time.process_time() - processor:.0f} s and"
                    f" {encoded * _placed(sessions):.0f} s for encoding",
                    flush=True,
                )
        with sessions() as session:
            count = session.scalar(select(func.count()).select_from(Cluster))
        print(f"{count} clusters", file=sys.stderr)


def _placed(sessions: Sessions) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(Claim)) or 0


@contextmanager
def _database() -> Iterator[Sessions]:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/clustering.db")
        upgrade(engine)
        yield Sessions(engine)
        engine.dispose()


if __name__ == "__main__":
    main()
