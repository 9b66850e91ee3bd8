"""Draw trends as charts: SVG for the console, PNG for a chat.

matplotlib shapes text itself (it bundles raqm since 3.11) and draws it as outlines, so an SVG
needs no font. In a right-to-left language time and bars run that way too.
"""

import io
import logging
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from babel import Locale
from babel.dates import format_skeleton

from bot.conversation.translations import Catalogue
from knowledge.domain import Outcome
from knowledge.statistics.trends import Counted, Trends

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Colours that colour-blind people can tell apart (Okabe & Ito 2008).
_COLOURS: Final[Mapping[Outcome, str]] = {
    Outcome.SUPPORTED: "#009e73",
    Outcome.REFUTED: "#d55e00",
    Outcome.RELATED: "#e69f00",
    Outcome.NO_MATCH: "#999999",
}
_COLOUR: Final = "#0072b2"
_INCHES: Final = (6.4, 3.2)
_DPI: Final = 130
#: Maximum tick marks of the time axis: more overlap.
_MARKS: Final = 7
#: Languages with a bar of their own.
_LANGUAGES: Final = 6


class Chart(StrEnum):
    """The kinds of chart."""

    HOURS = "hours"
    DAYS = "days"
    OUTCOMES = "outcomes"
    LANGUAGES = "languages"


class Form(StrEnum):
    """The file format of a chart."""

    SVG = "svg"
    PNG = "png"


def name_chart(chart: Chart, words: Catalogue) -> str:
    """Return a chart's title."""
    match chart:
        case Chart.HOURS:
            return words.say("Claims per hour")
        case Chart.DAYS:
            return words.say("Claims per day")
        case Chart.OUTCOMES:
            return words.say("Outcomes")
        case Chart.LANGUAGES:
            return words.say("Languages")


def name_outcome(value: Outcome, words: Catalogue) -> str:
    """Return an outcome's label beside its bar."""
    match value:
        case Outcome.SUPPORTED:
            return words.say("supported")
        case Outcome.REFUTED:
            return words.say("contradicted")
        case Outcome.RELATED:
            return words.say("only related")
        case Outcome.NO_MATCH:
            return words.say("nothing found")


def draw(charts: Sequence[Chart], trends: Trends, words: Catalogue, form: Form) -> bytes:
    """Draw one chart, or several below each other, and return the file's bytes."""
    # matplotlib's first import logs a line about its font cache.
    logging.getLogger("matplotlib").setLevel(logging.WARNING)
    import matplotlib
    from matplotlib.figure import Figure

    width, height = _INCHES
    # Figure alone draws without a screen; pyplot would keep every figure in memory.
    figure = Figure(figsize=(width, height * len(charts)), layout="constrained")
    every = figure.subplots(len(charts), squeeze=False)[:, 0]
    for chart, axes in zip(charts, every, strict=True):
        _PAINTED[chart](axes, trends, words)
        axes.set_title(name_chart(chart, words))
        axes.spines[["top", "left" if _is_right_to_left(words) else "right"]].set_visible(False)
    held = io.BytesIO()
    # The same figures give the same file: no date and no random ids in it.
    with matplotlib.rc_context({"svg.hashsalt": "tathabbat", "svg.fonttype": "path"}):
        dated = {"Date": None} if form is Form.SVG else None
        figure.savefig(held, format=form.value, dpi=_DPI, metadata=dated)
    return held.getvalue()


def _draw_hours(axes: "Axes", trends: Trends, words: Catalogue) -> None:
    _draw_over_time(axes, trends.hours, words, "MMMd" if len(trends.hours) > 48 else "Hm")


def _draw_days(axes: "Axes", trends: Trends, words: Catalogue) -> None:
    _draw_over_time(axes, trends.days, words, "MMMd")


def _draw_outcomes(axes: "Axes", trends: Trends, words: Catalogue) -> None:
    names = [name_outcome(each, words) for each, _ in trends.outcomes]
    counts = [count for _, count in trends.outcomes]
    _draw_bars(axes, names, counts, [_COLOURS[each] for each, _ in trends.outcomes], words)


def _draw_languages(axes: "Axes", trends: Trends, words: Catalogue) -> None:
    most = trends.languages[:_LANGUAGES]
    names = [_name_language(code, words) for code, _ in most]
    _draw_bars(axes, names, [count for _, count in most], [_COLOUR] * len(most), words)


_PAINTED: Final[Mapping[Chart, Callable[["Axes", Trends, Catalogue], None]]] = {
    Chart.HOURS: _draw_hours,
    Chart.DAYS: _draw_days,
    Chart.OUTCOMES: _draw_outcomes,
    Chart.LANGUAGES: _draw_languages,
}


def _draw_over_time(
    axes: "Axes", counted: Sequence[Counted], words: Catalogue, skeleton: str
) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.bar(range(len(counted)), [each.count for each in counted], width=0.9, color=_COLOUR)
    marks = range(0, len(counted), max(1, -(-len(counted) // _MARKS)))
    labels = [format_skeleton(skeleton, counted[n].at, locale=_locale(words)) for n in marks]
    axes.set_xticks(list(marks), labels)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(bottom=0, top=max([1, *(each.count for each in counted)]) * 1.1)
    if _is_right_to_left(words):
        axes.invert_xaxis()
        axes.yaxis.tick_right()


def _draw_bars(
    axes: "Axes",
    names: Sequence[str],
    counts: Sequence[int],
    colours: Sequence[str],
    words: Catalogue,
) -> None:
    from matplotlib.ticker import MaxNLocator

    drawn = axes.barh(range(len(names)), counts, color=colours)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlim(left=0, right=max([1, *counts]) * 1.15)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if _is_right_to_left(words):
        axes.invert_xaxis()
        axes.yaxis.tick_right()
    # Only after the axis is inverted: numbers go to the ends of the bars.
    axes.bar_label(drawn, padding=4)


def _is_right_to_left(words: Catalogue) -> bool:
    return _locale(words).text_direction == "rtl"


def _locale(words: Catalogue) -> Locale:
    return Locale.parse(words.language.value)


def _name_language(code: str, words: Catalogue) -> str:
    """Return a language's name in the reader's language; its code if it is unknown."""
    return str(_locale(words).languages.get(code, code))
