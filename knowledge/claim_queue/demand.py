"""Count the demand for a cluster: people, times, since when, forwards, and its heat.

Heat is log2 of the sum of 2^(time / half-life) over the inquiries. It never has to be aged: a
cluster with more *recent* demand has the higher heat at any time, so a database's index sorts it.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from knowledge.domain import ClusterStatus, Outcome
from knowledge.models import Claim, Cluster, Inquiry
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
        session.execute(text("SELECT pg_advisory_xact_lock(:inbox)"), {"inbox": _INBOX})
    else:
        # SQLite has one writer at a time: the first to write. Write nothing, to become it.
        session.execute(update(Cluster).where(Cluster.id < 0).values(inquiry_count=0))


def compute_heat(moments: Iterable[datetime]) -> float:
    """Return the heat of inquiries at ``moments``; 0 if there are none."""
    return _sum([at.timestamp() / HALF_LIFE.total_seconds() for at in moments])


def demand(heat: float, now: datetime) -> float:
    """Return the current demand of a heat: its inquiries, each counting half per half-life."""
    return 2.0 ** (heat - now.timestamp() / HALF_LIFE.total_seconds()) if heat else 0.0


def count_inquiry(session: Session, inquiry: Inquiry) -> None:
    """Count a new inquiry in its claim's cluster, if it has one; call ``lock_queue`` first.

    A settled or answered cluster is opened again if this inquiry was not settled.
    """
    cluster = session.scalars(
        select(Cluster)
        .join(Claim, Claim.cluster_id == Cluster.id)
        .where(Claim.id == inquiry.claim_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if cluster is None:
        return
    before = select(Inquiry.id).join(Claim, Inquiry.claim_id == Claim.id)
    known = session.scalar(
        before.where(
            Inquiry.person_key == inquiry.person_key,
            Inquiry.id != inquiry.id,
            Claim.cluster_id == cluster.id,
        ).limit(1)
    )
    _add(
        cluster, [inquiry.asked_at], people=known is None, forwarded=inquiry.origin_kind is not None
    )
    if inquiry.outcome not in SETTLING:
        unsettle(cluster)


def join_cluster(session: Session, cluster: Cluster, claim_id: int) -> None:
    """Put a claim without a cluster into one, with its inquiries; call ``lock_queue`` first.

    If the cluster is rejected, the people who wait are told why.
    """
    elsewhere = (
        select(Inquiry.id)
        .join(Claim, Inquiry.claim_id == Claim.id)
        .where(Claim.cluster_id == cluster.id)
        .correlate(None)
    )
    asked = session.execute(
        select(
            Inquiry.asked_at,
            Inquiry.person_key,
            Inquiry.outcome,
            Inquiry.disputed,
            Inquiry.origin_kind.is_not(None).label("forwarded"),
        ).where(Inquiry.claim_id == claim_id)
    ).all()
    people = {row.person_key for row in asked}
    known = {
        person
        for person in people
        if session.scalar(elsewhere.where(Inquiry.person_key == person).limit(1)) is not None
    }
    session.execute(update(Claim).where(Claim.id == claim_id).values(cluster_id=cluster.id))
    forwarded = sum(row.forwarded for row in asked)
    _add(cluster, [row.asked_at for row in asked], people=len(people - known), forwarded=forwarded)
    if any(row.disputed or row.outcome not in SETTLING for row in asked):
        unsettle(cluster)
    if cluster.reject_reason is not None:
        rejections.note_rejected(session, cluster.id)


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
