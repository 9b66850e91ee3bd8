"""Calibrate the judge with moderators' verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embeddings.progress import Progress
from knowledge.agreement.judgement import Judge
from knowledge.checking import calibration
from knowledge.checking.calibration import Calibration
from knowledge.domain import Relation
from knowledge.evaluation.judge_evaluation import judge_pairs
from knowledge.evaluation.labelled_data import PairSet
from knowledge.evaluation.metrics import expected_calibration_error, reliability


@dataclass(frozen=True, slots=True)
class Fitted:
    """A calibration, and its effect.

    ``labelled`` pairs were judged; ``before`` and ``after`` are the expected calibration errors of
    verdicts that settle one, after by cross-validation; ``kept`` of them would be asserted.
    """

    calibration: Calibration
    labelled: int
    before: float
    after: float
    kept: int


def fit_calibration(
    judge: Judge,
    feedback: Sequence[PairSet],
    precision: float,
    progress: Progress | None = None,
) -> Fitted:
    """Judge the pairs that moderators labelled and fit a calibration of ``judge``.

    Raises CalibrationError if the judge settles too few pairs.
    """
    together = PairSet("feedback", tuple(pair for each in feedback for pair in each.pairs))
    verdicts = [
        verdict
        for verdict in judge_pairs(judge, together, progress)
        if verdict.got != Relation.NOT_ENOUGH_INFO
    ]
    scores = [verdict.confidence for verdict in verdicts]
    right = [verdict.got == verdict.expected for verdict in verdicts]
    found = calibration.fit(scores, right, judge.fingerprint, precision)
    return Fitted(
        found,
        len(together.pairs),
        _error(scores, right),
        _error(calibration.cross_validate(scores, right), right),
        sum(score >= found.assert_at for score in scores),
    )


def _error(probabilities: Sequence[float], right: Sequence[bool]) -> float:
    numbers = np.asarray(probabilities, dtype=np.float64)
    return expected_calibration_error(reliability(numbers, np.asarray(right, dtype=np.float64)))
