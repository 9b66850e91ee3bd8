"""Ask the written claims of dev, which nothing is trained or fitted on: judge, reader, search.

    python -m benchmarks.written_claims [--weights FOLDER] [--misses N] [--no-search]

What `compare` says, and what the cross-encoder alone reads, of claims with what their statements
are read with, and without it: accuracy, and the share of true claims above the score that 5 % and
1 % of the others reach. Copies of statements denied in a dialect, the negation fused to a verb. ANS
dev. Then how often the right statement is first for a true claim among 6,000 headlines, by the
encoder alone and by the whole search. ``--weights`` reads with other trained weights, without judge
and search; ``--misses`` prints so many errors, the surest first; ``--vectors`` keeps vectors for
the next run.
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import rows
from benchmarks.encoded_pools import encoded
from benchmarks.kept_vectors import open_bundled
from benchmarks.pools import among_headlines
from benchmarks.remembering import Remembering
from benchmarks.training import pairs as sources
from benchmarks.training import written
from benchmarks.training.combination import f1
from benchmarks.training.fused import fused
from benchmarks.training.written import Claim, Item, Split
from embeddings.cross_encoder.onnx_cross_encoder import (
    CrossEncoder,
    OnnxCrossEncoder,
    Pair,
    relation_probabilities,
)
from embeddings.index.score_normalisation import COHORT, make_normaliser
from embeddings.text.pair_encoding import Output
from embeddings.weights import CROSS_ENCODER
from knowledge.agreement.combined_judge import RELATIONS, CombinedJudge
from knowledge.agreement.judgement import Evidence, Judge
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.checking.relevance import Found, coverage
from knowledge.checking.reranking import RERANKED, Reranker
from knowledge.claims import bare_text
from knowledge.domain import Relation

SEED: Final = 17
BATCH: Final = 256
#: Shares of the others that true claims are counted above.
ABOVE: Final = (0.05, 0.01)
#: Passes over the statements for fused denials: each makes another form.
DENIALS: Final = 4
#: Files whose statements are what authorities say: denials, corrections, how things are.
AUTHORITIES: Final = frozenset(
    {"ar-official-denials", "official-denials-2", "officials", "authorities"}
)

Row = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A claim, what it is judged against, and what is right."""

    claim: str
    evidence: Evidence
    relation: Relation


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of cases: the most probable relation (cases,), and how surely it supports."""

    relations: NDArray[np.int64]
    scores: Row


def by_judge(judge: Judge, cases: Sequence[Case]) -> Said:
    """Return what `compare` says of the cases."""
    found = [judge.judge(case.claim, [case.evidence])[0] for case in cases]
    sure = [
        one.confidence if one.relation is Relation.SUPPORTS else -one.confidence for one in found
    ]
    return Said(np.array([RELATIONS.index(one.relation) for one in found]), np.array(sure))


def by_reader(reader: CrossEncoder, cases: Sequence[Case]) -> Said:
    """Return what the cross-encoder alone reads of the cases."""
    pairs = [Pair(case.claim, case.evidence.text, case.evidence.context) for case in cases]
    parts = [reader.read(pairs[n : n + BATCH]) for n in range(0, len(pairs), BATCH)]
    likely = relation_probabilities(np.concatenate(parts))
    return Said(likely.argmax(1), likely[:, Output.SUPPORTS].astype(np.float64))


def main() -> None:
    """Ask, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=Path("data/models"))
    parser.add_argument("--weights", type=Path, default=CROSS_ENCODER)
    parser.add_argument("--misses", type=int, default=0)
    parser.add_argument("--no-search", dest="search", action="store_false")
    parser.add_argument("--vectors", type=Path, help="a folder that keeps vectors between runs")
    given = parser.parse_args()
    # What is read of the cases alone, the judge reads again.
    reader = Remembering(OnnxCrossEncoder(given.models, weights=given.weights))
    told = [(item, claim) for item in written.items(Split.DEV) for claim in item.claims]
    # `compare` does not know which rows are reviews, so it reads their titles, too.
    cases = [
        Case(claim.text, replace(item.evidence, reviewed=False), claim.relation)
        for item, claim in told
    ]
    alone = [Case(case.claim, Evidence(case.evidence.text), case.relation) for case in cases]
    untitled = [
        Case(claim.text, item.evidence, claim.relation) for item, claim in told if item.reviewed
    ]
    sets = {
        "with context": cases,
        "statement alone": alone,
        "reviews without their title": untitled,
        "what authorities say": [
            case for case, (item, _) in zip(cases, told, strict=True) if item.file in AUTHORITIES
        ],
        "denied in a dialect": denied(),
        "ANS dev": stances(),
    }
    said = {name: by_reader(reader, each) for name, each in sets.items()}
    show("cross-encoder alone", sets, said)
    if given.weights == CROSS_ENCODER:
        judge = CombinedJudge(RuleJudge(), reader)
        said = {name: by_judge(judge, each) for name, each in sets.items()}
        show("judge", sets, said)
    right = said["with context"].relations == truth(cases)
    for name, groups in (
        ("label", [claim.relation.value for _, claim in told]),
        ("kind", [claim.kind for _, claim in told]),
        ("variety", [claim.variety for _, claim in told]),
        ("file", [item.file for item, _ in told]),
    ):
        print(f"  right by {name}: {by(groups, right)}")
    surest = sorted(np.flatnonzero(~right), key=lambda n: -abs(said["with context"].scores[n]))
    for n in surest[: given.misses]:
        _print_miss(*told[n], RELATIONS[said["with context"].relations[n]])
    if given.search and given.weights == CROSS_ENCODER:
        search(given.models, given.vectors, reader)


def denied() -> list[Case]:
    """Return copies of dev's statements that deny them in one dialect or another."""
    rng = random.Random(SEED)  # noqa: S311 (a seed, not a secret)
    texts = [item.statement for item in written.items(Split.DEV) if item.language == "ar"]
    made = [pair for _ in range(DENIALS) for pair in fused(len(texts), texts, rng)]
    refuting = [pair for pair in made if pair.relation is Relation.REFUTES]
    return [Case(p.claim, Evidence(p.statement), Relation.REFUTES) for p in refuting]


def stances() -> list[Case]:
    """Return ANS dev."""
    return [
        Case(row["s2"], Evidence(row["s1"]), sources.STANCE[row["stance"]])
        for row in rows("ans", "stance_dev.jsonl")
    ]


def truth(cases: Sequence[Case]) -> NDArray[np.int64]:
    """Return the place in the relations of what is right, (cases,)."""
    return np.array([RELATIONS.index(case.relation) for case in cases])


def show(name: str, sets: dict[str, list[Case]], said: dict[str, Said]) -> None:
    """Print the figures of each set."""
    print(f"{name}:")
    for each, cases in sets.items():
        known, found = truth(cases), said[each]
        true = known == 0
        line = f"  {each}: {len(cases)}, accuracy {(found.relations == known).mean():.3f}"
        if true.any() and not true.all():
            reached = ", ".join(
                f"{above(found, known, share):.3f} above {share:.0%} of the others"
                for share in ABOVE
            )
            agreeing, opposing, neither = (f1(found.relations, known, n) for n in (0, 1, 2))
            wrong = (found.relations[known == 1] == 0).mean()
            line += (
                f"; true ones {reached}; F1 supports {agreeing:.3f}, refutes {opposing:.3f}, mean"
                f" {(agreeing + opposing) / 2:.3f}, of all three"
                f" {(agreeing + opposing + neither) / 3:.3f}; refuting read as supporting"
                f" {wrong:.3f}"
            )
        print(line)


def above(said: Said, known: NDArray[np.int64], share: float) -> float:
    """Return the share of true claims above the score that this ``share`` of the others reach."""
    true = known == 0
    return float((said.scores[true] > np.quantile(said.scores[~true], 1 - share)).mean())


def by(groups: Sequence[str], right: NDArray[np.bool_]) -> str:
    """Return the accuracy of each group."""
    found = defaultdict(list)
    for group, one in zip(groups, right, strict=True):
        found[group].append(one)
    return ", ".join(f"{name} {np.mean(ones):.2f}" for name, ones in sorted(found.items()))


def _print_miss(item: Item, claim: Claim, said: Relation) -> None:
    print(
        f"{item.id} {claim.kind} {claim.variety}: {claim.relation.value} read as {said.value}\n"
        f"    {claim.text}\n    {item.statement} [{item.context}]"
    )


def search(models: Path, vectors: Path | None, reader: CrossEncoder) -> None:
    """Print how often the right statement is first for a true claim."""
    encoder = open_bundled(models, vectors)
    pool = encoded(encoder, among_headlines())
    live, cohort = pool.index(), encoder.encode_statements(COHORT)
    reranker = Reranker(reader)
    varieties = {
        f"{item.id}-{n}": claim.variety
        for item in written.items(Split.DEV)
        for n, claim in enumerate(item.claims)
    }
    refs = [statement.ref for statement in pool.pool.statements]
    first: dict[str, list[bool]] = {
        "encoder alone": [],
        "fused": [],
        "reranked": [],
    }
    for tweet, vector in zip(pool.pool.dev, pool.dev, strict=True):
        claim = bare_text(tweet.text)
        cosines = pool.statements @ vector
        hits = live.search(vector, claim, RERANKED)
        statements = [pool.pool.statements[hit.id] for hit in hits]
        found = [
            Found(
                each.text,
                hit.score,
                make_normaliser(vector, cohort)(hit.cosine),
                coverage(claim, f"{each.title}\n{each.text}"),
                each.context,
            )
            for hit, each in zip(hits, statements, strict=True)
        ]
        read = reranker.read(claim, found)
        best = {
            "encoder alone": refs[int(cosines.argmax())],
            "fused": statements[0].ref,
            "reranked": statements[max(range(len(read)), key=lambda n: read[n].score)].ref,
        }
        for name, ref in best.items():
            first[name].append(ref in tweet.right)
    print(f"right statement first for {len(pool.pool.dev)} true claims among {len(refs)}:")
    groups = [varieties[tweet.id] for tweet in pool.pool.dev]
    for name, hit in first.items():
        print(f"  {name} {np.mean(hit):.3f}: {by(groups, np.array(hit))}")


if __name__ == "__main__":
    main()
