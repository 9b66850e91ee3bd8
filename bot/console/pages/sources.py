"""Manage sources and their feeds."""

from typing import Final

from starlette.responses import Response

from bot.console.requests import Visit
from knowledge.approvals import AddFeed, ResumeFeed, TrustSource
from knowledge.corpus import sources
from knowledge.domain import FeedKind

_PAGE: Final = 50
_LINE: Final = 2_000


def show(visit: Visit) -> Response:
    """Show the sources and the state of their feeds."""
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
    """Add a feed."""
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
    """Pause a feed."""
    visit.do(sources.pause, visit.number, visit.actor)
    return visit.to("/sources", "feed_changed")


def resume(visit: Visit) -> Response:
    """Resume a paused feed."""
    outcome = visit.submit(ResumeFeed(visit.number))
    return visit.conclude(outcome) or visit.to("/sources", "feed_changed")


def remove(visit: Visit) -> Response:
    """Remove a feed."""
    visit.do(sources.remove, visit.number, visit.actor)
    return visit.to("/sources", "feed_changed")


def trust(visit: Visit) -> Response:
    """Publish a source's feed items without review."""
    outcome = visit.submit(TrustSource(visit.number))
    return visit.conclude(outcome) or visit.to("/sources", "trust")


def distrust(visit: Visit) -> Response:
    """Store a source's feed items as drafts again."""
    visit.do(sources.distrust, visit.number, visit.actor)
    return visit.to("/sources", "trust")
