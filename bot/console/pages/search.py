"""Search over everything: statements, reports, claims; by words, and what is alike by meaning."""

from typing import Final

from starlette.responses import Response

from bot.console.visit import Visit
from knowledge import browsing

_LONGEST: Final = 300
_ALIKE: Final = 8


def show(visit: Visit) -> Response:
    """Show what holds the words, and what is published that means the like."""
    wanted, desk = visit.asked.text("q", _LONGEST), visit.desk
    if not wanted:
        return visit.page("search.html", found=None, alike=())
    with visit.transaction() as session:
        found = browsing.search(session, wanted)
    literal = {statement.id for statement in found.statements}
    alike = browsing.alike(desk.sessions, desk.index, desk.encoder, wanted, _ALIKE)
    return visit.page(
        "search.html", found=found, alike=[each for each in alike if each.id not in literal]
    )
