"""Reject one cluster, after a preview of what the waiting people will read."""

from starlette.responses import Response

from bot.console import previews
from bot.console.pages.clusters import redirect_back
from bot.console.requests import Visit
from knowledge.curation import cluster_rejection
from knowledge.domain import RejectReason


def preview(visit: Visit) -> Response:
    """Show how many people would be notified, and the message; without a reason, ask for one."""
    why = visit.asked.choice("why", RejectReason)
    foreseen = visit.do(
        cluster_rejection.preview_rejection, visit.number, why, visit.actor, visit.now
    )
    return visit.page(
        "reject.html",
        cluster=foreseen.cluster,
        why=why,
        seen=foreseen.seen,
        people=foreseen.people,
        notifications=previews.preview_for_readers(foreseen.readers, visit.now.date()),
        held=visit.services.held_seconds,
        reasons=tuple(RejectReason),
    )


def reject(visit: Visit) -> Response:
    """Reject a cluster; nobody is notified while it can be undone."""
    sent, number = visit.sent, visit.number
    people = visit.do(
        cluster_rejection.reject_cluster,
        number,
        sent.chosen("why", RejectReason),
        visit.actor,
        sent.line("reason") or None,
        visit.services.undo_for,
        sent.number("seen"),
    )
    return redirect_back(visit, "rejected", n=people, of=number)
