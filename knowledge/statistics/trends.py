"""Compute trends of what is asked over time, for moderators' charts and digests."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, String, func, select, type_coerce, update
from sqlalchemy.orm import Session

from knowledge.claim_queue.cluster_listing import ClusterSummary, Order, list_clusters
from knowledge.claim_queue.demand import SETTLING
from knowledge.domain import ClusterStatus, Feedback, Outcome
from knowledge.models import Cluster, Inquiry
from knowledge.outbox import delivery
from knowledge.outbox.delivery import Failure

#: Least people of the last day for a growing cluster to be worth an alert...
ALERT_PEOPLE: Final = 10
#: ...if they are this many times those of the day before...
ALERT_TIMES: Final = 3
#: ...and nobody was alerted of it for this long.
ALERT_AGAIN: Final = timedelta(days=1)
#: Clusters listed in a digest and in trends.
FASTEST: Final = 10
#: How far back unreached people are counted, whatever period is shown.
UNREACHED: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Counted:
    """Inquiries of the hour or day that begins at ``at``."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class TimeToAnswer:
    """How long people waited for moderators' answers: ``middle`` is the median."""

    answered: int
    middle: timedelta | None
    #: Nine of ten waited at most this.
    longest_but_a_tenth: timedelta | None


@dataclass(frozen=True, slots=True)
class Trends:
    """What was asked from ``since`` until ``until``, by whole hours in UTC, without gaps."""

    since: datetime
    until: datetime
    hours: tuple[Counted, ...]
    days: tuple[Counted, ...]
    outcomes: tuple[tuple[Outcome, int], ...]
    languages: tuple[tuple[str, int], ...]
    feedback: tuple[tuple[Feedback, int], ...]
    disputed: int
    to_answer: TimeToAnswer
    fastest: tuple[ClusterSummary, ...]
    #: Who could not be told something in the last ``UNREACHED``.
    failures: tuple[Failure, ...]

    @property
    def unreached(self) -> int:
        """How many people could not be told."""
        return sum(each.people for each in self.failures)

    @property
    def asked(self) -> int:
        """How many inquiries there were."""
        return sum(count for _, count in self.outcomes)

    @property
    def match_rate(self) -> float | None:
        """The share that a statement settled; None if nothing was asked."""
        settled = sum(count for outcome, count in self.outcomes if outcome in SETTLING)
        return settled / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Digest:
    """The figures of one day of the claim queue."""

    asked: int
    people: int
    settled: int
    answered: int
    open: int
    top: tuple[ClusterSummary, ...]


def compute_trends(session: Session, since: datetime, until: datetime) -> Trends:
    """Return the trends from the hour of ``since`` to the hour of ``until``."""
    failures = delivery.list_failures(session, until - UNREACHED, until)
    since, until = _hour(since), _hour(until)
    hour = _hour_column(session)
    hours: Counter[str] = Counter()
    outcomes: Counter[Outcome] = Counter()
    languages: Counter[str] = Counter()
    feedback: Counter[Feedback] = Counter()
    disputed = 0
    inside = Inquiry.asked_at >= since, Inquiry.asked_at < until
    kinds = hour, Inquiry.outcome, Inquiry.language, Inquiry.feedback, Inquiry.disputed
    for at, outcome, language, said, doubted, count in session.execute(
        select(*kinds, func.count()).where(*inside).group_by(*kinds)
    ):
        hours[at] += count
        outcomes[outcome] += count
        languages[language] += count
        disputed += count if doubted else 0
        if said is not None:
            feedback[said] += count
    counted = _every_hour(hours, since, until)
    days: Counter[date] = Counter()
    for each in counted:
        days[each.at.date()] += each.count
    return Trends(
        since=since,
        until=until,
        hours=counted,
        days=tuple(Counted(_midnight(day), count) for day, count in sorted(days.items())),
        outcomes=tuple((outcome, outcomes[outcome]) for outcome in Outcome),
        languages=tuple(languages.most_common()),
        feedback=tuple((kind, feedback[kind]) for kind in Feedback),
        disputed=disputed,
        to_answer=_to_answer(session, since, until),
        fastest=list_clusters(session, Order.GROWTH, limit=FASTEST, now=until).items,
        failures=failures,
    )


def take_growing(session: Session, now: datetime) -> tuple[ClusterSummary, ...]:
    """Return open clusters that grow fast, fastest first, each once until it grows again.

    Moderators are alerted of them. That is recorded before the alert is sent, since a lost alert is
    better than one every time.
    """
    found = list_clusters(session, Order.GROWTH, limit=FASTEST, now=now).items
    fast = [each for each in found if each.recent >= max(ALERT_PEOPLE, ALERT_TIMES * each.before)]
    lately = session.scalars(
        select(Cluster.id).where(
            Cluster.id.in_([each.id for each in fast]), Cluster.alerted_at > now - ALERT_AGAIN
        )
    ).all()
    growing = tuple(each for each in fast if each.id not in lately)
    if growing:
        told = Cluster.id.in_([each.id for each in growing])
        session.execute(update(Cluster).where(told).values(alerted_at=now))
    return growing


def compute_digest(session: Session, now: datetime) -> Digest:
    """Return the figures of the day until ``now``, and the open clusters asked most."""
    since = now - timedelta(days=1)
    inside = Inquiry.asked_at > since, Inquiry.asked_at <= now
    asked, people = session.execute(
        select(func.count(), func.count(Inquiry.person_key.distinct())).where(*inside)
    ).one()
    settled = select(func.count()).where(*inside, Inquiry.outcome.in_(SETTLING))
    answered = select(func.count()).where(Inquiry.answered_at > since, Inquiry.answered_at <= now)
    waiting = select(func.count()).where(
        Cluster.status == ClusterStatus.OPEN, Cluster.merged_into.is_(None)
    )
    return Digest(
        asked=asked,
        people=people,
        settled=session.scalar(settled) or 0,
        answered=session.scalar(answered) or 0,
        open=session.scalar(waiting) or 0,
        top=list_clusters(session, Order.DEMAND, limit=FASTEST, now=now).items,
    )


def _hour_column(session: Session) -> ColumnElement[str]:
    """The hour of an inquiry as text, ``2026-05-01 07``, in UTC."""
    if session.get_bind().dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", Inquiry.asked_at), "YYYY-MM-DD HH24")
    # SQLite stores instants as text in this form.
    text: ColumnElement[Any] = type_coerce(Inquiry.asked_at, String)
    return func.substr(text, 1, 13)


def _every_hour(hours: Counter[str], since: datetime, until: datetime) -> tuple[Counted, ...]:
    count = int((until - since) / timedelta(hours=1))
    moments = (since + timedelta(hours=n) for n in range(count))
    return tuple(Counted(at, hours[f"{at:%Y-%m-%d %H}"]) for at in moments)


def _to_answer(session: Session, since: datetime, until: datetime) -> TimeToAnswer:
    # By the time of the answer: an index holds those few, not everybody who asked.
    inside = Inquiry.answered_at >= since, Inquiry.answered_at < until
    answered = session.scalar(select(func.count()).where(*inside)) or 0
    # The database sorts: loading a month's instants takes longer than everything else.
    in_order = (
        select(Inquiry.asked_at, Inquiry.answered_at).where(*inside).order_by(_waited(session))
    )

    def waited(place: int) -> timedelta | None:
        row = session.execute(in_order.offset(place).limit(1)).first()
        return None if row is None or row.answered_at is None else row.answered_at - row.asked_at

    if not answered:
        return TimeToAnswer(0, None, None)
    return TimeToAnswer(answered, waited((answered - 1) // 2), waited(-(-answered * 9 // 10) - 1))


def _waited(session: Session) -> ColumnElement[Any]:
    """How long a person waited, as a sortable column."""
    if session.get_bind().dialect.name == "postgresql":
        waited: ColumnElement[Any] = Inquiry.answered_at - Inquiry.asked_at
        return waited
    return func.julianday(Inquiry.answered_at) - func.julianday(Inquiry.asked_at)


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
