"""Figures against values worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.checking.confidence_interval import wilson
from knowledge.evaluation.metrics import (
    average_precision,
    bootstrap,
    bootstrap_mean,
    brier,
    class_scores,
    confusion,
    expected_calibration_error,
    mean_f1,
    precision_coverage,
    recall,
    reciprocal_rank,
    reliability,
    share,
    success,
)


class TestRanking:
    @pytest.mark.parametrize(
        ("ranked", "right", "expected"),
        [
            (["a", "b", "c"], {"a"}, 1.0),
            (["b", "a", "c"], {"a"}, 0.5),
            (["a", "x", "b"], {"a", "b"}, (1 + 2 / 3) / 2),
            (["x", "y", "z"], {"a"}, 0.0),
            ([], {"a"}, 0.0),
            # What lies deeper than the depth is not found, and cannot be asked for either.
            (["a", "b", "c"], {"a", "b", "c", "d"}, 1.0),
        ],
    )
    def test_average_precision(self, ranked: list[str], right: set[str], expected: float) -> None:
        assert average_precision(ranked, right, 3) == pytest.approx(expected)

    def test_the_others(self) -> None:
        ranked = ["x", "a", "y", "b"]
        assert reciprocal_rank(ranked, {"a", "b"}) == 0.5
        assert reciprocal_rank(ranked, {"c"}) == 0.0
        assert success(ranked, {"a"}, 1) == 0.0
        assert success(ranked, {"a"}, 2) == 1.0
        assert recall(ranked, {"a", "b", "c"}, 3) == pytest.approx(1 / 3)


class TestLabels:
    # Labels 0 0 0 1 1 2, verdicts 0 0 1 1 0 0.
    matrix = confusion(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 0]), 3)

    def test_confusion_counts_labels_by_verdicts(self) -> None:
        assert self.matrix.tolist() == [[2, 1, 0], [1, 1, 0], [1, 0, 0]]

    def test_scores_of_each_label(self) -> None:
        first, second, third = class_scores(self.matrix, "abc")
        assert first.precision == 0.5
        assert first.recall == pytest.approx(2 / 3)
        assert first.f1 == pytest.approx(4 / 7)
        assert (second.labelled, second.said, second.f1) == (2, 2, 0.5)
        assert (third.precision, third.recall, third.f1) == (0, 0, 0)

    def test_mean_f1_leaves_out_what_never_occurs(self) -> None:
        assert mean_f1(self.matrix) == pytest.approx((4 / 7 + 0.5 + 0) / 3)
        assert mean_f1(self.matrix, [0, 1]) == pytest.approx((4 / 7 + 0.5) / 2)
        assert mean_f1(np.diag([3, 0, 2])) == 1.0


class TestCalibration:
    def test_equal_confidences_share_a_bin(self) -> None:
        bins = reliability(np.array([0.9] * 10), np.array([1.0] * 7 + [0.0] * 3))
        assert [(b.count, b.accuracy) for b in bins] == [(10, 0.7)]
        assert expected_calibration_error(bins) == pytest.approx(0.2)

    def test_bins_hold_about_as_many_each(self) -> None:
        confidence = np.linspace(0, 1, 150)
        bins = reliability(confidence, np.ones(150), bins=15)
        assert {b.count for b in bins} == {10}

    def test_error_weighs_bins_by_their_count(self) -> None:
        bins = reliability(np.array([0.5] * 2 + [1.0] * 6), np.array([0, 0, 1, 1, 1, 1, 1, 1.0]), 4)
        assert expected_calibration_error(bins) == pytest.approx(0.5 * 2 / 8)

    def test_brier(self) -> None:
        assert brier(np.array([1.0, 0.5]), np.array([1.0, 0.0])) == pytest.approx(0.125)

    def test_nothing_asserted(self) -> None:
        nothing = np.array([])
        assert reliability(nothing, nothing) == ()
        assert expected_calibration_error(()) == 0.0
        assert brier(nothing, nothing) == 0.0
        assert precision_coverage(nothing, nothing, 5) == ()

    def test_precision_and_coverage_at_each_threshold(self) -> None:
        points = precision_coverage(np.array([0.7, 0.9, 0.7, 0.8]), np.array([0, 1, 1, 1.0]), 8)
        found = [(p.threshold, p.precision, p.coverage) for p in points]
        assert found == [(0.9, 1.0, 0.125), (0.8, 1.0, 0.25), (0.7, 0.75, 0.5)]


class TestIntervals:
    def test_wilson(self) -> None:
        # Newcombe 1998, table I: 81 of 263.
        assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
        assert wilson(0, 0) == (0.0, 1.0)
        assert wilson(20, 20)[1] == 1.0

    @given(st.integers(0, 500), st.integers(1, 500))
    def test_a_share_lies_in_its_interval(self, right: int, more: int) -> None:
        measure = share("s", right, right + more)
        assert measure.low is not None
        assert measure.high is not None
        assert 0 <= measure.low <= measure.value <= measure.high <= 1

    def test_bootstrap_of_a_mean_is_about_its_standard_error(self) -> None:
        values = [0.0, 1.0] * 200
        measure = bootstrap_mean("mean", values)
        assert measure.value == 0.5
        assert measure.low == pytest.approx(0.5 - 1.96 * 0.5 / math.sqrt(400), abs=0.01)
        assert measure == bootstrap_mean("mean", values)

    def test_bootstrap_of_nothing(self) -> None:
        assert bootstrap("x", 0, lambda rows: float(len(rows))).low is None
