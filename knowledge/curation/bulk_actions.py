"""Handle several clusters at once, each in a transaction of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, ParamSpec, Protocol, TypeAlias, TypeVar

from sqlalchemy.orm import Session

from knowledge.claim_queue import cluster_actions, demand
from knowledge.claim_queue.cluster_listing import (
    ClusterSummary,
    load_summaries,
    resolve_merged_cluster,
)
from knowledge.curation.edit_conflicts import last_seen, require_unchanged
from knowledge.domain import SubjectKind
from knowledge.errors import AlreadyHandled, CannotRegroup, KnowledgeError, NotFound, Stale
from knowledge.models import Cluster
from knowledge.notifications import rejections
from knowledge.notifications.due_notification import Readers
from knowledge.notifications.rejections import RejectionNotice
from knowledge.storage.database import UseCase

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: Does the act to one cluster.
Act: TypeAlias = Callable[[Session, int], object]

#: Errors that concern one cluster only.
_OF_ONE: Final = (AlreadyHandled, CannotRegroup, NotFound, Stale)


class Transactions(Protocol):
    """Runs use cases, each in a transaction of its own."""

    def __call__(self, act: UseCase[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what ``act(session, …)`` returns, after its commit."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A cluster that an act was not done to; ``why`` is the reason."""

    cluster_id: int
    title: str
    why: KnowledgeError


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The effects of an act: the clusters it is done to, how many people are told, and what."""

    clusters: tuple[ClusterSummary, ...]
    people: int
    readers: tuple[Readers[RejectionNotice], ...]
    refused: tuple[Refused, ...]


def do_each(
    do: Transactions, cluster_ids: Sequence[int], seen: int, act: Act
) -> tuple[Refused, ...]:
    """Do an act to each cluster; returns those it could not be done to.

    ``seen`` is the newest audit entry when they were shown (``audit_log.load_latest_id``): clusters
    that somebody else handled since are left alone.
    """
    refused = []
    for number in cluster_ids:
        try:
            do(_do, number, seen, act)
        except _OF_ONE as error:
            refused.append(do(_refused, number, error))
    return tuple(refused)


def merge_each(
    do: Transactions, cluster_ids: Sequence[int], keep: int, seen: int, actor: str
) -> tuple[Refused, ...]:
    """Merge each cluster into the one that is kept, as ``do_each``."""
    return do_each(do, _kept_first(cluster_ids, keep), seen, _merging(keep, seen, actor))


def foresee(
    session: Session, cluster_ids: Sequence[int], seen: int, act: Act, now: datetime
) -> Foreseen:
    """Preview an act on each cluster: it is done, read, and rolled back."""
    demand.lock_queue(session)
    found, refused = load_summaries(session, cluster_ids, now=now), []
    with session.begin_nested() as savepoint:
        for number in cluster_ids:
            try:
                _do(session, number, seen, act)
            except _OF_ONE as error:
                refused.append(_refused(session, number, error))
        people = rejections.count_pending(session, cluster_ids)
        readers = rejections.list_readers(session, cluster_ids)
        savepoint.rollback()
    left_out = {each.cluster_id for each in refused}
    clusters = tuple(each for each in found if each.id not in left_out)
    return Foreseen(clusters, people, readers, tuple(refused))


def foresee_merge(
    session: Session, cluster_ids: Sequence[int], seen: int, actor: str, now: datetime
) -> tuple[int, Foreseen]:
    """Return which cluster the others would best be merged into, and the effects of that.

    It is the one of highest demand among those that are unchanged since they were shown.
    """
    unchanged = foresee(session, cluster_ids, seen, lambda _, __: None, now).clusters
    keep = unchanged[0].id if unchanged else cluster_ids[0]
    act = _merging(keep, seen, actor)
    return keep, foresee(session, _kept_first(cluster_ids, keep), seen, act, now)


def _kept_first(cluster_ids: Sequence[int], keep: int) -> list[int]:
    """Return the cluster to keep, then the others: it is checked before it is changed."""
    return sorted(cluster_ids, key=lambda number: number != keep)


def _merging(keep: int, seen: int, actor: str) -> Act:
    def act(session: Session, cluster_id: int) -> None:
        nonlocal seen
        if cluster_id != keep:
            require_unchanged(session, SubjectKind.CLUSTER, keep, seen)
            cluster_actions.merge_clusters(session, keep, [cluster_id], actor)
            # Changes that this act itself made to the kept one.
            seen = max(seen, last_seen(session, SubjectKind.CLUSTER, keep))

    return act


def _do(session: Session, cluster_id: int, seen: int, act: Act) -> None:
    require_unchanged(session, SubjectKind.CLUSTER, cluster_id, seen)
    if resolve_merged_cluster(session, cluster_id).id != cluster_id:
        raise AlreadyHandled(f"cluster {cluster_id} is part of another; look at the inbox again")
    act(session, cluster_id)


def _refused(session: Session, cluster_id: int, why: KnowledgeError) -> Refused:
    row = session.get(Cluster, cluster_id)
    return Refused(cluster_id, row.title if row is not None else "", why)
