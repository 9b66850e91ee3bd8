"""Metrics of the evaluation (pure; every formula names its source)."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.checking.confidence_interval import wilson

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]

#: Rounds of the bootstrap: the ends of a 95 % interval then stand within a few tenths of a point.
ROUNDS: Final = 1_000
SEED: Final = 1
#: Bins of a reliability diagram, as many as in Guo et al. 2017, "On calibration of modern neural
#: networks".
BINS: Final = 15


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure and its 95 % interval, where an interval says something true of it."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ClassScores:
    """How one label fares: ``said`` times given, of ``labelled`` that should have it."""

    label: str
    labelled: int
    said: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a reliability diagram: how sure its verdicts were, and how many were right."""

    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What is kept at one threshold: its precision, and its share of all that was asked."""

    threshold: float
    precision: float
    coverage: float


@dataclass(frozen=True, slots=True)
class ThresholdPoint:
    """What asserting from one threshold on would bring, for one label.

    ``coverage`` is the share of what has the label that would be told so, ``error`` the share of
    what would be told that is wrong, between ``low`` and ``high`` (95 %, Wilson); ``told`` counts.
    """

    threshold: float
    coverage: float
    error: float
    low: float
    high: float
    told: int


def average_precision(ranked: Sequence[str], right: Collection[str], depth: int) -> float:
    """Return AP at ``depth`` as the CheckThat! lab scores it (over min(right, depth))."""
    hits, total = 0, 0.0
    for place, ref in enumerate(ranked[:depth], 1):
        if ref in right:
            hits += 1
            total += hits / place
    return total / min(len(right), depth)


def reciprocal_rank(ranked: Sequence[str], right: Collection[str]) -> float:
    """Return 1 / the place of the first right one, 0 where there is none (Voorhees 1999)."""
    return next((1.0 / place for place, ref in enumerate(ranked, 1) if ref in right), 0.0)


def success(ranked: Sequence[str], right: Collection[str], depth: int) -> float:
    """Return 1 if anything right is among the first ``depth``, else 0."""
    return float(any(ref in right for ref in ranked[:depth]))


def recall(ranked: Sequence[str], right: Collection[str], depth: int) -> float:
    """Return the share of the right ones that are among the first ``depth``."""
    return len(set(ranked[:depth]) & set(right)) / len(right)


def confusion(truth: Places, said: Places, labels: int) -> Places:
    """Return how often each label (row) was given each verdict (column), (labels, labels)."""
    counts: Places = np.bincount(truth * labels + said, minlength=labels * labels)
    return counts.reshape(labels, labels)


def class_scores(matrix: Places, labels: Sequence[str]) -> tuple[ClassScores, ...]:
    """Return precision, recall and F1 of each label; 0 where nothing was said or labelled."""
    right, labelled, said = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    return tuple(
        ClassScores(
            label,
            int(labelled[n]),
            int(said[n]),
            _share(right[n], said[n]),
            _share(right[n], labelled[n]),
            _share(2 * right[n], said[n] + labelled[n]),
        )
        for n, label in enumerate(labels)
    )


def mean_f1(matrix: Places, labels: Sequence[int] | None = None) -> float:
    """Return the mean F1 of ``labels``, or of every label that was given or should have been.

    Over all of them it is macro-F1 (the mean of the labels' own F1, not the F1 of the means).
    """
    either = matrix.sum(axis=0) + matrix.sum(axis=1)
    f1 = 2 * np.diag(matrix) / np.maximum(either, 1)
    chosen = np.flatnonzero(either) if labels is None else np.array(labels)
    return float(f1[chosen].mean()) if len(chosen) else 0.0


def reliability(confidence: Numbers, right: Numbers, bins: int = BINS) -> tuple[Bin, ...]:
    """Return a reliability diagram in bins of about equal count (Nguyen & O'Connor 2015).

    ``right`` is 1 or 0 for each ``confidence`` (both (n,)). Equal confidences stay in one bin, so
    there are fewer than ``bins`` where a judge knows few values.
    """
    if not len(confidence):
        return ()
    edges = np.unique(np.quantile(confidence, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, confidence, side="right")
    return tuple(
        Bin(int(inside.sum()), float(confidence[inside].mean()), float(right[inside].mean()))
        for inside in (place == n for n in np.unique(place))
    )


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Return the mean distance of confidence from accuracy over the bins (Naeini et al. 2015)."""
    total = sum(b.count for b in bins)
    return sum(b.count * abs(b.confidence - b.accuracy) for b in bins) / total if total else 0.0


def brier(confidence: Numbers, right: Numbers) -> float:
    """Return the mean squared distance of confidence from what came true (Brier 1950)."""
    return float(((confidence - right) ** 2).mean()) if len(confidence) else 0.0


def precision_coverage(confidence: Numbers, right: Numbers, asked: int) -> tuple[CurvePoint, ...]:
    """Return precision and coverage at each threshold, highest threshold first.

    The other view of the risk-coverage curve of El-Yaniv & Wiener 2010. ``asked`` counts all that
    was asked, also where nothing was asserted.
    """
    order = np.argsort(-confidence, kind="stable")
    scores, hits = confidence[order], np.cumsum(right[order])
    # What has the same confidence passes or fails together.
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))[: len(scores)]
    return tuple(
        CurvePoint(float(scores[n]), float(hits[n] / (n + 1)), float((n + 1) / asked)) for n in last
    )


def at_thresholds(
    confidence: Numbers, right: Numbers, labelled: int, thresholds: Sequence[float]
) -> tuple[ThresholdPoint, ...]:
    """Return what each threshold would bring; ``labelled`` counts what has the label at all."""
    found = []
    for threshold in thresholds:
        chosen = confidence >= threshold
        told, hits = int(chosen.sum()), int(right[chosen].sum())
        low, high = wilson(told - hits, told)
        error = _share(told - hits, told)
        found.append(ThresholdPoint(threshold, _share(hits, labelled), error, low, high, told))
    return tuple(found)


def share(name: str, right: int, said: int) -> Measure:
    """Return a share with its Wilson interval."""
    return Measure(name, _share(right, said), *wilson(right, said))


def bootstrap(
    name: str,
    count: int,
    statistic: Callable[[Places], float],
    rounds: int = ROUNDS,
    seed: int = SEED,
) -> Measure:
    """Return a statistic of ``count`` items with its percentile interval (Efron 1979).

    ``statistic`` takes the numbers of the items to look at; it is called with all of them, then
    with ``rounds`` samples drawn with replacement.
    """
    value = statistic(np.arange(count))
    if not count:
        return Measure(name, value)
    random = np.random.default_rng(seed)
    drawn = [statistic(random.integers(count, size=count)) for _ in range(rounds)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Measure(name, value, float(low), float(high))


def bootstrap_mean(name: str, values: Sequence[float]) -> Measure:
    """Return the mean of ``values`` with its bootstrap interval."""
    numbers = np.asarray(values, dtype=np.float64)
    return bootstrap(
        name, len(numbers), lambda rows: float(numbers[rows].mean()) if len(rows) else 0.0
    )


def _share(part: int | np.int64, whole: int | np.int64) -> float:
    return float(part / whole) if whole else 0.0
