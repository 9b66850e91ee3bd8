"""Write evaluation results as a Markdown report (pure)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from embeddings.text.normalisation import visible
from knowledge.evaluation.metrics import ROUNDS, Measure
from knowledge.evaluation.retrieval_evaluation import Miss, RetrievalResult
from knowledge.evaluation.verdict_metrics import ThresholdCurve, Verdict, VerdictResult

#: Characters of a text that a table quotes.
_QUOTED: Final = 200
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|#~$])")
_SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Condition:
    """Something the figures depend on: the encoder, a threshold, what was searched."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawn figure: what it shows, and its file beside the report."""

    title: str
    file: str


@dataclass(frozen=True, slots=True)
class Section:
    """One set's result with its plots."""

    result: RetrievalResult | VerdictResult
    plots: tuple[Plot, ...]


def markdown(
    title: str, at: datetime, conditions: Sequence[Condition], sections: Sequence[Section]
) -> str:
    """Return the report: how it was measured, then each set's figures, plots and misses."""
    return "\n".join(_lines(title, at, conditions, sections)) + "\n"


def _lines(
    title: str, at: datetime, conditions: Sequence[Condition], sections: Sequence[Section]
) -> Iterator[str]:
    yield f"# {title}"
    yield ""
    yield f"Measured {at:%Y-%m-%d %H:%M} UTC. Brackets hold 95 % intervals: Wilson's for shares,"
    yield f"the bootstrap's ({ROUNDS} rounds, seeded) for means. Two figures whose intervals"
    yield "overlap do not differ for certain."
    yield ""
    yield from _table(("condition", "value"), ((c.name, c.value) for c in conditions))
    for section in sections:
        yield ""
        yield f"## {_text(section.result.name)}"
        yield ""
        match section.result:
            case RetrievalResult() as found:
                yield from _retrieval(found)
            case VerdictResult() as judged:
                yield from _verdicts(judged)
        for plot in section.plots:
            yield ""
            yield f"![{_text(plot.title)}]({plot.file})"
        yield from _examples(section.result)


def _retrieval(result: RetrievalResult) -> Iterator[str]:
    yield f"{result.asked} labelled queries."
    if result.left_out:
        yield f"{result.left_out} more are labelled but have no text and were left out."
    if result.unknown:
        yield f"{result.unknown} labelled references name nothing that is searched; they count as"
        yield "not found."
    yield ""
    yield from _measures(result.measures)


def _verdicts(result: VerdictResult) -> Iterator[str]:
    yield f"{result.asked} asked, {result.asserted} asserted."
    yield ""
    yield from _measures(result.measures)
    yield ""
    yield from _table(
        ("label", "labelled", "said", "precision", "recall", "F1"),
        (
            (c.label, f"{c.labelled}", f"{c.said}", *map(figure, (c.precision, c.recall, c.f1)))
            for c in result.classes
        ),
    )
    yield ""
    yield from _table(
        ("labelled ↓ said →", *result.labels),
        ((label, *map(str, row)) for label, row in zip(result.labels, result.matrix, strict=True)),
    )
    if result.bins:
        yield ""
        yield from _table(
            ("asserted verdicts", "confidence", "right"),
            ((f"{b.count}", figure(b.confidence), figure(b.accuracy)) for b in result.bins),
        )
    for curve in result.thresholds:
        yield from _thresholds(curve)


def _thresholds(curve: ThresholdCurve) -> Iterator[str]:
    yield ""
    yield from _table(
        (f"{curve.label} from", "told", f"of {curve.labelled} labelled so", "wrong", "95 %"),
        (
            (
                f"{point.threshold:g}",
                f"{point.told}",
                figure(point.coverage),
                figure(point.error),
                f"{figure(point.low)} – {figure(point.high)}",
            )
            for point in curve.points
            if point.told
        ),
    )


def _examples(result: RetrievalResult | VerdictResult) -> Iterator[str]:
    match result:
        case RetrievalResult(misses=misses) if misses:
            yield from ("", "### Not found first", "")
            yield from _table(
                ("query", "asked", "right", "place", "found first"), map(_miss, misses)
            )
        case VerdictResult(wrong=wrong) if wrong:
            yield from ("", "### Wrong verdicts, the worst first", "")
            yield from _table(
                ("id", "asked", "labelled", "said", "confidence", "against"), map(_wrong, wrong)
            )


def _miss(miss: Miss) -> tuple[str, ...]:
    place = str(miss.place) if miss.place else "not found"
    found = f"{miss.first_ref}: {miss.first_text}" if miss.first_ref else "nothing"
    return miss.id, miss.text, ", ".join(miss.right), place, found


def _wrong(verdict: Verdict) -> tuple[str, ...]:
    v = verdict
    return v.id, v.text, v.expected, v.got, figure(v.confidence), v.against


def _measures(measures: Sequence[Measure]) -> Iterator[str]:
    return _table(("measure", "value", "95 % interval"), map(_measure, measures))


def _measure(measure: Measure) -> tuple[str, str, str]:
    if measure.low is None or measure.high is None:
        return measure.name, figure(measure.value), ""
    return measure.name, figure(measure.value), f"{figure(measure.low)} – {figure(measure.high)}"


def figure(value: float) -> str:
    """Return a share or score as tables have it."""
    return f"{value:.3f}"


def _table(head: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(map(_text, head))} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(_text, row))} |"


def _text(value: str) -> str:
    """Return any text as one line of Markdown that shows just that text."""
    line = _SPACES.sub(" ", visible(value)).strip()
    short = line if len(line) <= _QUOTED else line[:_QUOTED] + "…"
    return _SPECIAL.sub(r"\\\1", short)
