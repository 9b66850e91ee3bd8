"""The cross-encoder's reading and the rules, weighed together, and what the rules settle."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder, Pair
from embeddings.text.pair_encoding import Output
from knowledge.agreement.combined_judge import FEATURES, WEIGHTS, CombinedJudge, load_combination
from knowledge.agreement.judgement import Evidence, ReasonKind
from knowledge.agreement.rule_judge import RuleJudge
from knowledge.domain import Relation
from knowledge.errors import WeightsUnfit


class _Reader:
    """Reads "closed" against "opened" as a contradiction, shared words as support."""

    fingerprint = "reader"

    def read(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        rows = [[*self._one(pair.claim, pair.statement), 0] for pair in pairs]
        return np.array(rows, np.float32).reshape(-1, len(Output))

    def _one(self, first: str, second: str) -> list[float]:
        if ("closed" in first) != ("closed" in second):
            return [-3, 4, 0, 3]
        shared = len(set(first.split()) & set(second.split()))
        return [shared - 2, -2, 0, shared - 2]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Return weights that trust the cross-encoder alone."""
    row = dict.fromkeys(FEATURES, 0.0)
    supports = {**row, "supports over open": 1.0}
    refutes = {**row, "refutes over open": 1.0}
    path = tmp_path / "weights.json"
    path.write_text(
        json.dumps(
            {
                "fingerprint": "reader",
                "features": FEATURES,
                "weights": [list(r.values()) for r in (supports, refutes, row)],
                "constants": [0.0, 0.0, 0.0],
            }
        )
    )
    return path


def test_each_statement_gets_the_most_probable_relation(weights: Path) -> None:
    judge = CombinedJudge(RuleJudge(), _Reader(), weights)
    statements = (
        "the old harbour bridge opened again on monday",
        "the old harbour bridge closed again on monday",
        "prices of bread fell",
    )
    found = judge.judge(
        "the old harbour bridge opened on monday morning", [Evidence(s) for s in statements]
    )
    assert [one.relation for one in found] == [
        Relation.SUPPORTS,
        Relation.REFUTES,
        Relation.NOT_ENOUGH_INFO,
    ]
    assert all(1 / 3 <= one.confidence <= 1 for one in found)


def test_whatever_is_refuted_has_a_reason_with_the_words(weights: Path) -> None:
    judge = CombinedJudge(RuleJudge(), _Reader(), weights)
    (found,) = judge.judge("the museum bridge opened", [Evidence("the museum bridge closed")])
    assert found.relation is Relation.REFUTES
    assert [r.kind for r in found.reasons] == [ReasonKind.WORDS_DIFFER]
    assert (found.reasons[0].claim, found.reasons[0].statement) == ("opened", "closed")


@pytest.mark.parametrize(
    ("supports", "refutes", "relation"),
    [(1.0, -2.0, Relation.REFUTES), (0.0, 0.0, Relation.REFUTES), (9.0, -2.0, Relation.SUPPORTS)],
)
def test_what_a_rule_settles_stands_unless_the_reader_is_sure_of_something_else(
    weights: Path, supports: float, refutes: float, relation: Relation
) -> None:
    class Reader(_Reader):
        def _one(self, first: str, second: str) -> list[float]:
            return [supports, refutes, 0, 3]

    judge = CombinedJudge(RuleJudge(), Reader(), weights)
    (found,) = judge.judge("غادر 400 عامل الميناء", [Evidence("غادر نحو 1200 عامل الميناء أمس")])
    assert found.relation is relation
    if relation is Relation.REFUTES:
        (reason,) = found.reasons
        assert (reason.claim, reason.statement) == ("400", "نحو 1200")


def test_nothing_to_judge_is_nothing_judged(weights: Path) -> None:
    assert CombinedJudge(RuleJudge(), _Reader(), weights).judge("a claim", []) == ()


def test_weights_of_another_reader_are_refused(weights: Path) -> None:
    with pytest.raises(WeightsUnfit, match="fitted for another"):
        load_combination(weights, "another")


def test_the_shipped_weights_belong_to_the_shipped_cross_encoder(tmp_path: Path) -> None:
    fingerprint = OnnxCrossEncoder(tmp_path).fingerprint
    assert load_combination(WEIGHTS, fingerprint).fingerprint == fingerprint


def test_nothing_is_said_of_texts_without_words(weights: Path) -> None:
    judge = CombinedJudge(RuleJudge(), _Reader(), weights)
    for claim, statement in (("", ""), ("?!", "the bridge opened"), ("the bridge opened", "")):
        (found,) = judge.judge(claim, [Evidence(statement)])
        assert (found.relation, found.confidence) == (Relation.NOT_ENOUGH_INFO, 1.0)
