"""Claims put into clusters as they are asked: which pairs meet, and how fast it goes.

    python -m benchmarks.clustering quality [--split dev|train]
    python -m benchmarks.clustering speed [--inquiries N]
    python -m benchmarks.clustering sizes

Quality: every text of a set is asked once, and clustered by the program's own service in a database
of its own; then each labelled pair is looked up. ANS: headlines that agree are one claim, those
that disagree or tell something else are not. CheckThat! 2021 Arabic: tweets that share a
fact-checked claim are one claim (dev has no such pair, train three), so beside them a tweet and
its fact-checked claim are counted, and every other pair is not one. Swapped: held-out headlines
with one thing exchanged are never one claim, reworded ones always. XNLI: a sentence and its
translation are one claim, a sentence and what contradicts it in another language are not.

Speed: ``INQUIRIES`` inquiries, in an order and with repetitions like those of people (some texts
are asked a thousand times, most once), recorded and clustered batch by batch. Each tenth is
printed for itself, so that what grows with size shows.

Sizes: what one new claim costs among so many others, which are placed without being read.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from benchmarks.datasets import qrels, rows
from benchmarks.remembering import Remembering
from benchmarks.statements import statements
from benchmarks.swapped_claims import held_out, swaps, unswapped
from embeddings.bundled.e5_model import BUNDLED_NAME
from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder, Pair
from embeddings.encoders.encoder import Encoder, open_encoder
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.claim_queue import demand, stored_claims
from knowledge.claim_queue.claim_equivalence import SAME_FROM, ClaimEquivalence, Comparing, Meaning
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
_SEED: Final = 5
#: Claims there already, and new ones that are timed among them.
_SIZES: Final = (3_000, 15_000, 27_000, 33_000)
_TIMED: Final = 600
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
    parser.add_argument("what", choices=("quality", "speed", "sizes"))
    parser.add_argument("--split", choices=("dev", "train"), default="dev")
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--inquiries", type=int, default=INQUIRIES)
    parser.add_argument("--distinct", type=float, default=0.3, help="share of them that is new")
    given = parser.parse_args()
    encoder, reader = open_encoder(BUNDLED_NAME, given.models), OnnxCrossEncoder(given.models)
    if given.what == "speed":
        distinct = int(given.distinct * given.inquiries)
        speed(encoder, ClaimEquivalence(reader, RuleJudge()), given.inquiries, distinct)
        return
    if given.what == "sizes":
        sizes(encoder, ClaimEquivalence(reader, RuleJudge()))
        return
    remembering = Remembering(reader)
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
        ids = _place(sessions, Clusters(sessions, encoder, meanings), texts)
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


def speed(encoder: Encoder, meanings: Comparing, inquiries: int, distinct: int) -> None:
    """Print how many inquiries a second are recorded, encoded and clustered, by tenths."""
    pool = statements(_POOL)
    rng = random.Random(_SEED)  # noqa: S311 (a seed, not a secret)
    asked = _asked(pool, rng, inquiries, distinct)
    # The models are opened before anything is timed.
    encoder.encode_statements(pool[:1])
    meanings.compare([Pair(pool[0], pool[1])])
    started, recording, steps = time.perf_counter(), 0.0, 0
    latest, latest_busy = started, time.process_time()
    with _database() as sessions:
        clusters = Clusters(sessions, encoder, meanings)
        for start in range(0, len(asked), _STEP):
            before = time.process_time()
            for text in asked[start : start + _STEP]:
                with sessions.begin() as session:
                    person = f"person {rng.randrange(20_000)}"
                    record(session, person, text, Outcome.NO_MATCH, [], "ar")
            recording += time.process_time() - before
            while clusters.place_waiting():
                pass
            steps += 1
            done = min(start + _STEP, len(asked))
            if done * 10 // len(asked) > start * 10 // len(asked):
                wall, busy = time.perf_counter(), time.process_time()
                took, worked, count = wall - latest, busy - latest_busy, steps * _STEP
                print(
                    f"{done} inquiries: {count / took:.0f} a second, {count / worked:.0f} a second"
                    f" of processor time, {1000 * recording / count:.1f} ms each recording,"
                    f" {1000 * (worked - recording) / count:.1f} ms encoding and clustering",
                    flush=True,
                )
                latest, latest_busy, recording, steps = wall, busy, 0.0, 0
        with sessions() as session:
            claims = session.scalar(select(func.count()).select_from(Claim))
            found = session.scalar(select(func.count()).select_from(Cluster))
    print(f"{claims} claims in {found} clusters, {time.perf_counter() - started:.0f} s")


def _asked(pool: Sequence[str], rng: random.Random, inquiries: int, distinct: int) -> list[str]:
    """Return what is asked, in order: as many new texts at the end as at the beginning.

    A text that was asked before is asked again the more often, the earlier it came (Zipf).
    """
    new, known, asked = rng.sample(pool, distinct), 0, list[str]()
    while len(asked) < inquiries:
        if known * inquiries <= len(asked) * distinct:
            asked.append(new[known])
            known += 1
        else:
            # The logarithm of a rank is spread evenly where its weight is one over the rank.
            asked.append(new[int(known ** rng.random()) - 1])
    return asked


class _Counted:
    """Implements ``Comparing``; unless it ``reads``, claims are different and nothing counts."""

    def __init__(self, meanings: Comparing) -> None:
        self._meanings = meanings
        self.reads, self.count, self.took = False, 0, 0.0

    def compare(self, pairs: Sequence[Pair]) -> list[Meaning]:
        """Return how the two claims of each pair relate."""
        if not self.reads:
            return [Meaning.OTHER] * len(pairs)
        before = time.process_time()
        found = self._meanings.compare(pairs)
        self.count, self.took = self.count + len(pairs), self.took + time.process_time() - before
        return found


def sizes(encoder: Encoder, meanings: Comparing) -> None:
    """Print what placing a new claim costs, by how many there are."""
    texts = random.Random(_SEED).sample(statements(_POOL), max(_SIZES) + _TIMED)  # noqa: S311
    with _database() as sessions:
        comparing, there = _Counted(meanings), 0
        clusters = Clusters(sessions, encoder, comparing)
        for size in _SIZES:
            comparing.reads = False
            _place(sessions, clusters, texts[there:size])
            there = size + _TIMED
            comparing.reads, comparing.count, comparing.took = True, 0, 0.0
            before = time.process_time()
            _place(sessions, clusters, texts[size:there])
            took = time.process_time() - before
            print(
                f"{size} claims: {1000 * took / _TIMED:.1f} ms of processor time for a new one,"
                f" {1000 * comparing.took / _TIMED:.1f} ms for {comparing.count / _TIMED:.2f}"
                " comparisons",
                flush=True,
            )


def _place(sessions: Sessions, clusters: Clusters, texts: Sequence[str]) -> dict[str, int]:
    """Store and place claims; returns the number of each."""
    with sessions.begin() as session:
        demand.lock_queue(session)
        ids = {text: stored_claims.store_claim(session, text, "ar") for text in texts}
    while clusters.place_waiting():
        pass
    return ids


@contextmanager
def _database() -> Iterator[Sessions]:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/clustering.db")
        upgrade(engine)
        yield Sessions(engine)
        engine.dispose()


if __name__ == "__main__":
    main()
