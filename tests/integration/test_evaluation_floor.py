"""A small fixed evaluation: no figure may fall (or rise) by more than its margin unseen.

``tests/data/evaluation_floors.json`` holds each figure as it was last measured, and its margin.
Whoever makes a figure better raises it there; whoever makes one worse has to say so there.
"""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from benchmarks.datasets import DATA
from bot.app import App
from bot.settings import Settings
from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder
from embeddings.encoders.encoder import SentenceTransformerEncoder
from knowledge.corpus.ratings import normalise_rating
from knowledge.corpus.readers import read
from knowledge.domain import Outcome, ReportDraft, ReportKind, StatementDraft
from knowledge.evaluation import (
    judge_evaluation,
    outcome_evaluation,
    report_pool,
    retrieval_evaluation,
)
from knowledge.evaluation.labelled_data import (
    ClaimSet,
    LabelledClaim,
    PairSet,
    QuerySet,
    read_pairs,
    read_pool,
    read_queries,
)
from knowledge.evaluation.metrics import Measure, share

ROOT = Path(__file__).resolve().parents[2]
TEST_DATA = ROOT / "tests" / "data"
SAMPLE = ROOT / "knowledge" / "samples" / "last-isis-pocket.txt"
SEED = 1
#: Of the evaluation data only so much is used: the whole test stays under a minute on two cores.
POOL, QUERIES, PAIRS = 200, 20, 200

Measured = Callable[[str], dict[str, float]]


@dataclass(frozen=True)
class Floor:
    """A figure of a set as it was last measured, and how far it may move the wrong way."""

    set: str
    measure: str
    figure: float
    margin: float


def held(bound: str) -> list[Floor]:
    floors = json.loads((TEST_DATA / "evaluation_floors.json").read_text("utf-8"))
    return [Floor(**each) for each in floors[bound]]


@pytest.fixture(scope="module")
def measured(
    bundled_encoder: SentenceTransformerEncoder,
    bundled_reader: OnnxCrossEncoder,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Measured]:
    """Return what measures a set, once, with the app's own judge and answering."""
    app = App(lambda _: None)
    app.settings = Settings(data_dir=tmp_path_factory.mktemp("floor"))
    app.encoder, app.reader = bundled_encoder, bundled_reader

    with ExitStack() as places:

        def place(reports: tuple[ReportDraft, ...]) -> tuple[App, tuple[report_pool.Copy, ...]]:
            other = places.enter_context(app.isolated_app(tmp_path_factory.mktemp("aside")))
            return other, report_pool.publish(other.sessions, reports)

        @cache
        def measure(name: str) -> dict[str, float]:
            return {m.name: m.value for m in _measure(name, app, place)}

        yield measure


def _measure(
    name: str,
    app: App,
    place: Callable[[tuple[ReportDraft, ...]], tuple[App, tuple[report_pool.Copy, ...]]],
) -> tuple[Measure, ...]:
    match name:
        case "agreement_pairs":
            (pairs,) = (p for p in read_pairs(TEST_DATA) if p.name == name)
            return judge_evaluation.evaluate(app.judge, pairs).measures
        case "seed_claims":
            there, _ = place(tuple(d for d in read(SAMPLE) if isinstance(d, ReportDraft)))
            return outcome_evaluation.evaluate(there.checker, _seed_claims()).measures
        case "hostile_claims":
            there, _ = place(_made_up_reports())
            return _believed(there)
        case "ANS dev":
            (pairs,) = (p for p in read_pairs(_data("ans")) if p.name == "stance_dev")
            return judge_evaluation.evaluate(app.judge, _some(pairs)).measures
        case "CheckThat! 2021 dev":
            folder = _data("checkthat2021-ar")
            (queries,) = (q for q in read_queries(folder) if q.name == "qrels_dev")
            queries = replace(queries, queries=queries.queries[:QUERIES])
            there, copies = place(_around(queries, read_pool(folder)))
            queries = report_pool.without_copies(queries, copies)
            return retrieval_evaluation.evaluate(there.checker, queries, frozenset()).measures
        case _:
            raise AssertionError(f"no set is called {name}")


def _seed_claims() -> ClaimSet:
    """Return the claims about the sample report; what must not be asserted is open here."""
    rows = (*_rows("seed_claims.jsonl"), *_rows("more_seed_claims.jsonl"))
    open_as = {"NOT_ASSERTED": Outcome.RELATED.value}
    return ClaimSet(
        "seed_claims",
        tuple(
            LabelledClaim(row["claim"], row["claim"], Outcome(open_as.get(e, e)), None)
            for row in rows
            for e in [row["expected"]]
        ),
    )


def _made_up_reports() -> tuple[ReportDraft, ...]:
    """Return the statements, all made up, that the hostile claims are about."""
    return tuple(
        ReportDraft(
            "",
            ref=f"h{n}",
            publisher="a test",
            kind=ReportKind(row["kind"]),
            statements=(
                StatementDraft(
                    row["text"],
                    ref=f"h{n}-1",
                    rating=normalise_rating(row["rating"]) if "rating" in row else None,
                    rating_text=row.get("rating"),
                ),
            ),
        )
        for n, row in enumerate(_rows("hostile_statements.jsonl"))
    )


def _believed(app: App) -> tuple[Measure, ...]:
    """Return how many claims that differ in one thing, and how many true ones, are confirmed."""
    said: dict[bool, list[bool]] = {True: [], False: []}
    for row in _rows("hostile_claims.jsonl"):
        outcome = app.checker.answer_message(row["claim"]).outcome
        said[row["true"]].append(outcome is Outcome.SUPPORTED)
    return (
        share("false claims: SUPPORTED said", sum(said[False]), len(said[False])),
        share("true claims: SUPPORTED said", sum(said[True]), len(said[True])),
    )


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (TEST_DATA / name).read_text("utf-8").splitlines()]


def _data(name: str) -> Path:
    if not (DATA / name).is_dir():
        pytest.skip(f"the evaluation data is absent: {DATA / name}")
    return DATA / name


def _some(pairs: PairSet) -> PairSet:
    return replace(pairs, pairs=tuple(random.Random(SEED).sample(pairs.pairs, PAIRS)))  # noqa: S311


def _around(queries: QuerySet, reports: tuple[ReportDraft, ...]) -> tuple[ReportDraft, ...]:
    """Return the right reports of ``queries`` among others drawn at random."""
    right = frozenset().union(*(query.right for query in queries.queries))
    wanted = [report for report in reports if report.ref in right]
    others = [report for report in reports if report.ref not in right]
    return (*wanted, *random.Random(SEED).sample(others, POOL - len(wanted)))  # noqa: S311


@pytest.mark.parametrize("each", held("at_least"), ids=lambda each: f"{each.set}: {each.measure}")
def test_no_figure_falls(each: Floor, measured: Measured) -> None:
    floor, now = each.figure - each.margin, measured(each.set)[each.measure]
    assert now >= floor - 1e-9, (
        f"{each.set}: {each.measure} is {now:.4f}, below its floor {floor:.4f}"
        f" (last measured {each.figure:.4f}, margin {each.margin:.4f})"
    )


@pytest.mark.parametrize("each", held("at_most"), ids=lambda each: f"{each.set}: {each.measure}")
def test_no_error_grows(each: Floor, measured: Measured) -> None:
    ceiling, now = each.figure + each.margin, measured(each.set)[each.measure]
    assert now <= ceiling + 1e-9, (
        f"{each.set}: {each.measure} is {now:.4f}, above its ceiling {ceiling:.4f}"
        f" (last measured {each.figure:.4f}, margin {each.margin:.4f})"
    )
