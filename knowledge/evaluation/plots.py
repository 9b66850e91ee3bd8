"""Plot evaluation results, one PNG per figure. matplotlib is imported with the first one."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from knowledge.evaluation.markdown_report import Plot
from knowledge.evaluation.retrieval_evaluation import RetrievalResult
from knowledge.evaluation.verdict_metrics import ThresholdCurve, VerdictResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INCHES: Final = (6.4, 4.8)
_DPI: Final = 130
_BLUE, _RED, _GREY = "#1f5fa8", "#a83a1f", "#8a8a8a"
_CURVES = (_BLUE, _RED, "#3a7d2c", "#7a4fa3")
#: Thresholds named on a curve; more would cover each other.
_NAMED: Final = 6


def draw(result: RetrievalResult | VerdictResult, folder: Path, number: int) -> tuple[Plot, ...]:
    """Draw a set's figures into ``folder``; ``number`` keeps the sets' files apart.

    Raises OSError if a file cannot be written.
    """
    match result:
        case RetrievalResult():
            return (_success(result, folder, number),)
        case VerdictResult() if result.asserted:
            return (
                _matrix(result, folder, number),
                _reliability(result, folder, number),
                _curve(result, folder, number),
                *_thresholds(result, folder, number),
            )
        case _:
            return (_matrix(result, folder, number),)


def _success(result: RetrievalResult, folder: Path, number: int) -> Plot:
    depths = range(1, len(result.success_at) + 1)

    def paint(axes: "Axes") -> None:
        bars = axes.bar(depths, result.success_at, color=_BLUE)
        axes.bar_label(bars, [f"{share:.2f}" for share in result.success_at], fontsize=8)
        axes.set_xticks(depths)
        axes.set_ylim(0, 1.08)
        axes.set_xlabel("statements looked at")
        axes.set_ylabel("share of queries with a right one among them")

    title = f"Right statement found, {result.asked} queries"
    return _save(paint, title, folder / f"success-{number}.png")


def _matrix(result: VerdictResult, folder: Path, number: int) -> Plot:
    names = [label.replace("_", " ").capitalize() for label in result.labels]
    totals = [max(sum(row), 1) for row in result.matrix]
    shares = [
        [count / total for count in row] for row, total in zip(result.matrix, totals, strict=True)
    ]

    def paint(axes: "Axes") -> None:
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        for y, row in enumerate(result.matrix):
            for x, count in enumerate(row):
                share = shares[y][x]
                color = "white" if share > 0.5 else "black"
                axes.text(x, y, f"{count}\n{share:.0%}", ha="center", va="center", color=color)
        axes.set_xticks(range(len(names)), names)
        axes.set_yticks(range(len(names)), names)
        axes.set_xlabel("said")
        axes.set_ylabel("labelled")

    title = f"Confusion matrix, {result.asked} asked (share of each row)"
    return _save(paint, title, folder / f"confusion-{number}.png")


def _reliability(result: VerdictResult, folder: Path, number: int) -> Plot:
    sure = [each.confidence for each in result.bins]
    right = [each.accuracy for each in result.bins]
    most = max(each.count for each in result.bins)
    sizes = [20 + 80 * each.count / most for each in result.bins]
    # Confidences crowd together near 1: the axes begin where there is something to see.
    least = max(0.0, min(sure + right) - 0.05)

    def paint(axes: "Axes") -> None:
        axes.plot([least, 1], [least, 1], "--", color=_GREY, label="as sure as right")
        axes.plot(sure, right, color=_BLUE, linewidth=1)
        axes.scatter(sure, right, sizes, color=_BLUE, label="verdicts of like confidence")
        if len(result.bins) <= _NAMED:
            for each in result.bins:
                axes.annotate(
                    f"{each.count}",
                    (each.confidence, each.accuracy),
                    xytext=(0, 9),
                    textcoords="offset points",
                    ha="center",
                    fontsize=8,
                )
        margin = (1 - least) * 0.04
        axes.set_xlim(least, 1 + margin)
        axes.set_ylim(least, 1 + margin * 2)
        axes.set_xlabel("mean confidence")
        axes.set_ylabel("share that was right")
        axes.legend(loc="upper left")

    title = f"Reliability of {result.asserted} asserted verdicts"
    return _save(paint, title, folder / f"reliability-{number}.png")


def _curve(result: VerdictResult, folder: Path, number: int) -> Plot:
    coverage = [point.coverage for point in result.curve]
    precision = [point.precision for point in result.curve]
    step = max(1, -(-len(result.curve) // _NAMED))

    def paint(axes: "Axes") -> None:
        axes.plot(coverage, precision, color=_BLUE)
        named = (*result.curve[step - 1 : -1 : step], result.curve[-1])
        for point in named:
            _name(axes, f"≥ {point.threshold:.3f}", (point.coverage, point.precision))
        axes.scatter([p.coverage for p in named], [p.precision for p in named], 16, color=_BLUE)
        axes.set_xlim(0, max(coverage) * 1.12)
        axes.set_ylim(max(0.0, min(precision) - 0.1), 1.04)
        axes.set_xlabel(f"coverage: share of {result.asked} asked that is asserted")
        axes.set_ylabel("precision: share of those that is right")

    title = "Precision and coverage at each confidence threshold"
    return _save(paint, title, folder / f"precision-coverage-{number}.png")


def _thresholds(result: VerdictResult, folder: Path, number: int) -> tuple[Plot, ...]:
    if not result.thresholds:
        return ()
    return (draw_thresholds(result.thresholds, folder / f"thresholds-{number}.png"),)


def draw_thresholds(curves: Sequence[ThresholdCurve], path: Path) -> Plot:
    """Draw coverage against error of up to four curves, with the interval of the error."""

    def paint(axes: "Axes") -> None:
        for curve, color in zip(curves, _CURVES, strict=False):
            points = [point for point in curve.points if point.coverage]
            coverage = [point.coverage for point in points]
            axes.plot(coverage, [p.error for p in points], color=color, label=curve.label)
            axes.fill_between(
                coverage, [p.low for p in points], [p.high for p in points], color=color, alpha=0.15
            )
            apart = max(1, len(points) * len(curves) // (2 * _NAMED))
            for point in points[::apart]:
                _name(axes, f"≥ {point.threshold:g}", (point.coverage, point.error), color)
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("coverage: share of what has the label that would be told so")
        axes.set_ylabel("error: share of what would be told that is wrong (95 %)")
        axes.legend(loc="upper left")

    return _save(paint, "Coverage and error at each threshold", path)


def _name(axes: "Axes", text: str, point: tuple[float, float], color: str = "black") -> None:
    """Write what a point on a curve stands for beside it."""
    axes.annotate(text, point, xytext=(5, 5), textcoords="offset points", fontsize=8, color=color)


def _save(paint: "Callable[[Axes], None]", title: str, path: Path) -> Plot:
    # Figure alone draws to a file without a screen; pyplot would keep every figure in memory.
    # Its first import writes a line about its fonts, which nobody asked for.
    logging.getLogger("matplotlib").setLevel(logging.WARNING)
    from matplotlib.figure import Figure

    chart = Figure(figsize=_INCHES, layout="constrained")
    axes = chart.add_subplot()
    paint(axes)
    axes.set_title(title)
    axes.spines[["top", "right"]].set_visible(False)
    chart.savefig(path, dpi=_DPI)
    return Plot(title, path.name)
