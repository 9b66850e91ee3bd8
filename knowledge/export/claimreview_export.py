"""Export fact-checks as schema.org ClaimReview JSON-LD, with the fields that Google requires.

https://developers.google.com/search/docs/appearance/structured-data/factcheck: ``url``,
``claimReviewed`` and ``reviewRating`` with ``alternateName``. Statements without an address or a
rating are left out.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from knowledge.corpus.reports import SourcedStatement
from knowledge.domain import Rating

_BEST, _WORST = 5, 1
#: Position of a rating on the scale; other ratings say nothing about truth.
_POINTS: Final = {Rating.TRUE: 5, Rating.MOSTLY_TRUE: 4, Rating.MIXED: 3, Rating.FALSE: 1}


def claim_reviews(statements: Iterable[SourcedStatement]) -> Iterator[str]:
    """Yield the lines of one JSON document: a ``DataFeed`` of the fact-checks.

    It is safe inside a page's script: no text can end the script.
    """
    yield '{\n"@context": "https://schema.org", "@type": "DataFeed", "dataFeedElement": [\n'
    separator = ""
    for statement in statements:
        review = _review(statement)
        if review is not None:
            element = {"@type": "DataFeedItem", "item": [review]}
            yield separator + json.dumps(element, ensure_ascii=False).replace("<", "\\u003c")
            separator = ",\n"
    yield "\n]}\n"


def _review(s: SourcedStatement) -> dict[str, Any] | None:
    wording = s.rating_text or (s.rating.value.replace("_", " ") if s.rating else None)
    if s.url is None or wording is None:
        return None
    claim: dict[str, Any] = {"@type": "Claim", "name": s.text}
    if s.speaker:
        # It is not known whether the author is a person or an organisation: both are a Thing with a
        # name.
        claim["author"] = {"@type": "Thing", "name": s.speaker}
    if s.as_of:
        claim["datePublished"] = s.as_of.isoformat()
    rating: dict[str, Any] = {"@type": "Rating", "alternateName": wording}
    point = _POINTS.get(s.rating) if s.rating else None
    if point is not None:
        rating |= {"ratingValue": point, "bestRating": _BEST, "worstRating": _WORST}
    review = {
        "@type": "ClaimReview",
        "url": s.url,
        "claimReviewed": s.text,
        "headline": s.title,
        "inLanguage": s.language,
        "itemReviewed": claim,
        "reviewRating": rating,
    }
    if s.publisher:
        review["author"] = {"@type": "Organization", "name": s.publisher}
    if s.published_at:
        review["datePublished"] = s.published_at.isoformat()
    return review
