"""Reject a cluster, after a preview of who would be told."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from knowledge.claim_queue import cluster_actions, cluster_listing, demand
from knowledge.claim_queue.cluster_listing import ClusterSummary
from knowledge.curation.edit_conflicts import last_seen, require_unchanged
from knowledge.domain import RejectReason, SubjectKind
from knowledge.notifications import rejections
from knowledge.notifications.due_notification import Readers
from knowledge.notifications.rejections import RejectionNotice


@dataclass(frozen=True, slots=True)
class RejectionPreview:
    """A cluster and who would be told of its rejection: how many people, and what they read.

    ``seen`` is passed to ``reject_cluster``, so that changes in between are not taken for seen.
    """

    cluster: ClusterSummary
    seen: int
    people: int = 0
    readers: tuple[Readers[RejectionNotice], ...] = ()


def preview_rejection(
    session: Session, cluster_id: int, why: RejectReason | None, actor: str, now: datetime
) -> RejectionPreview:
    """Preview rejecting a cluster: it is done, read, and rolled back.

    Without a reason nobody would be told anything. Raises as ``cluster_actions.reject``.
    """
    # Read before what is shown, so that a change in between does not count as seen.
    number = cluster_listing.resolve_merged_cluster(session, cluster_id).id
    seen = last_seen(session, SubjectKind.CLUSTER, number)
    cluster = cluster_listing.load_summary(session, number, now)
    if why is None:
        return RejectionPreview(cluster, seen)
    demand.lock_queue(session)
    with session.begin_nested() as savepoint:
        cluster_actions.reject(session, number, why, actor)
        people = rejections.count_pending(session, [number])
        readers = rejections.list_readers(session, [number])
        savepoint.rollback()
    return RejectionPreview(cluster, seen, people, readers)


def reject_cluster(
    session: Session,
    cluster_id: int,
    why: RejectReason,
    actor: str,
    reason: str | None,
    held: timedelta,
    seen: int,
) -> int:
    """Reject a cluster; returns how many people will be told.

    Raises Stale if it changed since it was ``seen``, and as ``cluster_actions.reject``.
    """
    require_unchanged(session, SubjectKind.CLUSTER, cluster_id, seen)
    cluster_actions.reject(session, cluster_id, why, actor, reason, held)
    return rejections.count_pending(session, [cluster_id])
