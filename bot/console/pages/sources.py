"""Sources and the feeds of theirs that are polled."""

from typing import Final

from starlette.responses import Response

from bot.console.requests import Visit
from knowledge.approvals import AddFeed, ResumeFeed, TrustSource
from knowledge.corpus import sources
from knowledge.domain import FeedKind

_PAGE: Final = 50
_LINE: Final = 2_000


def show(visit: Visit) -> Response:
    """Show who publishes, and how polling their feeds goes."""
    after = visit.asked.text("after") or None
    listed = visit.do(sources.list_sources, after, _PAGE + 1)
    return visit.page(
        "sources.html",
        sources=listed[:_PAGE],
        after=listed[_PAGE - 1].name if len(listed) > _PAGE else None,
        kinds=tuple(FeedKind),
        least=sources.MIN_MINUTES,
        most=sources.MAX_MINUTES,
    )


def add(visit: Visit) -> Response:
    """Have an address polled."""
    sent = visit.sent
    act = AddFeed(
        sent.needed("name"),
        sent.needed("url", _LINE),
        sent.chosen("kind", FeedKind),
        sent.number("minutes"),
        sent.line("homepage", _LINE) or None,
    )
    outcome = visit.submit(act)
    return visit.conclude(outcome) or visit.to("/sources", "feed")


def pause(visit: Visit) -> Response:
    """Poll a feed no more for now."""
    visit.do(sources.pause, visit.number, visit.actor)
    return visit.to("/sources", "feed_changed")


def resume(visit: Visit) -> Response:
    """Poll a feed again."""
    outcome = visit.submit(ResumeFeed(visit.number))
    return visit.conclude(outcome) or visit.to("/sources", "feed_changed")


def remove(visit: Visit) -> Response:
    """Forget a feed."""
    visit.do(sources.remove, visit.number, visit.actor)
    return visit.to("/sources", "feed_changed")


def trust(visit: Visit) -> Response:
    """Publish what a source's feeds bring without review."""
    outcome = visit.submit(TrustSource(visit.number))
    return visit.conclude(outcome) or visit.to("/sources", "trust")


def distrust(visit: Visit) -> Response:
    """Keep what a source's feeds bring as drafts."""
    visit.do(sources.distrust, visit.number, visit.actor)
    return visit.to("/sources", "trust")
