"""What reading a candidate together with the claim changes: its place, and whether it is shown."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from embeddings.cross_encoder.onnx_cross_encoder import OnnxCrossEncoder, Pair
from embeddings.text.pair_encoding import Output
from knowledge.checking.relevance import Found, coverage
from knowledge.checking.reranking import Reranker
from knowledge.errors import WeightsUnfit


class _Reader:
    """Finds texts that share words relevant, others not."""

    fingerprint = "reader"

    def read(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        shared = [len(set(p.claim.split()) & set(p.statement.split())) for p in pairs]
        rows = [[0, 0, 0, count - 1, 0] for count in shared]
        return np.array(rows, np.float32).reshape(-1, len(Output))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "reranking.json"
    kept = {"fingerprint": "reader", "order": 2.0, "relevance": [0.5, 3.0, -4.0]}
    path.write_text(json.dumps(kept))
    return path


def test_what_reads_as_relevant_rises(weights: Path) -> None:
    near = Found("bread prices fell", score=1.0, deviation=3.0, coverage=0.0)
    right = Found("the bridge opened", score=0.5, deviation=2.5, coverage=1.0)
    first, second = Reranker(_Reader(), weights).read("the bridge opened", [near, right])
    assert second.score > first.score
    assert second.relevance > 0.5 > first.relevance


def test_without_candidates_nothing_is_read(weights: Path) -> None:
    assert Reranker(_Reader(), weights).read("a claim", []) == []


def test_weights_of_another_reader_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(json.dumps({"fingerprint": "another", "order": 1, "relevance": [0, 0, 0]}))
    with pytest.raises(WeightsUnfit, match="fitted for another"):
        Reranker(_Reader(), path).read("a", [Found("a", 0.0, 0.0, 0.0)])


def test_the_shipped_weights_belong_to_the_shipped_cross_encoder(tmp_path: Path) -> None:
    class Silent(_Reader):
        fingerprint = OnnxCrossEncoder(tmp_path).fingerprint

    (read,) = Reranker(Silent()).read("a b c", [Found("a b c", 1.0, 5.0, 1.0)])
    assert 0.0 < read.relevance < 1.0


def test_weights_of_another_form_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text(json.dumps({"fingerprint": "reader", "weight": 1.5}))
    with pytest.raises(WeightsUnfit, match="fitted for another"):
        Reranker(_Reader(), path).read("a", [Found("a", 0.0, 0.0, 0.0)])


def test_a_reading_that_is_no_number_shows_nothing() -> None:
    assert Found("x", 0.0, float("nan"), 0.0).relevance < 0.01


def test_a_statement_is_about_the_claim_the_more_it_stands_out() -> None:
    far, near = Found("x", 0.0, 1.0, 0.2), Found("x", 0.0, 4.0, 0.2)
    assert far.relevance < 0.01 < near.relevance
    assert Found("x", 0.0, 2.0, 1.0).relevance > Found("x", 0.0, 2.0, 0.0).relevance


def test_coverage_counts_the_claims_terms_only() -> None:
    assert coverage("أسعار الخبز", "ارتفعت أسعار الخبز في المدينة") == 1.0
    assert coverage("أسعار الخبز والوقود", "أسعار الخبز") == pytest.approx(2 / 3)
    assert coverage("!!", "anything") == 0.0
