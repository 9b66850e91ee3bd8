"""Calibrate a judge: turn its scores into probabilities, and set the threshold to assert from.

Applying needs no library: a calibration is a line through a few knots.
"""

import json
import math
import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings.disk_sync import sync
from knowledge.checking.confidence_interval import Z_95_ONE_SIDED, wilson
from knowledge.errors import KnowledgeError

#: Precision wanted of assertions.
PRECISION: Final = 0.97
#: A verdict that is more often right than wrong is worth showing.
SUGGEST_PRECISION: Final = 0.5
#: From about a thousand labels on isotonic regression is the better of the two, below it overfits
#: (Niculescu-Mizil & Caruana 2005, "Predicting good probabilities with supervised learning").
ISOTONIC_LABELS: Final = 1_000
FOLDS: Final = 5
#: File name of the calibration in the data folder.
FILE_NAME: Final = "calibration.json"

_SEED: Final = 1
# Knots of Platt's curve; its chords are within a thousandth of it.
_CURVE_KNOTS: Final = 65
_MAX_KNOTS: Final = 10_000
_MAX_BYTES: Final = 2**20
_NEWTON_STEPS: Final = 100
_RIDGE: Final = 1e-6
# Scores are read as log-odds; 0 and 1 have none.
_EDGE: Final = 1e-4

Numbers = NDArray[np.float64]


class VerdictKind(StrEnum):
    """The kinds of verdicts that have thresholds of their own."""

    SUPPORTS = "supports"
    REFUTES = "refutes"
    #: A claim that fact-checkers reviewed and reject is the claim that is asked.
    REVIEWED = "reviewed"
    #: Claim and statement are in different languages.
    ACROSS = "across"


class CalibrationError(KnowledgeError):
    """A calibration cannot be fitted or read."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How to read the scores (0..1) of the judge with this ``fingerprint``.

    ``knots`` are (score, probability), both rising; ``assert_at`` and ``suggest_at`` are the lowest
    *scores* (not probabilities) to assert and to show; ``by_kind`` has other thresholds for some
    kinds of verdicts; ``labels`` counts the verdicts it was fitted to.
    """

    fingerprint: str
    knots: tuple[tuple[float, float], ...]
    assert_at: float
    suggest_at: float
    labels: int
    by_kind: tuple[tuple[VerdictKind, float], ...] = ()

    def apply(self, score: float) -> float:
        """Return the probability that a verdict of this score is right."""
        return _on_line(self.knots, score)

    def asserts(self, score: float, kind: VerdictKind) -> bool:
        """Whether a verdict of this score and kind may be asserted."""
        return score >= dict(self.by_kind).get(kind, self.assert_at)

    def suggests(self, score: float) -> bool:
        """Whether a verdict of this score makes its statement worth showing."""
        return score >= self.suggest_at


#: Used where nobody calibrated: the combined judge's probabilities are calibrated as they come.
#: The thresholds are those from which, of the claims kept for calibration that should not be told
#: so, about 1 % are (``benchmarks/end_to_end.py --split calibration``).
STANDARD: Final = Calibration(
    "",
    ((0.0, 0.0), (1.0, 1.0)),
    assert_at=0.9,
    suggest_at=0.6,
    labels=0,
    by_kind=(
        (VerdictKind.SUPPORTS, 0.88),
        (VerdictKind.REFUTES, 0.92),
        (VerdictKind.REVIEWED, 0.7),
        (VerdictKind.ACROSS, 0.87),
    ),
)


def labels_needed(precision: float) -> int:
    """Return the fewest verdicts that can show ``precision``, if all of them are right.

    Of n right ones Wilson's lower bound is n / (n + z²).
    """
    square = Z_95_ONE_SIDED**2
    return math.ceil(square * precision / (1 - precision))


def fit(
    scores: Sequence[float], right: Sequence[bool], fingerprint: str, precision: float = PRECISION
) -> Calibration:
    """Fit a calibration to verdicts that people said were ``right`` or not.

    Isotonic regression (Zadrozny & Elkan 2002) from ISOTONIC_LABELS on, Platt scaling (Platt 1999)
    below. The assert threshold is the lowest whose verdicts' precision has a one-sided 95 % lower
    bound (Wilson) of at least ``precision``.

    Raises:
        CalibrationError: there are fewer verdicts than could show that precision at all, or no
            threshold is shown to reach it.
    """
    needed = labels_needed(precision)
    if len(scores) < needed:
        raise CalibrationError(
            f"{len(scores)} labelled verdicts are too few to show a precision of {precision:g};"
            f" label at least {needed} pairs that the judge answers with SUPPORTS or REFUTES"
        )
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=np.float64)
    assert_at = _assert_at(x, y, precision)
    if assert_at is None:
        raise CalibrationError(
            f"{int(y.sum())} of {len(y)} verdicts are right, and no threshold among them is shown"
            f" to reach a precision of {precision:g}; label more, or ask for less with --precision"
        )
    knots = _knots(x, y)
    likely = (s for s in scores if _on_line(knots, s) >= SUGGEST_PRECISION)
    suggest_at = min(likely, default=assert_at)
    suggest_at = min(suggest_at, assert_at)
    return Calibration(fingerprint, knots, assert_at, suggest_at, len(scores), _at_least(assert_at))


def cross_validate(
    scores: Sequence[float], right: Sequence[bool], folds: int = FOLDS
) -> tuple[float, ...]:
    """Return the probability of each verdict, fitted on the folds that it is not in."""
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=np.float64)
    fold = np.random.default_rng(_SEED).permutation(len(x)) % folds
    probabilities = np.zeros(len(x))
    for held_out in range(folds):
        inside = fold == held_out
        knots = _knots(x[~inside], y[~inside])
        probabilities[inside] = [_on_line(knots, float(score)) for score in x[inside]]
    return tuple(map(float, probabilities))


def save(calibration: Calibration, path: Path) -> None:
    """Write a calibration to ``path`` atomically. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f"{path.name}.", delete=False
    ) as out:
        aside = Path(out.name)
        try:
            json.dump(_kept(calibration), out, indent=1)
            out.flush()
            os.fsync(out.fileno())
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    sync(path.parent)


def _kept(calibration: Calibration) -> dict[str, object]:
    # Kinds are not stored: an operator's own verdicts are too few to tell them apart.
    return {
        "fingerprint": calibration.fingerprint,
        "knots": calibration.knots,
        "assert_at": calibration.assert_at,
        "suggest_at": calibration.suggest_at,
        "labels": calibration.labels,
    }


def load(path: Path, fingerprint: str) -> Calibration | None:
    """Return the calibration in ``path``; None if there is none or it is another judge's.

    Raises:
        CalibrationError: the file is broken.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CalibrationError(
            f"the calibration {path} cannot be read ({error.strerror}); check its permissions"
        ) from error
    try:
        found = _read(data)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CalibrationError(
            f"the calibration {path} is broken; run `tathabbat evaluate calibrate` again,"
            " or delete it"
        ) from error
    return found if found.fingerprint == fingerprint else None


def _read(data: bytes) -> Calibration:
    row = json.loads(data[:_MAX_BYTES].decode("utf-8"))
    knots = tuple((float(score), float(chance)) for score, chance in row["knots"])
    rising = all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(knots))
    inside = all(0.0 <= value <= 1.0 for knot in knots for value in knot)
    thresholds = float(row["assert_at"]), float(row["suggest_at"])
    labels, fingerprint = row["labels"], row["fingerprint"]
    if not (0 < len(knots) <= _MAX_KNOTS and rising and inside):
        raise ValueError("knots")
    if not all(0.0 <= at <= 1.0 for at in thresholds):
        raise ValueError("thresholds")
    if not isinstance(labels, int) or not isinstance(fingerprint, str):
        raise TypeError("labels")
    return Calibration(fingerprint, knots, *thresholds, labels, _at_least(thresholds[0]))


def _at_least(assert_at: float) -> tuple[tuple[VerdictKind, float], ...]:
    """Return the higher thresholds for kinds that an operator has few verdicts of."""
    known = dict(STANDARD.by_kind)
    rare = (VerdictKind.REVIEWED, VerdictKind.ACROSS)
    return tuple((kind, max(assert_at, known[kind])) for kind in rare)


def _on_line(knots: Sequence[tuple[float, float]], score: float) -> float:
    """Return the value at ``score`` of the line through ``knots``, constant beyond its ends."""
    after = bisect_right(knots, score, key=lambda knot: knot[0])
    if after == 0:
        return knots[0][1]
    if after == len(knots):
        return knots[-1][1]
    (x0, y0), (x1, y1) = knots[after - 1], knots[after]
    return y0 + (y1 - y0) * (score - x0) / (x1 - x0)


def _knots(x: Numbers, y: Numbers) -> tuple[tuple[float, float], ...]:
    return _isotonic(x, y) if len(x) >= ISOTONIC_LABELS else _platt(x, y)


def _isotonic(x: Numbers, y: Numbers) -> tuple[tuple[float, float], ...]:
    """Return the ends of the level blocks that pool-adjacent-violators leaves (Ayer et al. 1955).

    A block's probability is that of its labels with one right and one wrong more (Laplace), so
    that none is certain, and at least that of the block before it.
    """
    values, place = np.unique(x, return_inverse=True)
    hits = np.bincount(place, weights=y)
    counts = np.bincount(place)
    blocks: list[tuple[float, float, float, int]] = []  # first score, last score, right, labels
    for value, right, count in zip(values, hits, counts, strict=True):
        block = (float(value), float(value), float(right), int(count))
        while blocks and blocks[-1][2] / blocks[-1][3] >= block[2] / block[3]:
            low, _, right_before, count_before = blocks.pop()
            block = (low, block[1], right_before + block[2], count_before + block[3])
        blocks.append(block)
    knots: list[tuple[float, float]] = []
    floor = 0.0
    for low, high, right, count in blocks:
        floor = max(floor, (right + 1) / (count + 2))
        knots += [(low, floor)] if low == high else [(low, floor), (high, floor)]
    return tuple(knots)


def _platt(x: Numbers, y: Numbers) -> tuple[tuple[float, float], ...]:
    """Return knots on Platt's sigmoid over the score's log-odds, with his smoothed targets.

    Fitted by Newton's method, held by a small ridge where the labels leave it undetermined. A
    falling curve says that the scores tell nothing: it is replaced by a level one.
    """
    good, bad = float(y.sum()), float(len(y) - y.sum())
    target = np.where(y > 0, (good + 1) / (good + 2), 1 / (bad + 2))
    design = np.column_stack([_log_odds(x), np.ones(len(x))])
    weights = np.zeros(2)
    for _ in range(_NEWTON_STEPS):
        p = _sigmoid(design @ weights)
        slope = design.T @ (p - target) + _RIDGE * weights
        bend = (design * (p * (1 - p))[:, None]).T @ design + _RIDGE * np.eye(2)
        step = np.linalg.solve(bend, slope)
        weights -= step
        if float(np.abs(step).max()) < 1e-9:
            break
    if weights[0] <= 0:
        return ((0.5, float(target.mean())),)
    low, high = map(float, _log_odds(np.array([0.0, 1.0])))
    at = _sigmoid(np.linspace(low, high, _CURVE_KNOTS))
    chances = _sigmoid(_log_odds(at) * weights[0] + weights[1])
    return tuple(zip(map(float, at), map(float, chances), strict=True))


def _assert_at(x: Numbers, y: Numbers, precision: float) -> float | None:
    """Return the lowest score at which the verdicts from it on are precise enough."""
    values, place = np.unique(x, return_inverse=True)
    said = np.bincount(place)[::-1].cumsum()[::-1]
    hits = np.bincount(place, weights=y)[::-1].cumsum()[::-1]
    for value, right, count in zip(values, hits, said, strict=True):
        if wilson(int(right), int(count), Z_95_ONE_SIDED)[0] >= precision:
            return float(value)
    return None


def _log_odds(score: Numbers) -> Numbers:
    inside = np.clip(score, _EDGE, 1 - _EDGE)
    odds: Numbers = np.log(inside / (1 - inside))
    return odds


def _sigmoid(z: Numbers) -> Numbers:
    chance: Numbers = 1.0 / (1.0 + np.exp(-np.clip(z, -500, 500)))
    return chance
