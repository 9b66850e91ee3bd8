"""Metrics of verdicts against labels, for judged pairs and answered claims alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from knowledge.evaluation.metrics import (
    Bin,
    ClassScores,
    CurvePoint,
    Measure,
    Places,
    ThresholdPoint,
    at_thresholds,
    bootstrap,
    brier,
    class_scores,
    confusion,
    expected_calibration_error,
    mean_f1,
    precision_coverage,
    reliability,
    share,
)

#: Wrong verdicts quoted per set.
EXAMPLES: Final = 20
#: Points kept of a precision-coverage curve, evenly spaced; more cannot be seen.
CURVE_POINTS: Final = 200
#: Thresholds at which coverage and error are reported.
THRESHOLDS: Final = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.97, 0.98, 0.99)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A question with its label, the verdict it got, and the verdict's confidence (0..1).

    ``against`` is the statement that the verdict is based on. ``leans`` is the verdict without a
    threshold, and ``sure`` its confidence; None if there is none.
    """

    id: str
    text: str
    expected: str
    got: str
    confidence: float
    against: str
    leans: str | None = None
    sure: float = 0.0


@dataclass(frozen=True, slots=True)
class ThresholdCurve:
    """The results of asserting one label at different thresholds."""

    label: str
    labelled: int
    points: tuple[ThresholdPoint, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a kind of verdict: the two that assert something, and the others."""

    supports: str
    refutes: str
    open: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Every label, in the order of tables."""
        return (self.supports, self.refutes, *self.open)


@dataclass(frozen=True, slots=True)
class VerdictResult:
    """The figures of one set.

    ``matrix[i][j]`` counts what is labelled ``labels[i]`` and got ``labels[j]``. ``bins`` and
    ``curve`` are of the asserted verdicts, ``thresholds`` of all that lean one way; ``wrong`` are
    the worst wrong assertions.
    """

    name: str
    asked: int
    asserted: int
    measures: tuple[Measure, ...]
    labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]
    classes: tuple[ClassScores, ...]
    bins: tuple[Bin, ...]
    curve: tuple[CurvePoint, ...]
    thresholds: tuple[ThresholdCurve, ...]
    wrong: tuple[Verdict, ...]


def assess(name: str, verdicts: Sequence[Verdict], labels: Labels) -> VerdictResult:
    """Return the figures of ``verdicts``, whose labels must all be in ``labels``."""
    place = {label: n for n, label in enumerate(labels.all)}
    truth = np.array([place[v.expected] for v in verdicts], dtype=np.int64)
    said = np.array([place[v.got] for v in verdicts], dtype=np.int64)
    matrix = confusion(truth, said, len(place))
    asserted = [v for v in verdicts if v.got in (labels.supports, labels.refutes)]
    confidence = np.array([v.confidence for v in asserted], dtype=np.float64)
    right = np.array([v.got == v.expected for v in asserted], dtype=np.float64)
    bins = reliability(confidence, right)
    measures = [
        share("accuracy", int(np.trace(matrix)), len(verdicts)),
        _f1("macro-F1", truth, said, len(place), None),
        _f1(f"mean F1 of {labels.supports} and {labels.refutes}", truth, said, len(place), [0, 1]),
        share("asserted (coverage)", len(asserted), len(verdicts)),
        *_of_rows(matrix, labels),
    ]
    if asserted:
        measures += [
            share("precision of what is asserted", int(right.sum()), len(asserted)),
            Measure("expected calibration error", expected_calibration_error(bins)),
            Measure("Brier score", brier(confidence, right)),
        ]
    return VerdictResult(
        name,
        len(verdicts),
        len(asserted),
        tuple(measures),
        labels.all,
        tuple(tuple(int(count) for count in row) for row in matrix),
        class_scores(matrix, labels.all),
        bins,
        _thinned(precision_coverage(confidence, right, len(verdicts))),
        tuple(_curves(verdicts, (labels.supports, labels.refutes))),
        _worst(verdicts, labels),
    )


def _f1(name: str, truth: Places, said: Places, labels: int, chosen: list[int] | None) -> Measure:
    return bootstrap(
        name, len(truth), lambda rows: mean_f1(confusion(truth[rows], said[rows], labels), chosen)
    )


def _of_rows(matrix: Places, labels: Labels) -> list[Measure]:
    """Return the most important shares: what must be asserted, and what must never be."""
    supports, refutes, rest = matrix[0], matrix[1], matrix[2:]
    found = []
    if supports.sum():
        name = f"labelled {labels.supports}: said so"
        found.append(share(name, int(supports[0]), int(supports.sum())))
    if refutes.sum():
        name = f"labelled {labels.refutes}: {labels.supports} said"
        found.append(share(name, int(refutes[0]), int(refutes.sum())))
    if rest.sum():
        found.append(share("labelled open: asserted", int(rest[:, :2].sum()), int(rest.sum())))
    return found


def _curves(verdicts: Sequence[Verdict], labels: Sequence[str]) -> Iterator[ThresholdCurve]:
    for label in labels:
        leaning = [v for v in verdicts if v.leans == label]
        if not leaning:
            continue
        sure = np.array([v.sure for v in leaning], dtype=np.float64)
        right = np.array([v.expected == label for v in leaning], dtype=np.float64)
        labelled = sum(v.expected == label for v in verdicts)
        yield ThresholdCurve(label, labelled, at_thresholds(sure, right, labelled, THRESHOLDS))


def _thinned(curve: tuple[CurvePoint, ...]) -> tuple[CurvePoint, ...]:
    step = -(-len(curve) // CURVE_POINTS)
    # Counted from the end, so that the point at which everything is asserted stays.
    return curve[::-1][::step][::-1] if step > 1 else curve


def _worst(verdicts: Sequence[Verdict], labels: Labels) -> tuple[Verdict, ...]:
    kinds = {labels.supports: 2, labels.refutes: 1}

    def harm(verdict: Verdict) -> tuple[int, float]:
        return kinds[verdict.got], verdict.confidence

    wrong = [v for v in verdicts if v.got != v.expected and v.got in kinds]
    return tuple(sorted(wrong, key=harm, reverse=True)[:EXAMPLES])
