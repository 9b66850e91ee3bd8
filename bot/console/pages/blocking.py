"""Block and unblock the person behind an inquiry, whose identity stays unknown."""

from starlette.responses import Response

from bot.console.pages.people import MAX_DAYS, read_block_terms
from bot.console.requests import Visit
from knowledge.claim_queue import askers


def show(visit: Visit) -> Response:
    """Ask whether to block a person, and for how long."""
    inquiry = visit.asked.number("inquiry")
    asker, cluster = visit.do(askers.load_asker, visit.number, inquiry, visit.now)
    return visit.page("block.html", asker=asker, cluster=cluster, most=MAX_DAYS)


def block(visit: Visit) -> Response:
    """Block the person who made an inquiry for some days."""
    inquiry, (until, reason) = visit.sent.number("inquiry"), read_block_terms(visit)
    visit.do(askers.block_asker, visit.number, inquiry, until, visit.actor, reason)
    return visit.to(f"/clusters/{visit.number}", "blocked")


def unblock(visit: Visit) -> Response:
    """Unblock the person who made an inquiry."""
    visit.do(askers.unblock_asker, visit.number, visit.sent.number("inquiry"), visit.actor)
    return visit.to(f"/clusters/{visit.number}", "unblocked")
