"""Search everything for moderators: what has the words first, then what is about the same."""

from dataclasses import dataclass
from typing import Final

from embeddings.encoders.encoder import Encoder
from knowledge.checking.claim_checker import ClaimChecker
from knowledge.claim_queue import similar_clusters
from knowledge.claim_queue.similar_clusters import Similar
from knowledge.claims.arabizi import differ_in_language
from knowledge.corpus import statement_search
from knowledge.corpus.reports import SourcedStatement
from knowledge.corpus.statement_search import Found
from knowledge.storage.database import Sessions

_ALIKE: Final = 8
#: Relevance from which on something is listed that has not the words: less than what people are
#: shown needs, for moderators look on, and what is unrelated has .03 at most as a rule. Relevance
#: is lower across languages, where nothing shares a word.
_RELEVANT: Final = 0.1
_RELEVANT_ABROAD: Final = 0.06


@dataclass(frozen=True, slots=True)
class Results:
    """What has the words of a search, and what is about the same in other words."""

    found: Found
    statements: tuple[SourcedStatement, ...] = ()
    clusters: tuple[Similar, ...] = ()


def search_everything(
    sessions: Sessions, checker: ClaimChecker, encoder: Encoder, wanted: str
) -> Results:
    """Return what has the words of ``wanted``, and what is about the same in other words."""
    found = sessions.read(statement_search.search, wanted)
    # A number alone is about nothing: only its digits can be looked for.
    if not any(letter.isalpha() for letter in wanted):
        return Results(found)
    near = [match.statement for match in checker.nearest(wanted, _ALIKE).matches]
    sure_of = checker.relevances(wanted, [each.text for each in near])
    about = similar_clusters.find_about(sessions, encoder, checker.relevances, wanted)
    statements = {each.id for each in found.statements}
    clusters = {each.cluster_id for each in found.claims}
    return Results(
        found,
        statements=tuple(
            each
            for sure, each in zip(sure_of, near, strict=True)
            if _is_about(wanted, each.text, sure) and each.id not in statements
        ),
        clusters=tuple(
            each
            for sure, each in about
            if _is_about(wanted, each.title, sure) and each.id not in clusters
        )[: similar_clusters.SUGGESTED],
    )


def _is_about(wanted: str, text: str, relevance: float) -> bool:
    abroad = differ_in_language(wanted, text)
    return relevance >= (_RELEVANT_ABROAD if abroad else _RELEVANT)
