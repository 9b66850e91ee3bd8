"""Evaluate retrieval on labelled queries, through the service that answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from embeddings.progress import Progress
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.checking.outcomes import Answer
from knowledge.evaluation.labelled_data import LabelledQuery, QuerySet
from knowledge.evaluation.metrics import (
    Measure,
    average_precision,
    bootstrap_mean,
    recall,
    reciprocal_rank,
    share,
    success,
)

#: Statements retrieved per query.
DEPTH: Final = 10
#: Depth of the CheckThat! lab's measure.
MAP_DEPTH: Final = 5
#: Misses quoted.
EXAMPLES: Final = 20


@dataclass(frozen=True, slots=True)
class Miss:
    """A query whose first statement was wrong. ``place`` is the rank of a right one."""

    id: str
    text: str
    right: tuple[str, ...]
    place: int | None
    first_ref: str
    first_text: str


@dataclass(frozen=True, slots=True)
class RetrievalResult:
    """The figures of one set. ``success_at[n]`` is the share found among the first n + 1."""

    name: str
    asked: int
    left_out: int
    unknown: int
    measures: tuple[Measure, ...]
    success_at: tuple[float, ...]
    misses: tuple[Miss, ...]


@dataclass(frozen=True, slots=True)
class _Ranked:
    query: LabelledQuery
    refs: list[str]
    first_text: str


def evaluate(
    checker: ClaimChecker,
    queries: QuerySet,
    unknown: frozenset[str],
    progress: Progress | None = None,
) -> RetrievalResult:
    """Answer every query and measure the ranks of the right statements.

    A label may name a statement or its report. ``unknown`` are labels that name nothing: they are
    counted as not found.
    """
    labels = frozenset().union(*(query.right for query in queries.queries))
    ranked: list[_Ranked] = []
    for done, query in enumerate(queries.queries, 1):
        answer = checker.answer_message(query.text, DEPTH)
        first = answer.matches[0].statement.text if answer.matches else ""
        ranked.append(_Ranked(query, _refs(answer, labels), first))
        if progress is not None:
            progress(done, len(queries.queries))
    return RetrievalResult(
        queries.name,
        len(ranked),
        queries.left_out,
        len(labels & unknown),
        _measures(ranked),
        tuple(
            sum(success(r.refs, r.query.right, depth) for r in ranked) / len(ranked)
            for depth in range(1, DEPTH + 1)
        ),
        tuple(_miss(r) for r in ranked if not success(r.refs, r.query.right, 1))[:EXAMPLES],
    )


def _refs(answer: Answer, labels: frozenset[str]) -> list[str]:
    """Return what was found, best first, each by the reference that the labels use."""
    names = (
        s.report_ref if s.ref not in labels and s.report_ref in labels else s.ref
        for s in (match.statement for match in answer.matches)
    )
    return list(dict.fromkeys(names))


def _measures(ranked: Sequence[_Ranked]) -> tuple[Measure, ...]:
    def mean(name: str, measure: Callable[[list[str], frozenset[str]], float]) -> Measure:
        return bootstrap_mean(name, [measure(r.refs, r.query.right) for r in ranked])

    found_first = sum(success(r.refs, r.query.right, 1) for r in ranked)
    return (
        mean(f"MAP@{MAP_DEPTH}", lambda refs, right: average_precision(refs, right, MAP_DEPTH)),
        mean(f"MRR@{DEPTH}", reciprocal_rank),
        share("success@1", round(found_first), len(ranked)),
        mean(f"recall@{MAP_DEPTH}", lambda refs, right: recall(refs, right, MAP_DEPTH)),
        mean(f"recall@{DEPTH}", lambda refs, right: recall(refs, right, DEPTH)),
    )


def _miss(ranked: _Ranked) -> Miss:
    right = ranked.query.right
    return Miss(
        ranked.query.id,
        ranked.query.text,
        tuple(sorted(right)[:3]),
        next((place for place, ref in enumerate(ranked.refs, 1) if ref in right), None),
        ranked.refs[0] if ranked.refs else "",
        ranked.first_text,
    )
