"""Show the inbox: unsettled claims, the most asked first; and saved searches."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from bot.console.claim_queue_view import Tab, list_query_fields, parse_view
from bot.console.error_pages import describe_error
from bot.console.errors import BadForm
from bot.console.requests import Visit
from knowledge.claim_queue import cluster_listing, cluster_notes, saved_searches
from knowledge.claim_queue.cluster_listing import Order
from knowledge.claim_queue.queue_page import load_queue_page
from knowledge.curation.bulk_actions import Refused
from knowledge.domain import Outcome, RejectReason
from knowledge.errors import TooManySaved

#: Clusters on a page, and the most that are handled at once.
PAGE: Final = 30
#: Default days of a snooze.
SNOOZE: Final = timedelta(days=1)
#: Maximum digits of a cluster's id.
_DIGITS: Final = 9


def show(
    visit: Visit, *, problem: str = "", refused: Sequence[Refused] = (), code: int = 200
) -> Response:
    """Show a page of clusters.

    If an act was refused, say why: ``problem`` for all clusters, ``refused`` for single ones. The
    selection is kept.
    """
    visit = replace(visit, path="/inbox")
    seen = parse_view(visit.asked, visit.visitor.key)
    ticked = visit.sent.numbers("cluster")[:PAGE] if problem else []
    page = visit.do(
        load_queue_page,
        seen.order,
        seen.status,
        seen.after,
        PAGE,
        only=seen.only,
        now=visit.now,
        reader=visit.visitor.key,
        ticked=ticked,
        named=_find_last_cluster(visit),
    )
    known = visit.names
    return visit.page(
        "inbox.html",
        code,
        clusters=page.clusters,
        after=page.after,
        last=page.last,
        newest=page.newest,
        ticked=ticked,
        done_to=page.named,
        tags=page.tags,
        problem=problem,
        refused=explain_refused(visit, refused),
        most=PAGE,
        searches=page.searches,
        searched=urlencode(list_query_fields(visit.asked, "after", "since")),
        longest_tag=cluster_notes.LONGEST_TAG,
        longest_name=saved_searches.LONGEST_NAME,
        tomorrow=visit.now.date() + SNOOZE,
        view=seen,
        active=seen.active,
        languages_asked=sorted({*page.languages, *filter(None, [seen.only.language])}),
        outcomes=tuple(Outcome),
        colleagues=sorted(known.keys() - {visit.visitor.key}, key=lambda key: known[key]),
        names=known,
        tabs=tuple(Tab),
        orders=tuple(Order),
        reasons=tuple(RejectReason),
    )


def _find_last_cluster(visit: Visit) -> int | None:
    """Return the cluster of the act that led to this page, if it was a single one."""
    of = visit.asked.text("of")
    return int(of) if of.isdecimal() and len(of) <= _DIGITS else None


def news(visit: Visit) -> Response:
    """Say how many new clusters the list does not show yet; empty if none."""
    seen = parse_view(visit.asked, visit.visitor.key)
    new = visit.do(cluster_listing.count, seen.status, only=seen.only, now=visit.now)
    return visit.page("news.html", new=new) if new else Response(status_code=204)


def save_search(visit: Visit) -> Response:
    """Save the current search under a name."""
    words, searched = visit.words, list_query_fields(visit.asked, "after", "since")
    # An invalid query is not saved.
    parse_view(visit.asked, visit.visitor.key)
    try:
        name = visit.sent.needed("name", saved_searches.LONGEST_NAME)
    except BadForm:
        most = saved_searches.LONGEST_NAME
        problem = words.say("Give the search a name of {n} characters at most.").format(n=most)
        return show(visit, problem=problem, code=400)
    try:
        visit.do(saved_searches.save_search, visit.visitor.key, name, urlencode(searched))
    except TooManySaved as error:
        return show(visit, problem=describe_error(error, words.say), code=409)
    return visit.to("/inbox", "search_saved", **searched)


def drop_search(visit: Visit) -> Response:
    """Delete one's own saved search."""
    visit.do(saved_searches.delete_search, visit.visitor.key, visit.number)
    return visit.to("/inbox", "search_deleted", **list_query_fields(visit.asked))


def explain_refused(visit: Visit, refused: Sequence[Refused]) -> list[tuple[Refused, str]]:
    """Return each refused cluster with the reason in the moderator's language."""
    known = visit.names if refused else {}
    return [(each, describe_error(each.why, visit.words.say, known)) for each in refused]
