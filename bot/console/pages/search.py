"""Search over everything: what has the words first, then what is about the same."""

from typing import Final

from starlette.responses import Response

from bot.console.requests import Visit
from knowledge.claim_queue import similar_clusters
from knowledge.corpus import statement_search

_LONGEST: Final = 300
_ALIKE: Final = 8
#: Relevance from which on a statement is listed that has not the words: less than what people are
#: shown needs, for moderators look on, and what is unrelated has .03 at most as a rule.
_RELEVANT: Final = 0.1


def show(visit: Visit) -> Response:
    """Show what has the words, and what is about what is searched for in other words."""
    wanted, desk = visit.asked.text("q", _LONGEST), visit.desk
    if not wanted:
        return visit.page("search.html", found=None)
    with visit.transaction() as session:
        found = statement_search.search(session, wanted)
    statements = {statement.id for statement in found.statements}
    clusters = {claim.cluster_id for claim in found.claims}
    near = desk.answering.nearest(wanted, _ALIKE).matches
    about = similar_clusters.about(desk.sessions, desk.encoder, desk.meanings, wanted)
    return visit.page(
        "search.html",
        found=found,
        alike=[
            match.statement
            for match in near
            if match.relevance >= _RELEVANT and match.statement.id not in statements
        ],
        about=[cluster for cluster in about if cluster.id not in clusters],
    )
