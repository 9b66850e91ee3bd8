"""Search for moderators: exact words first, then the same subject in other words."""

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
#: Least relevance to list something without the words: less than for people, since moderators read
#: critically. Unrelated text has .03 at most as a rule; relevance is lower across languages, which
#: share no words.
_RELEVANT: Final = 0.1
_RELEVANT_ABROAD: Final = 0.06


@dataclass(frozen=True, slots=True)
class Results:
    """Matches by words, and matches about the same subject in other words."""

    found: Found
    statements: tuple[SourcedStatement, ...] = ()
    clusters: tuple[Similar, ...] = ()


def search_everything(
    sessions: Sessions, checker: ClaimChecker, encoder: Encoder, wanted: str
) -> Results:
    """Return what contains the words of ``wanted``, and what is about the same subject."""
    found = sessions.read(statement_search.search, wanted)
    # A number alone has no subject: only its digits can be searched.
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
