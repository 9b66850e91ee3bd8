"""Filter the claim queue: people, growth, language, outcome, assignee, tag."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, case, func, select

from knowledge.domain import Outcome
from knowledge.models import Claim, Cluster, ClusterTag, Inquiry

#: Growth compares the people of the last ``WINDOW`` with those of the window before.
WINDOW: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions on the clusters that are listed; None means no condition.

    ``people`` and ``growth`` are minimums; ``outcome`` is one that somebody who asked was given; an
    empty ``assignee`` stands for unassigned clusters. ``newer_than`` is a cluster's number, ``tag``
    is normalised (``cluster_notes.normalise_tag``).
    """

    language: str | None = None
    people: int | None = None
    growth: int | None = None
    outcome: Outcome | None = None
    assignee: str | None = None
    newer_than: int | None = None
    tag: str | None = None

    def conditions(self, now: datetime) -> list[ColumnElement[bool]]:
        """Return the SQL conditions of a filter."""
        found: list[ColumnElement[bool]] = []
        if self.language is not None:
            spoken = select(Claim.id).where(
                Claim.cluster_id == Cluster.id, Claim.language == self.language
            )
            found.append(spoken.exists())
        if self.people is not None:
            found.append(Cluster.asker_count >= self.people)
        if self.growth is not None:
            found.append(_growing(self.growth, now))
        if self.outcome is not None:
            answered = (
                select(Inquiry.id)
                .join(Claim, Claim.id == Inquiry.claim_id)
                .where(Claim.cluster_id == Cluster.id, Inquiry.outcome == self.outcome)
            )
            found.append(answered.exists())
        if self.assignee is not None:
            found.append(Cluster.assignee.is_not_distinct_from(self.assignee or None))
        if self.newer_than is not None:
            found.append(Cluster.id > self.newer_than)
        if self.tag is not None:
            has = ClusterTag.cluster_id == Cluster.id, ClusterTag.tag == self.tag
            found.append(select(ClusterTag.tag).where(*has).exists())
        return found


def people_by_day(now: datetime) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Return how many people asked in the last window, and in the one before it."""
    middle, person = now - WINDOW, Inquiry.person_key
    return (
        func.count(case((Inquiry.asked_at > middle, person)).distinct()),
        func.count(case((Inquiry.asked_at <= middle, person)).distinct()),
    )


def _growing(least: int, now: datetime) -> ColumnElement[bool]:
    recent, before = people_by_day(now)
    grown = (
        select(Claim.cluster_id)
        .join(Inquiry, Inquiry.claim_id == Claim.id)
        .where(
            Claim.cluster_id.is_not(None),
            Inquiry.asked_at > now - 2 * WINDOW,
            Inquiry.asked_at <= now,
        )
        .group_by(Claim.cluster_id)
        .having(recent - before >= least)
    )
    return Cluster.id.in_(grown)
