"""Show trends: how much is asked, about what, in which languages, and with which outcomes."""

from datetime import timedelta
from typing import Final

from babel.dates import format_timedelta
from starlette.responses import Response

from bot.console.requests import Visit
from bot.conversation import charts
from bot.conversation.charts import Chart
from bot.conversation.delivery_failures import compose_failures
from knowledge.errors import NotFound
from knowledge.statistics import trends
from knowledge.statistics.trends import Trends

#: The selectable periods, in days until now.
SPANS: Final = (1, 7, 30)
_USUAL: Final = 7


def show(visit: Visit) -> Response:
    """Show the figures of a period, as charts and as numbers."""
    days = _days(visit)
    found = _trends(visit, days)
    locale = visit.words.language.value
    waits = [found.to_answer.middle, found.to_answer.longest_but_a_tenth]
    return visit.page(
        "trends.html",
        trends=found,
        days=days,
        spans=SPANS,
        charts=[(chart, charts.name_chart(chart, visit.words)) for chart in Chart],
        undelivered=compose_failures(found.failures, visit.words),
        waits=[
            format_timedelta(wait, locale=locale) if wait is not None else "—" for wait in waits
        ],
    )


def draw(visit: Visit) -> Response:
    """Draw one chart."""
    try:
        chart = Chart(str(visit.at["chart"]))
    except ValueError:
        raise NotFound("there is no such chart; see the trends") from None
    found = _trends(visit, _days(visit))
    return Response(
        charts.draw([chart], found, visit.words, charts.Form.SVG), media_type="image/svg+xml"
    )


def _days(visit: Visit) -> int:
    asked = visit.asked.text("days")
    return next((days for days in SPANS if asked == str(days)), _USUAL)


def _trends(visit: Visit, days: int) -> Trends:
    # The page and each of its charts need the same figures: they are counted once a minute.
    minute = visit.now.replace(second=0, microsecond=0)
    until = minute + timedelta(hours=1)

    since = until - timedelta(days=days)
    return visit.services.remembered.get(
        (days, minute), lambda: visit.do(trends.compute_trends, since, until)
    )
