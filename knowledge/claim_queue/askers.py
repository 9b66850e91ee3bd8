"""List and block the people who asked a cluster's claims; only their keys are known."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from knowledge.accounts import people
from knowledge.claim_queue.cluster_listing import (
    ClusterSummary,
    load_summary,
    resolve_merged_cluster,
)
from knowledge.errors import NotFound
from knowledge.models import Claim, Inquiry, Person

#: People listed for one cluster; there may be thousands.
LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class Asker:
    """A person who asked claims of a cluster; ``inquiry_id`` of their latest one refers to them."""

    inquiry_id: int
    key: str
    asked: int
    last_asked_at: datetime
    blocked_until: datetime | None


def list_askers(session: Session, cluster_id: int) -> tuple[Asker, ...]:
    """Return who asked a cluster's claims, most often first; erased people are left out."""
    rows = session.execute(_asking(cluster_id).limit(LISTED))
    return tuple(Asker(*row) for row in rows)


def find_asker(session: Session, cluster_id: int, inquiry_id: int) -> Asker:
    """Return who made an inquiry of a cluster. Raises NotFound."""
    who = select(Inquiry.person_key).where(Inquiry.id == inquiry_id).scalar_subquery()
    here = _asking(resolve_merged_cluster(session, cluster_id).id).where(Inquiry.person_key == who)
    row = session.execute(here).one_or_none()
    if row is None:
        raise NotFound(
            f"cluster {cluster_id} has no inquiry {inquiry_id} of a known person; reload the page"
        )
    return Asker(*row)


def load_asker(
    session: Session, cluster_id: int, inquiry_id: int, now: datetime
) -> tuple[Asker, ClusterSummary]:
    """Return who made an inquiry, and its cluster. Raises NotFound."""
    return find_asker(session, cluster_id, inquiry_id), load_summary(session, cluster_id, now)


def block_asker(
    session: Session, cluster_id: int, inquiry_id: int, until: datetime, actor: str, reason: str
) -> None:
    """Block the person who made an inquiry until a moment. Raises NotFound."""
    people.block(session, find_asker(session, cluster_id, inquiry_id).key, until, actor, reason)


def unblock_asker(session: Session, cluster_id: int, inquiry_id: int, actor: str) -> None:
    """Unblock the person who made an inquiry. Raises NotFound."""
    people.unblock(session, find_asker(session, cluster_id, inquiry_id).key, actor)


def _asking(cluster_id: int) -> Select[*tuple[Any, ...]]:
    times, last = func.count(), func.max(Inquiry.asked_at)
    return (
        select(func.max(Inquiry.id), Inquiry.person_key, times, last, Person.blocked_until)
        .join(Claim, Claim.id == Inquiry.claim_id)
        .outerjoin(Person, Person.key == Inquiry.person_key)
        .where(Claim.cluster_id == cluster_id, Inquiry.claim != "")
        .group_by(Inquiry.person_key, Person.blocked_until)
        .order_by(times.desc(), last.desc())
    )
