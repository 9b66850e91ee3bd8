"""Search everything: first by words, then by meaning."""

from typing import Final

from starlette.responses import Response

from bot.console.requests import Visit
from knowledge.checking.moderator_search import search_everything

_LONGEST: Final = 300


def show(visit: Visit) -> Response:
    """Show matches by words, and statements with the same meaning in other words."""
    wanted, services = visit.asked.text("q", _LONGEST), visit.services
    results = None
    if wanted:
        results = search_everything(services.sessions, services.checker, services.encoder, wanted)
    return visit.page("search.html", results=results)
