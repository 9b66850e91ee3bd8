"""The inbox: what people ask and nothing settles, what is asked most first."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from bot.console.claim_queue_view import Tab, kept, view
from bot.console.error_pages import describe_error
from bot.console.errors import BadForm
from bot.console.requests import Visit
from knowledge.claim_queue import cluster_listing, cluster_notes, saved_searches
from knowledge.claim_queue.cluster_listing import Order
from knowledge.claim_queue.queue_page import load_queue_page
from knowledge.curation.bulk_actions import Refused
from knowledge.domain import Outcome, RejectReason
from knowledge.errors import TooManySaved

#: Clusters on a page, and clusters that are handled at once.
PAGE: Final = 30
#: What "put off" means where nothing else is said.
SNOOZE: Final = timedelta(days=1)
#: Digits of a cluster's number.
_DIGITS: Final = 9


def show(
    visit: Visit, *, problem: str = "", refused: Sequence[Refused] = (), code: int = 200
) -> Response:
    """Show a page of clusters.

    Where something was sent that could not be done, say so: ``problem`` of all of it, ``refused``
    of single clusters. What was ticked is listed, and ticked, still.
    """
    visit = replace(visit, path="/inbox")
    seen = view(visit.asked, visit.visitor.key)
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
        named=_done_to(visit),
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
        refused=explained(visit, refused),
        most=PAGE,
        searches=page.searches,
        searched=urlencode(kept(visit.asked, "after", "since")),
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


def _done_to(visit: Visit) -> int | None:
    """Return the cluster that the act before was done to, if it was one."""
    of = visit.asked.text("of")
    return int(of) if of.isdecimal() and len(of) <= _DIGITS else None


def news(visit: Visit) -> Response:
    """Say how many clusters there are that the list does not show yet, nothing where none are."""
    seen = view(visit.asked, visit.visitor.key)
    new = visit.do(cluster_listing.count, seen.status, only=seen.only, now=visit.now)
    return visit.page("news.html", new=new) if new else Response(status_code=204)


def save_search(visit: Visit) -> Response:
    """Keep what is looked at under a name."""
    words, searched = visit.words, kept(visit.asked, "after", "since")
    # An address that asks for what it cannot is not kept.
    view(visit.asked, visit.visitor.key)
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
    """Delete a search of one's own."""
    visit.do(saved_searches.delete_search, visit.visitor.key, visit.number)
    return visit.to("/inbox", "search_deleted", **kept(visit.asked))


def explained(visit: Visit, refused: Sequence[Refused]) -> list[tuple[Refused, str]]:
    """Return what could not be done, each with why, in the moderator's words."""
    known = visit.names if refused else {}
    return [(each, describe_error(each.why, visit.words.say, known)) for each in refused]
