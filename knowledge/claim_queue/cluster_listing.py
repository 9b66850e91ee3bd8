"""List clusters of the claim queue by page, and load everything about one."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Float, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from knowledge.accounts.people import is_muted
from knowledge.claim_queue.cluster_filters import WINDOW, Filter, people_by_day
from knowledge.claim_queue.demand import demand, lock_queue
from knowledge.corpus.reports import SourcedStatement, load_by_ids
from knowledge.domain import (
    ClusterStatus,
    Forwarded,
    NotificationKind,
    NotificationStatus,
    Outcome,
    RejectReason,
)
from knowledge.domain import now as this_moment
from knowledge.errors import BadCursor, NotFound
from knowledge.models import Claim, Cluster, Inquiry, Notification, ShownStatement
from knowledge.storage.pagination import Page, bound_limit, decode_cursor, encode_cursor, make_page

#: How many clusters of highest demand are compared by growth: one that grows is being asked now.
HOTTEST: Final = 200
#: Wordings and statements shown for one cluster; there may be thousands.
WORDINGS: Final = 200
CANDIDATES: Final = 10
#: Channel names shown for one cluster.
CHANNELS: Final = 5
#: Languages that the queue can be filtered by.
LANGUAGES: Final = 50


class Order(StrEnum):
    """How clusters are sorted."""

    #: Recent demand: an inquiry counts half as much a day later.
    DEMAND = "demand"
    PEOPLE = "people"
    #: Last asked.
    NEWEST = "newest"
    GROWTH = "growth"


@dataclass(frozen=True, slots=True)
class ClusterSummary:
    """A cluster in the list.

    ``title`` is its first wording. ``demand`` is its inquiries, each counting half per day gone by;
    ``forwarded`` those that came as forwards; ``recent`` and ``before`` are the people who asked in
    the last day and in the day before that.
    """

    id: int
    title: str
    status: ClusterStatus
    reject_reason: RejectReason | None
    assignee: str | None
    snoozed_until: datetime | None
    people: int
    asked: int
    forwarded: int
    first_asked_at: datetime
    last_asked_at: datetime
    demand: float
    languages: tuple[str, ...]
    claims: int
    recent: int
    before: int

    @property
    def growth(self) -> int:
        """How many more people asked in the last day than in the day before."""
        return self.recent - self.before


@dataclass(frozen=True, slots=True)
class Wording:
    """One claim of a cluster, as it was first written."""

    claim_id: int
    text: str
    language: str
    people: int
    asked: int
    first_asked_at: datetime | None
    last_asked_at: datetime | None
    placed_by_hand: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement that people of the cluster were shown, and how often."""

    statement: SourcedStatement
    shown: int


@dataclass(frozen=True, slots=True)
class Channels:
    """How many channels a cluster was forwarded from, and the public ones' names, most often first.

    Each name comes with how often.
    """

    count: int = 0
    names: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterDetail:
    """A cluster with its wordings, most asked first, and the answers that people got so far."""

    summary: ClusterSummary
    wordings: tuple[Wording, ...]
    candidates: tuple[Candidate, ...]
    outcomes: tuple[tuple[Outcome, int], ...]
    disputed: int
    #: People who are to be told when it is answered, or that it is.
    waiting: int
    channels: Channels = Channels()

    def phrasings(self, most: int) -> list[str]:
        """Return the title and up to ``most`` other wordings, most asked first."""
        others = [each.text for each in self.wordings if each.text != self.summary.title]
        return [self.summary.title, *others[:most]]


_EVERYTHING: Final = Filter()

_KEYS: Final[dict[Order, InstrumentedAttribute[Any]]] = {
    Order.DEMAND: Cluster.heat,
    Order.PEOPLE: Cluster.asker_count,
    Order.NEWEST: Cluster.last_asked_at,
}


def list_clusters(
    session: Session,
    order: Order = Order.DEMAND,
    status: ClusterStatus = ClusterStatus.OPEN,
    after: str | None = None,
    limit: int = 50,
    *,
    only: Filter = _EVERYTHING,
    now: datetime | None = None,
) -> Page[ClusterSummary]:
    """Return a page of the clusters of one status that match the filter ``only``.

    Sorted by growth there is only one page. Raises BadCursor if ``after`` is not a page's cursor.
    """
    limit, now = bound_limit(limit), now or this_moment()
    query = select(Cluster).where(*_listed(status, only, now))
    if order is Order.GROWTH:
        hottest = session.scalars(query.order_by(Cluster.heat.desc()).limit(HOTTEST)).all()
        growing = sorted(_summaries(session, hottest, now), key=lambda c: (-c.growth, -c.demand))
        return Page(tuple(growing[:limit]), None)
    key = _KEYS[order]
    if after is not None:
        value, number = decode_cursor(after, float if order is Order.DEMAND else int, int)
        bound = _moment(int(value)) if order is Order.NEWEST else value
        query = query.where(key <= bound, or_(key < bound, Cluster.id < number))
    rows = session.scalars(query.order_by(key.desc(), Cluster.id.desc()).limit(limit + 1)).all()
    page = make_page(rows, limit, lambda row: row, lambda row: _place(row, order))
    return Page(_summaries(session, page.items, now), page.after)


def count(
    session: Session,
    status: ClusterStatus = ClusterStatus.OPEN,
    *,
    only: Filter = _EVERYTHING,
    now: datetime | None = None,
) -> int:
    """Return how many clusters of one status match the filter ``only``."""
    listed = _listed(status, only, now or this_moment())
    return session.scalar(select(func.count(Cluster.id)).where(*listed)) or 0


def load_newest_id(session: Session) -> int:
    """Return the highest cluster number, 0 if there is none."""
    return session.scalar(select(func.max(Cluster.id))) or 0


def list_languages(session: Session, status: ClusterStatus) -> tuple[str, ...]:
    """Return the languages of the claims in clusters of one status."""
    spoken = (
        select(Claim.language)
        .join(Cluster, Cluster.id == Claim.cluster_id)
        .where(Cluster.status == status)
        .distinct()
        .order_by(Claim.language)
        .limit(LANGUAGES)
    )
    return tuple(session.scalars(spoken))


def load_summaries(
    session: Session, cluster_ids: Collection[int], *, now: datetime | None = None
) -> tuple[ClusterSummary, ...]:
    """Return the given clusters, merged ones left out, by recent demand."""
    chosen = Cluster.id.in_(cluster_ids), Cluster.merged_into.is_(None)
    rows = session.scalars(
        select(Cluster).where(*chosen).order_by(Cluster.heat.desc(), Cluster.id.desc())
    ).all()
    return _summaries(session, rows, now or this_moment())


def load_summary(session: Session, cluster_id: int, now: datetime) -> ClusterSummary:
    """Return a cluster as in lists; for a merged one, the cluster it was merged into.

    Raises NotFound.
    """
    (summary,) = _summaries(session, [resolve_merged_cluster(session, cluster_id)], now)
    return summary


def load_cluster(
    session: Session, cluster_id: int, *, now: datetime | None = None
) -> ClusterDetail:
    """Return everything about a cluster; for a merged one, the cluster it was merged into.

    Raises NotFound if there is none of this number.
    """
    row = resolve_merged_cluster(session, cluster_id)
    (summary,) = _summaries(session, [row], now or this_moment())
    of_cluster = Inquiry.claim_id == Claim.id, Claim.cluster_id == row.id
    outcomes = session.execute(
        select(Inquiry.outcome, func.count(), func.sum(case((Inquiry.disputed, 1), else_=0)))
        .where(*of_cluster)
        .group_by(Inquiry.outcome)
    ).all()
    waiting = session.scalar(
        select(func.count(Inquiry.person_key.distinct())).where(*of_cluster, _is_to_be_told(row))
    )
    return ClusterDetail(
        summary=summary,
        wordings=_wordings(session, row.id),
        candidates=_candidates(session, row.id),
        outcomes=tuple(sorted(((o, n) for o, n, _ in outcomes), key=lambda each: -each[1])),
        disputed=sum(disputed for _, _, disputed in outcomes),
        waiting=waiting or 0,
        channels=_channels(session, row.id) if row.forward_count else Channels(),
    )


def _is_to_be_told(row: Cluster) -> ColumnElement[bool]:
    """Whether the person of an inquiry will hear of the next answer: they wait, or were told one.

    People who were told an answer hear of a different one; until they have, it is on its way.
    """
    statuses = [NotificationStatus.WAITING]
    if row.status is not ClusterStatus.ANSWERED:
        statuses.append(NotificationStatus.SENT)
    answered = (
        select(Notification.id)
        .where(
            Notification.inquiry_id == Inquiry.id,
            Notification.kind == NotificationKind.ANSWERED,
            Notification.status.in_(statuses),
            ~is_muted(Notification.person_key),
        )
        .exists()
    )
    return or_(Inquiry.waiting, answered)


def make_cursor(session: Session, cluster_id: int) -> str:
    """Return the cursor of what follows a cluster in the order of demand. Raises NotFound."""
    return encode_cursor(*_place(resolve_merged_cluster(session, cluster_id), Order.DEMAND))


def resolve_merged_cluster(session: Session, cluster_id: int) -> Cluster:
    """Return the row of a cluster, or of the one it was merged into.

    Raises NotFound if there is none of this number.
    """
    row = session.get(Cluster, cluster_id, populate_existing=True)
    while row is not None and row.merged_into is not None:
        row = session.get(Cluster, row.merged_into, populate_existing=True)
    if row is None:
        raise NotFound(f"there is no cluster number {cluster_id}; see the inbox")
    return row


def lock_cluster(session: Session, cluster_id: int) -> Cluster:
    """Return the row of a cluster under the queue's lock (``demand.lock_queue``).

    Raises as ``resolve_merged_cluster``.
    """
    lock_queue(session)
    return resolve_merged_cluster(session, cluster_id)


def _listed(status: ClusterStatus, only: Filter, now: datetime) -> list[ColumnElement[bool]]:
    return [Cluster.status == status, Cluster.merged_into.is_(None), *only.conditions(now)]


def _summaries(
    session: Session, rows: Sequence[Cluster], now: datetime
) -> tuple[ClusterSummary, ...]:
    ids = [row.id for row in rows]
    claims: dict[int, Counter[str]] = {number: Counter() for number in ids}
    held = select(Claim.cluster_id, Claim.language, func.count()).where(Claim.cluster_id.in_(ids))
    for number, language, count in session.execute(
        held.group_by(Claim.cluster_id, Claim.language).order_by(Claim.language)
    ):
        if number is not None:
            claims[number][language] = count
    recent, before = _people(session, rows, now)
    return tuple(
        ClusterSummary(
            id=row.id,
            title=row.title,
            status=row.status,
            reject_reason=row.reject_reason,
            assignee=row.assignee,
            snoozed_until=row.snoozed_until,
            people=row.asker_count,
            asked=row.inquiry_count,
            forwarded=row.forward_count,
            first_asked_at=row.first_asked_at,
            last_asked_at=row.last_asked_at,
            demand=demand(row.heat, now),
            languages=tuple(name for name, _ in claims[row.id].most_common()),
            claims=claims[row.id].total(),
            recent=recent.get(row.id, 0),
            before=before.get(row.id, 0),
        )
        for row in rows
    )


def _people(
    session: Session, rows: Sequence[Cluster], now: datetime
) -> tuple[dict[int, int], dict[int, int]]:
    """Return how many people asked each cluster in the last window, and in the one before it."""
    since = now - 2 * WINDOW
    asked = [row.id for row in rows if row.last_asked_at > since]
    found = session.execute(
        select(Claim.cluster_id, *people_by_day(now))
        .join(Inquiry, Inquiry.claim_id == Claim.id)
        .where(Claim.cluster_id.in_(asked), Inquiry.asked_at > since, Inquiry.asked_at <= now)
        .group_by(Claim.cluster_id)
    ).all()
    counted = [(number, ours, theirs) for number, ours, theirs in found if number is not None]
    return {n: ours for n, ours, _ in counted}, {n: theirs for n, _, theirs in counted}


def _wordings(session: Session, cluster_id: int) -> tuple[Wording, ...]:
    asked = func.count(Inquiry.id)
    rows = session.execute(
        select(
            Claim,
            func.count(Inquiry.person_key.distinct()),
            asked,
            func.min(Inquiry.asked_at),
            func.max(Inquiry.asked_at),
        )
        .outerjoin(Inquiry, Inquiry.claim_id == Claim.id)
        .where(Claim.cluster_id == cluster_id, Claim.text != "")
        .group_by(Claim.id)
        .order_by(asked.desc(), Claim.id)
        .limit(WORDINGS)
    )
    return tuple(
        Wording(row.id, row.text, row.language, people, times, first, last, row.placed_by_hand)
        for row, people, times, first, last in rows
    )


def _candidates(session: Session, cluster_id: int) -> tuple[Candidate, ...]:
    # The statement shown first counts as much as all others together: the answer rested on it.
    weight = func.sum(case((ShownStatement.position == 0, 1.0), else_=0.1)).cast(Float)
    rows = session.execute(
        select(ShownStatement.statement_id, func.count())
        .join(Inquiry, ShownStatement.inquiry_id == Inquiry.id)
        .join(Claim, Inquiry.claim_id == Claim.id)
        .where(Claim.cluster_id == cluster_id)
        .group_by(ShownStatement.statement_id)
        .order_by(weight.desc(), ShownStatement.statement_id)
        .limit(CANDIDATES)
    ).all()
    statements = {each.id: each for each in load_by_ids(session, [number for number, _ in rows])}
    return tuple(Candidate(statements[n], times) for n, times in rows if n in statements)


def _channels(session: Session, cluster_id: int) -> Channels:
    """Return the channels that a cluster was forwarded from, except erased ones."""
    of_cluster = (
        Inquiry.claim_id == Claim.id,
        Claim.cluster_id == cluster_id,
        Inquiry.origin_kind == Forwarded.CHANNEL,
    )
    count = (
        session.scalar(select(func.count(Inquiry.origin_key.distinct())).where(*of_cluster)) or 0
    )
    times = func.count()
    # A renamed channel is shown under one of its names.
    name = func.max(Inquiry.origin_name)
    rows = session.execute(
        select(name, times)
        .where(*of_cluster, Inquiry.origin_name.is_not(None))
        .group_by(Inquiry.origin_key)
        .order_by(times.desc(), name)
        .limit(CHANNELS)
    )
    return Channels(count, tuple((name, times) for name, times in rows if name is not None))


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _place(row: Cluster, order: Order) -> tuple[int | float, int]:
    match order:
        case Order.NEWEST:
            # Whole microseconds: the database knows no finer ones.
            return (row.last_asked_at - _EPOCH) // timedelta(microseconds=1), row.id
        case Order.PEOPLE:
            return row.asker_count, row.id
        case _:
            return float(row.heat), row.id


def _moment(microseconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError as error:
        raise BadCursor("this page does not exist; begin at the first one") from error
