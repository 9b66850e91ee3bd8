"""Handle several clusters at once: each by its own act, in a transaction of its own."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge.claim_queue import demand
from knowledge.claim_queue.cluster_listing import ClusterSummary, resolve_merged_cluster, summaries
from knowledge.curation.edit_conflicts import require_unchanged
from knowledge.domain import NotificationKind, NotificationStatus, SubjectKind
from knowledge.errors import AlreadyHandled, CannotRegroup, KnowledgeError, NotFound, Stale
from knowledge.models import Claim, Cluster, Inquiry, Notification

#: Does to one cluster what is done to all of them.
Act: TypeAlias = Callable[[Session, int], None]

#: What keeps an act from one cluster and not from the others.
_OF_ONE: Final = (AlreadyHandled, CannotRegroup, NotFound, Stale)


@dataclass(frozen=True, slots=True)
class Refused:
    """A cluster that an act was not done to; ``why`` is what stood against it."""

    cluster_id: int
    title: str
    why: KnowledgeError


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would come of an act: the clusters it is done to, and how many people are told."""

    clusters: tuple[ClusterSummary, ...]
    people: int
    refused: tuple[Refused, ...]


def do_each(
    transaction: Callable[[], AbstractContextManager[Session]],
    cluster_ids: Sequence[int],
    seen: int,
    act: Act,
) -> tuple[Refused, ...]:
    """Do an act to each cluster; returns those it could not be done to.

    ``seen`` is the number of what was done last to anything when they were shown
    (``audit_log.load_latest_id``): to what somebody else handled since, nothing is done.
    """
    refused = []
    for number in cluster_ids:
        try:
            with transaction() as session:
                _do(session, number, seen, act)
        except _OF_ONE as error:
            with transaction() as session:
                refused.append(_refused(session, number, error))
    return tuple(refused)


def foresee(
    session: Session, cluster_ids: Sequence[int], seen: int, act: Act, now: datetime
) -> Foreseen:
    """Return what would come of an act to each cluster: it is done, read, and taken back."""
    demand.hold(session)
    found, refused = summaries(session, cluster_ids, now=now), []
    with session.begin_nested() as savepoint:
        for number in cluster_ids:
            try:
                _do(session, number, seen, act)
            except _OF_ONE as error:
                refused.append(_refused(session, number, error))
        people = _told(session, cluster_ids)
        savepoint.rollback()
    left_out = {each.cluster_id for each in refused}
    clusters = tuple(each for each in found if each.id not in left_out)
    return Foreseen(clusters, people, tuple(refused))


def _do(session: Session, cluster_id: int, seen: int, act: Act) -> None:
    require_unchanged(session, SubjectKind.CLUSTER, cluster_id, seen)
    if resolve_merged_cluster(session, cluster_id).id != cluster_id:
        raise AlreadyHandled(f"cluster {cluster_id} is part of another; look at the inbox again")
    act(session, cluster_id)


def _refused(session: Session, cluster_id: int, why: KnowledgeError) -> Refused:
    row = session.get(Cluster, cluster_id)
    return Refused(cluster_id, row.title if row is not None else "", why)


def _told(session: Session, cluster_ids: Sequence[int]) -> int:
    """Return how many people are to be told that clusters are rejected, and were not yet."""
    told = (
        select(func.count(Notification.person_key.distinct()))
        .join(Inquiry, Inquiry.id == Notification.inquiry_id)
        .join(Claim, Claim.id == Inquiry.claim_id)
        .where(
            Claim.cluster_id.in_(cluster_ids),
            Notification.kind == NotificationKind.REJECTED,
            Notification.status == NotificationStatus.WAITING,
        )
    )
    return session.scalar(told) or 0
