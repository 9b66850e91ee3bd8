"""What a confidence is worth, fitted to labels and read back."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.checking.calibration import (
    ISOTONIC_LABELS,
    Calibration,
    CalibrationError,
    VerdictKind,
    cross_validate,
    fit,
    labels_needed,
    load,
    save,
)

LINE = Calibration("judge", ((0.2, 0.1), (0.6, 0.5), (0.9, 0.95)), 0.8, 0.5, 120)


def labelled(count: int, power: float) -> tuple[list[float], list[bool]]:
    """Return scores and whether each was right, as often as score ** power says."""
    random = np.random.default_rng(7)
    scores = random.beta(6, 1.2, count)
    return scores.tolist(), (random.random(count) < scores**power).tolist()


class TestApplying:
    @pytest.mark.parametrize(
        ("score", "chance"),
        [(0.0, 0.1), (0.2, 0.1), (0.4, 0.3), (0.6, 0.5), (0.75, 0.725), (1, 0.95)],
    )
    def test_lies_on_the_line_through_the_knots(self, score: float, chance: float) -> None:
        assert LINE.apply(score) == pytest.approx(chance)

    def test_thresholds_are_of_the_score(self) -> None:
        assert [LINE.asserts(score, VerdictKind.SUPPORTS) for score in (0.79, 0.8)] == [False, True]
        assert (LINE.suggests(0.5), LINE.suggests(0.49)) == (True, False)

    def test_of_a_kind_with_a_threshold_of_its_own_that_one_holds(self) -> None:
        line = replace(LINE, by_kind=((VerdictKind.ACROSS, 0.95),))
        assert [line.asserts(0.9, kind) for kind in VerdictKind] == [True, True, True, False]

    def test_an_operator_s_own_never_lowers_what_few_of_their_verdicts_are_of(
        self, tmp_path: Path
    ) -> None:
        save(replace(LINE, assert_at=0.5), tmp_path / "calibration.json")
        found = load(tmp_path / "calibration.json", "judge")
        assert found is not None
        assert found.asserts(0.5, VerdictKind.SUPPORTS)
        assert not found.asserts(0.5, VerdictKind.ACROSS)
        assert not found.asserts(0.5, VerdictKind.REVIEWED)


class TestFitting:
    # Below and above where isotonic regression takes over from Platt's scaling.
    @pytest.mark.parametrize("count", [ISOTONIC_LABELS - 1, 5 * ISOTONIC_LABELS])
    def test_finds_how_often_the_sure_are_right(self, count: int) -> None:
        scores, right = labelled(count, 2.0)
        found = fit(scores, right, "judge", 0.8)
        for score in (0.5, 0.7, 0.9):
            assert found.apply(score) == pytest.approx(score**2, abs=0.08)

    @pytest.mark.parametrize("count", [ISOTONIC_LABELS - 1, 5 * ISOTONIC_LABELS])
    def test_lowers_the_error_on_what_it_was_not_fitted_to(self, count: int) -> None:
        scores, right = labelled(count, 4.0)
        chances = cross_validate(scores, right)
        before = abs(np.mean(scores) - np.mean(right))
        assert before > 0.2
        assert abs(np.mean(chances) - np.mean(right)) < 0.02

    def test_the_assert_threshold_is_shown_to_be_precise_enough(self) -> None:
        scores, right = labelled(3000, 1.0)
        at = fit(scores, right, "judge", 0.9).assert_at
        above = [r for s, r in zip(scores, right, strict=True) if s >= at]
        assert 0.9 <= np.mean(above) <= 0.94
        assert fit(scores, right, "judge", 0.8).assert_at < at

    def test_what_is_asserted_is_worth_showing_too(self) -> None:
        found = fit(*labelled(3000, 1.0), "judge", 0.9)
        assert found.suggest_at <= found.assert_at

    def test_nothing_is_certain(self) -> None:
        sure = [0.9] * 60 + [0.99] * 60
        assert fit(sure, [True] * 120, "judge").apply(1.0) < 1.0

    def test_too_few_labels_are_refused_with_how_many_it_takes(self) -> None:
        assert labels_needed(0.97) == 88
        with pytest.raises(CalibrationError, match="at least 88"):
            fit([0.9] * 87, [True] * 87, "judge")
        assert fit([0.9] * 88, [True] * 88, "judge").assert_at == 0.9

    def test_a_precision_that_is_not_reached_is_refused(self) -> None:
        with pytest.raises(CalibrationError, match="80 of 100 verdicts are right"):
            fit([0.9] * 100, [True] * 80 + [False] * 20, "judge")

    def test_scores_that_mislead_are_worth_their_average(self) -> None:
        scores = list(np.linspace(0.1, 0.9, 200))
        found = fit(scores, [score < 0.85 for score in scores], "judge", 0.7)
        assert found.apply(0.2) == found.apply(0.9) == pytest.approx(0.93, abs=0.03)

    @given(
        st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=20, max_size=60),
        st.booleans(),
    )
    def test_probabilities_rise_with_the_score(
        self, verdicts: list[tuple[float, bool]], many: bool
    ) -> None:
        scores, right = zip(*(verdicts * (50 if many else 1) + [(1.0, True)] * 2000), strict=True)
        found = fit(scores, right, "judge", 0.5)
        chances = [found.apply(score / 50) for score in range(51)]
        assert chances == sorted(chances)
        assert all(0 < chance < 1 for chance in chances)


class TestKeeping:
    def test_comes_back_as_it_was(self, tmp_path: Path) -> None:
        path = tmp_path / "data" / "calibration.json"
        found = fit(*labelled(1500, 2.0), "judge", 0.8)
        save(LINE, path)
        save(found, path)
        assert load(path, "judge") == found
        assert [p.name for p in path.parent.iterdir()] == [path.name]

    def test_is_of_one_judge_only(self, tmp_path: Path) -> None:
        save(LINE, tmp_path / "c.json")
        assert load(tmp_path / "c.json", "another") is None
        assert load(tmp_path / "absent.json", "judge") is None

    @pytest.mark.parametrize(
        "change",
        [
            {"knots": []},
            {"knots": [[0.5, 0.9], [0.5, 0.95]]},
            {"knots": [[0.2, 0.9], [0.5, 0.1]]},
            {"knots": [[0.2, 7]]},
            {"knots": [[0.2, float("nan")]]},
            {"knots": "none"},
            {"assert_at": -1},
            {"suggest_at": None},
            {"labels": "many"},
            {"fingerprint": 3},
        ],
    )
    def test_a_broken_one_is_refused(self, tmp_path: Path, change: dict[str, object]) -> None:
        path = tmp_path / "c.json"
        save(LINE, path)
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
        with pytest.raises(CalibrationError, match="evaluate calibrate"):
            load(path, "judge")

    @pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"null", b"[" * 100_000])
    def test_what_is_no_calibration_at_all(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "c.json").write_bytes(content)
        with pytest.raises(CalibrationError):
            load(tmp_path / "c.json", "judge")
