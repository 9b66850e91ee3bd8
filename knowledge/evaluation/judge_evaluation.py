"""Evaluate the judge on labelled pairs."""

from collections.abc import Iterator
from typing import Final

from embeddings.progress import Progress
from knowledge.agreement.judgement import Evidence, Judge, Judgement
from knowledge.domain import Relation
from knowledge.evaluation.labelled_data import LabelledPair, PairSet
from knowledge.evaluation.verdict_metrics import Labels, Verdict, VerdictResult, assess

RELATIONS: Final = Labels(
    Relation.SUPPORTS.value, Relation.REFUTES.value, (Relation.NOT_ENOUGH_INFO.value,)
)


def evaluate(judge: Judge, pairs: PairSet, progress: Progress | None = None) -> VerdictResult:
    """Judge every pair of a set and measure the verdicts."""
    return assess(pairs.name, list(judge_pairs(judge, pairs, progress)), RELATIONS)


def judge_pairs(
    judge: Judge, pairs: PairSet, progress: Progress | None = None
) -> Iterator[Verdict]:
    """Yield the judge's verdict on each pair."""
    for done, pair in enumerate(pairs.pairs, 1):
        judgement = _judge(judge, pair)
        yield Verdict(
            pair.id,
            pair.claim,
            pair.relation.value,
            judgement.relation.value,
            judgement.confidence,
            pair.statement,
        )
        if progress is not None:
            progress(done, len(pairs.pairs))


def _judge(judge: Judge, pair: LabelledPair) -> Judgement:
    evidence = Evidence(pair.statement, pair.title, pair.speaker, pair.before)
    (judgement,) = judge.judge(pair.claim, [evidence])
    return judgement
