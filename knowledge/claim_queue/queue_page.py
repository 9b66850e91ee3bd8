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
    """Clusters of one status with their tags, and the cursor of those ``after`` them.

    ``last`` is what was done last to anything, for whoever handles several of them; ``newest`` the
    cluster that was made last. ``languages`` are what clusters of the status can be narrowed to;
    ``searches`` those that its reader saved. ``named`` is the title of a cluster that was asked
    for, empty where there is none.
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
    """Return a page of clusters as ``list_clusters``, and what is shown with it.

    Those that were ``ticked`` come first where they are not among them. Raises BadCursor.
    """
    # Before what is shown: what is done in between is not taken for seen.
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
