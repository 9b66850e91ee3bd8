"""Work through the open clusters of the claim queue one by one, the most asked first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from knowledge.claim_queue import cluster_actions, demand
from knowledge.claim_queue.cluster_listing import (
    ClusterDetail,
    ClusterSummary,
    Order,
    list_clusters,
    load_cluster,
    make_cursor,
)
from knowledge.domain import ClusterStatus
from knowledge.errors import BadCursor
from knowledge.storage import audit_log
from knowledge.storage.pagination import Page


@dataclass(frozen=True, slots=True)
class QueuedCluster:
    """A cluster to handle, and the cursor of the one ``after`` it, None at the end.

    ``seen`` is the newest audit entry when it was loaded: acts on what changed later are refused.
    """

    detail: ClusterDetail
    after: str | None
    seen: int


def load_next_cluster(session: Session, after: str, now: datetime) -> QueuedCluster | None:
    """Return the open cluster after a cursor, None if there is none; a bad cursor starts over.

    Clusters whose snooze ended by ``now`` are opened first.
    """
    demand.lock_queue(session)
    cluster_actions.wake(session, now)
    # Read before what is shown, so that a change in between does not count as seen.
    seen = audit_log.load_latest_id(session)
    try:
        page = _first_open(session, after or None)
    except BadCursor:
        page = _first_open(session, None)
    if not page.items:
        return None
    return QueuedCluster(load_cluster(session, page.items[0].id), page.after, seen)


def load_unanswered_cluster(session: Session, cluster_id: int) -> QueuedCluster:
    """Return a cluster that nobody has handled yet. Raises NotFound and AlreadyHandled."""
    cluster_actions.require_unanswered(session, cluster_id)
    seen = audit_log.load_latest_id(session)
    after = make_cursor(session, cluster_id)
    more = _first_open(session, after).items
    return QueuedCluster(load_cluster(session, cluster_id), after if more else None, seen)


def _first_open(session: Session, after: str | None) -> Page[ClusterSummary]:
    return list_clusters(session, Order.DEMAND, ClusterStatus.OPEN, after, 1)
