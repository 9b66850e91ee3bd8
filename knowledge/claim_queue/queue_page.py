"""Load a page of the claim queue, with all that its list and its filters show."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from knowledge.claim_queue import cluster_listing, cluster_notes, saved_searches
from knowledge.claim_queue.cluster_filters import Filter
from knowledge.claim_queue.cluster_listing import ClusterSummary, Order
from knowledge.claim_queue.saved_searches import NamedSearch
from knowledge.domain import ClusterStatus
from knowledge.storage import audit_log


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A page of clusters of one status with their tags, and the cursor of those ``after`` them.

    ``last`` is the newest audit entry, for acts on several clusters; ``newest`` the highest cluster
    number. ``languages`` are those that clusters of the status can be filtered by; ``searches`` are
    the reader's saved searches. ``named`` is the title of a cluster that was asked for, otherwise
    empty.
    """

    clusters: tuple[ClusterSummary, ...]
    after: str | None
    tags: Mapping[int, tuple[str, ...]]
    last: int
    newest: int
    languages: tuple[str, ...]
    searches: tuple[NamedSearch, ...]
    named: str


def load_queue_page(
    session: Session,
    order: Order,
    status: ClusterStatus,
    after: str | None,
    limit: int,
    *,
    only: Filter,
    now: datetime,
    reader: str,
    ticked: Collection[int] = (),
    named: int | None = None,
) -> QueuePage:
    """Return a page of clusters as ``list_clusters`` does, with all that is shown beside it.

    Clusters that were ``ticked`` come first if they are not on the page. Raises BadCursor.
    """
    # Read before what is shown, so that a change in between does not count as seen.
    last, newest = audit_log.load_latest_id(session), cluster_listing.load_newest_id(session)
    page = cluster_listing.list_clusters(session, order, status, after, limit, only=only, now=now)
    gone = set(ticked) - {each.id for each in page.items}
    found = cluster_listing.load_summaries(session, [named], now=now) if named is not None else ()
    clusters = (*cluster_listing.load_summaries(session, gone, now=now), *page.items)
    return QueuePage(
        clusters=clusters,
        after=page.after,
        tags=cluster_notes.load_tags(session, [each.id for each in clusters]),
        last=last,
        newest=newest,
        languages=cluster_listing.list_languages(session, status),
        searches=saved_searches.list_searches(session, reader),
        named=next((each.title for each in found), ""),
    )
