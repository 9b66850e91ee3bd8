"""Search over everything: what has the words first, then what is about the same."""

from typing import Final

from starlette.responses import Response

from bot.console.requests import Visit
from knowledge.claim_queue import similar_clusters
from knowledge.claims.arabizi import differ_in_language
from knowledge.corpus import statement_search

_LONGEST: Final = 300
_ALIKE: Final = 8
_CLUSTERS: Final = similar_clusters.SUGGESTED
#: Relevance from which on something is listed that has not the words: less than what people are
#: shown needs, for moderators look on, and what is unrelated has .03 at most as a rule. Relevance
#: is lower across languages, where nothing shares a word.
_RELEVANT: Final = 0.1
_RELEVANT_ABROAD: Final = 0.06


def show(visit: Visit) -> Response:
    """Show what has the words, and what is about what is searched for in other words."""
    wanted, desk = visit.asked.text("q", _LONGEST), visit.desk
    if not wanted:
        return visit.page("search.html", found=None)
    with visit.transaction() as session:
        found = statement_search.search(session, wanted)
    statements = {statement.id for statement in found.statements}
    clusters = {claim.cluster_id for claim in found.claims}
    # A number alone is about nothing: only its digits can be looked for.
    means = any(letter.isalpha() for letter in wanted)
    matches = desk.answering.nearest(wanted, _ALIKE).matches if means else ()
    near = [match.statement for match in matches]
    sure_of = desk.answering.relevances(wanted, [each.text for each in near])
    about = (
        similar_clusters.about(desk.sessions, desk.encoder, desk.answering.relevances, wanted)
        if means
        else []
    )
    return visit.page(
        "search.html",
        found=found,
        alike=[
            statement
            for sure, statement in zip(sure_of, near, strict=True)
            if _is_about(wanted, statement.text, sure) and statement.id not in statements
        ],
        about=[
            cluster
            for sure, cluster in about
            if _is_about(wanted, cluster.title, sure) and cluster.id not in clusters
        ][:_CLUSTERS],
    )


def _is_about(wanted: str, text: str, relevance: float) -> bool:
    abroad = differ_in_language(wanted, text)
    return relevance >= (_RELEVANT_ABROAD if abroad else _RELEVANT)
