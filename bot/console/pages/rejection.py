"""Leave one cluster unanswered, after a look at what those who wait for an answer read."""

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console import previews
from bot.console.pages.clusters import back
from bot.console.requests import Visit
from knowledge.claim_queue import cluster_actions, cluster_listing
from knowledge.curation import bulk_actions
from knowledge.curation.edit_conflicts import last_seen, require_unchanged
from knowledge.domain import RejectReason, SubjectKind
from knowledge.notifications import rejections
from knowledge.storage import audit_log


def preview(visit: Visit) -> Response:
    """Show who would be told, and what; without a reason, ask for one."""
    why = visit.asked.choice("why", RejectReason)

    def act(session: Session, number: int) -> None:
        if why is not None:
            cluster_actions.reject(session, number, why, visit.actor)

    with visit.transaction() as session:
        # Before what is shown: what is done in between is not taken for seen.
        number = cluster_listing.resolve_merged_cluster(session, visit.number).id
        seen = last_seen(session, SubjectKind.CLUSTER, number)
        cluster = cluster_listing.load_cluster(session, number, now=visit.now).summary
        latest = audit_log.load_latest_id(session)
        foreseen = bulk_actions.foresee(session, [number], latest, act, visit.now)
    if foreseen.refused:
        raise foreseen.refused[0].why
    return visit.page(
        "reject.html",
        cluster=cluster,
        why=why,
        seen=seen,
        people=foreseen.people,
        letters=previews.letters(foreseen.readers, visit.now.date()),
        held=visit.desk.held_seconds,
        reasons=tuple(RejectReason),
    )


def reject(visit: Visit) -> Response:
    """Leave a cluster unanswered for good; nobody is told while it can be taken back."""
    number, why = visit.number, visit.sent.chosen("why", RejectReason)
    with visit.transaction() as session:
        require_unchanged(session, SubjectKind.CLUSTER, number, visit.sent.number("seen"))
        reason = visit.sent.line("reason") or None
        cluster_actions.reject(session, number, why, visit.actor, reason, visit.desk.undo_for)
        people = rejections.count_pending(session, [number])
    return back(visit, "rejected", n=people, of=number)
