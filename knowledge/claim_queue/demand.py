"""Count the demand for a cluster: people, times, since when, forwards, and its heat.

Heat is log2 of the sum of 2^(time / half-life) over the inquiries. It never has to be aged: a
cluster with more *recent* demand has the higher heat at any time, so a database's index sorts it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Boolean, Row, Table, and_, bindparam, case, func, select, text, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from knowledge.domain import ClusterStatus, Outcome, RejectReason
from knowledge.models import Claim, Cluster, Inquiry, Instant
from knowledge.notifications import rejections

#: Half-life of an inquiry.
HALF_LIFE: Final = timedelta(days=1)
#: Outcomes that need no moderator, unless the person disputes them.
SETTLING: Final = (Outcome.SUPPORTED, Outcome.REFUTED)
#: Number of PostgreSQL's advisory lock on the queue's counts; any number that nothing else here
#: uses.
_INBOX: Final = 7_468_498


def lock_queue(session: Session) -> None:
    """Lock the claim queue against other writers until this transaction ends. Call before reading.

    Counts are read and written back, and one transaction counts several clusters: without the lock
    inquiries could be lost, or two transactions deadlock.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_LOCK, {"inbox": _INBOX})
    else:
        # SQLite has one writer at a time: the first to write. Write nothing, to become it.
        session.execute(_WRITE_NOTHING)


def compute_heat(moments: Iterable[datetime]) -> float:
    """Return the heat of inquiries at ``moments``; 0 if there are none."""
    return _sum([at.timestamp() / HALF_LIFE.total_seconds() for at in moments])


def demand(heat: float, now: datetime) -> float:
    """Return the current demand of a heat: its inquiries, each counting half per half-life."""
    return 2.0 ** (heat - now.timestamp() / HALF_LIFE.total_seconds()) if heat else 0.0


@dataclass(frozen=True, slots=True)
class ClusterDemand:
    """What is counted of a claim's cluster, before a person asks once more.

    ``known`` is whether the person asked any of its claims before; ``reject_reason`` is why
    moderators rejected it, if they did.
    """

    id: int
    reject_reason: RejectReason | None
    heat: float
    inquiry_count: int
    first_asked_at: datetime
    last_asked_at: datetime
    known: bool


def load_demand(session: Session, claim_id: int, person_key: str) -> ClusterDemand | None:
    """Return what is counted of a claim's cluster, if it has one; call ``lock_queue`` first."""
    row = session.execute(_DEMAND, {"claim": claim_id, "person": person_key}).one_or_none()
    return None if row is None else ClusterDemand(*row)


def count_inquiry(
    session: Session, before: ClusterDemand, at: datetime, outcome: Outcome, *, forwarded: bool
) -> None:
    """Count a new inquiry in the cluster of its claim, which had so much ``before``.

    A settled or answered cluster is opened again if this inquiry was not settled.
    """
    first, last, heat = at, at, compute_heat([at])
    if before.inquiry_count:
        first, last = min(before.first_asked_at, at), max(before.last_asked_at, at)
        heat = _sum([before.heat, heat])
    counted = {
        "number": before.id,
        "first": first,
        "last": last,
        "hot": heat,
        "people": int(not before.known),
        "forwards": int(forwarded),
        "unsettled": outcome not in SETTLING,
    }
    session.execute(_COUNT, counted)
    # Who has it in this session reads it anew.
    cluster = session.identity_map.get(identity_key(Cluster, before.id))
    if cluster is not None:
        session.expire(cluster)


def join_clusters(session: Session, homes: Mapping[int, Cluster]) -> None:
    """Put claims without a cluster into ``homes``, by id, with their inquiries.

    Call ``lock_queue`` first. If a cluster is rejected, the people who wait are told why.
    """
    claims = session.scalars(select(Claim).where(Claim.id.in_(homes))).all()
    asked = session.execute(
        select(
            Inquiry.claim_id,
            Inquiry.asked_at,
            Inquiry.person_key,
            Inquiry.outcome,
            Inquiry.disputed,
            Inquiry.origin_kind.is_not(None).label("forwarded"),
        ).where(Inquiry.claim_id.in_(homes))
    ).all()
    joining: dict[Cluster, list[Row[*tuple[Any, ...]]]] = {each: [] for each in homes.values()}
    for row in asked:
        joining[homes[row.claim_id]].append(row)
    for cluster, rows in joining.items():
        people = {row.person_key for row in rows}
        # A new cluster, as most are, knows nobody.
        known = _find_known(session, cluster, people) if cluster.inquiry_count else set()
        forwarded = sum(row.forwarded for row in rows)
        moments = [row.asked_at for row in rows]
        _add(cluster, moments, people=len(people - known), forwarded=forwarded)
        if any(row.disputed or row.outcome not in SETTLING for row in rows):
            unsettle(cluster)
    for claim in claims:
        claim.cluster_id = homes[claim.id].id
    for cluster in joining:
        if cluster.reject_reason is not None:
            rejections.note_rejected(session, cluster.id)


def _find_known(session: Session, cluster: Cluster, people: Iterable[str]) -> set[str]:
    """Return those of ``people`` who asked a claim of a cluster."""
    asked = (
        select(Inquiry.id)
        .join(Claim, Inquiry.claim_id == Claim.id)
        .where(Claim.cluster_id == cluster.id)
        .limit(1)
    )
    return {
        person
        for person in people
        if session.scalar(asked.where(Inquiry.person_key == person)) is not None
    }


def recount_cluster(session: Session, cluster: Cluster) -> None:
    """Recount a cluster after claims were moved by hand; call ``lock_queue`` first."""
    session.flush()
    of_cluster = Inquiry.claim_id == Claim.id, Claim.cluster_id == cluster.id
    moments = session.scalars(select(Inquiry.asked_at).where(*of_cluster)).all()
    cluster.asker_count = (
        session.scalar(select(func.count(Inquiry.person_key.distinct())).where(*of_cluster)) or 0
    )
    cluster.forward_count = (
        session.scalar(select(func.count()).where(*of_cluster, Inquiry.origin_kind.is_not(None)))
        or 0
    )
    cluster.inquiry_count, cluster.heat = 0, 0.0
    if moments:
        cluster.first_asked_at, cluster.last_asked_at = min(moments), max(moments)
    _add(cluster, moments, people=0, forwarded=0)


def unsettle(cluster: Cluster) -> None:
    """Open a settled or answered cluster; rejected and snoozed ones stay as they are."""
    if cluster.status in (ClusterStatus.SETTLED, ClusterStatus.ANSWERED):
        cluster.status = ClusterStatus.OPEN


def _add(cluster: Cluster, moments: Sequence[datetime], people: int, forwarded: int) -> None:
    if not moments:
        return
    known = [cluster.heat] if cluster.inquiry_count else []
    first, last = min(moments), max(moments)
    cluster.first_asked_at = min(cluster.first_asked_at, first) if cluster.inquiry_count else first
    cluster.last_asked_at = max(cluster.last_asked_at, last) if cluster.inquiry_count else last
    cluster.heat = _sum([*known, compute_heat(moments)])
    cluster.inquiry_count += len(moments)
    cluster.asker_count += people
    cluster.forward_count += forwarded


def _sum(logarithms: Sequence[float]) -> float:
    """Return log2 of the sum of powers of two."""
    if not logarithms:
        return 0.0
    highest = max(logarithms)
    return highest + math.log2(sum(2.0 ** (each - highest) for each in logarithms))


# Built once: they run at every inquiry, and building one takes longer than running it.
_LOCK: Final = text("SELECT pg_advisory_xact_lock(:inbox)")
_CLUSTERS: Final = cast(Table, Cluster.__table__)
_WRITE_NOTHING: Final = update(_CLUSTERS).where(_CLUSTERS.c.id < 0).values(inquiry_count=0)
_SAME: Final = Claim.__table__.alias()
_DEMAND: Final = (
    select(
        _CLUSTERS.c.id,
        _CLUSTERS.c.reject_reason,
        _CLUSTERS.c.heat,
        _CLUSTERS.c.inquiry_count,
        _CLUSTERS.c.first_asked_at,
        _CLUSTERS.c.last_asked_at,
        select(Inquiry.__table__.c.id)
        .join(_SAME, Inquiry.__table__.c.claim_id == _SAME.c.id)
        .where(
            Inquiry.__table__.c.person_key == bindparam("person"),
            _SAME.c.cluster_id == _CLUSTERS.c.id,
        )
        .exists(),
    )
    .join(Claim.__table__, Claim.__table__.c.cluster_id == _CLUSTERS.c.id)
    .where(Claim.__table__.c.id == bindparam("claim"))
)
_SETTLED: Final = _CLUSTERS.c.status.in_((ClusterStatus.SETTLED, ClusterStatus.ANSWERED))
_COUNT: Final = (
    update(_CLUSTERS)
    .where(_CLUSTERS.c.id == bindparam("number"))
    .values(
        first_asked_at=bindparam("first", type_=Instant()),
        last_asked_at=bindparam("last", type_=Instant()),
        heat=bindparam("hot"),
        inquiry_count=_CLUSTERS.c.inquiry_count + 1,
        asker_count=_CLUSTERS.c.asker_count + bindparam("people"),
        forward_count=_CLUSTERS.c.forward_count + bindparam("forwards"),
        status=case(
            (and_(bindparam("unsettled", type_=Boolean()), _SETTLED), ClusterStatus.OPEN.value),
            else_=_CLUSTERS.c.status,
        ),
    )
)
