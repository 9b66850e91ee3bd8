"""The inbox: what people ask and nothing settles, what is asked most first."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from starlette.responses import Response

from bot.console.names import names
from bot.console.visit import Visit
from knowledge.inbox import listing, remarks
from knowledge.inbox.listing import Order
from knowledge.models import ClusterStatus, RejectReason

#: Clusters on a page.
PAGE: Final = 30
#: What "put off" means where nothing else is said.
SNOOZE: Final = timedelta(days=1)


class Tab(StrEnum):
    """What part of the inbox is looked at."""

    OPEN = "open"
    MINE = "mine"
    SNOOZED = "snoozed"
    ANSWERED = "answered"
    REJECTED = "rejected"


_STATUS: Final = {
    Tab.OPEN: ClusterStatus.OPEN,
    Tab.MINE: ClusterStatus.OPEN,
    Tab.SNOOZED: ClusterStatus.SNOOZED,
    Tab.ANSWERED: ClusterStatus.ANSWERED,
    Tab.REJECTED: ClusterStatus.REJECTED,
}


def show(visit: Visit) -> Response:
    """Show a page of clusters."""
    tab = visit.asked.choice("tab", Tab) or Tab.OPEN
    order = visit.asked.choice("order", Order) or Order.DEMAND
    tag = remarks.normalise_tag(visit.asked.line("tag")) or None
    with visit.transaction() as session:
        page = listing.clusters(
            session,
            order,
            _STATUS[tab],
            visit.asked.text("after") or None,
            PAGE,
            assignee=visit.visitor.key if tab is Tab.MINE else None,
            tag=tag,
            now=visit.now,
        )
        known = names(session, visit)
    return visit.page(
        "inbox.html",
        page=page,
        tab=tab,
        order=order,
        tag=tag,
        names=known,
        tabs=tuple(Tab),
        orders=tuple(Order),
        reasons=tuple(RejectReason),
    )
