"""Fact-checks: schema.org ClaimReview JSON-LD, and the Fact Check Tools API's claims.

Both say the same under different names; either is read as a JSON document, as JSONL rows, or (the
former) embedded in a page: https://schema.org/ClaimReview and
https://developers.google.com/fact-check/tools/api/reference/rest/v1alpha1/claims.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from urllib.parse import urlsplit

from knowledge.corpus.ratings import SUPPORTING_RATINGS, normalise_rating, rating_on_scale
from knowledge.corpus.readers import fields, html_reader, json_documents
from knowledge.corpus.readers.fields import FieldError, Flaw
from knowledge.corpus.readers.file_decoding import Document, from_start
from knowledge.corpus.readers.json_documents import JsonError, Value
from knowledge.corpus.readers.reader_types import Defaults, Problem
from knowledge.domain import Rating, ReportDraft, ReportKind, StatementDraft
from knowledge.errors import UnreadableFile
from knowledge.text.language import guess_language

_Object = Mapping[str, object]

_REVIEW_TYPES = ("ClaimReview", "http://schema.org/ClaimReview", "https://schema.org/ClaimReview")
_BEGINNING_BYTES = 1024


def read_claim_reviews(document: Document, defaults: Defaults) -> Iterator[ReportDraft | Problem]:
    """Yield a fact-check for each review in the file, or what is wrong with it.

    Raises:
        UnreadableFile: it is not JSON, or no review is in it.
    """
    found = False
    for value in _values(document):
        if isinstance(value, Problem):
            found = found or value.line is not None
            yield value
            continue
        reviews = list(_reviews(value.content))
        if not reviews and value.line is not None:
            yield Problem(
                value.line,
                "claimReview: is missing; a row needs a claim and its reviews",
                Flaw.NO_TEXT,
            )
        for number, (claim, review) in enumerate(reviews, start=1):
            where = f"review {number}: " if len(reviews) > 1 else ""
            place = f"line {value.line}" if value.line is not None else f"review {number}"
            try:
                yield replace(_report(claim, review, defaults), place=place)
            except FieldError as error:
                yield Problem(value.line, f"{where}{error}", error.flaw)
        found = found or bool(reviews) or value.line is not None
    if not found:
        raise UnreadableFile(f"{document} holds no ClaimReview; check that it is the right file.")


def is_claim_review(value: object) -> bool:
    """Return whether a JSON value holds, or is meant to hold, fact-checks."""
    if isinstance(value, dict) and ("claimReview" in value or "claims" in value):
        return True
    return next(_reviews(value), None) is not None


def _values(document: Document) -> Iterator[Value | Problem]:
    if not _is_page(document):
        yield from json_documents.read_values(document)
        return
    for block in html_reader.json_ld(html_reader.read_page(document)):
        try:
            yield Value(block.line, json_documents.parse_json(block.text))
        except JsonError as error:
            yield Problem(block.line, str(error))


def _is_page(document: Document) -> bool:
    beginning = from_start(document).read(_BEGINNING_BYTES)
    return beginning.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def _reviews(value: object) -> Iterator[tuple[_Object, _Object]]:
    """Yield (claim, review) pairs in document order, wherever a list or an object holds them.

    Walks with a list of its own: a document may nest deeper than Python calls can.
    """
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(reversed(node))
        elif isinstance(node, dict):
            if any(kind in _REVIEW_TYPES for kind in _listed(node.get("@type"))):
                yield node, node
            elif "claimReview" in node:
                yield from ((node, review) for review in _objects(node["claimReview"]))
            else:
                waiting.extend(reversed(node.values()))


def _report(claim: _Object, review: _Object, defaults: Defaults) -> ReportDraft:
    reviewed = _first(claim, "text", "claimReviewed")
    text = fields.text_of(reviewed, "text", fields.MAX_STATEMENT)
    if text is None:
        raise FieldError(
            "claimReviewed: is missing; a review needs the claim it is about", Flaw.NO_TEXT
        )
    url = fields.url_of(_link(review), "url") or defaults.url
    publisher = _publisher(review) or (urlsplit(url).hostname if url else None)
    publisher = publisher or defaults.publisher
    if publisher is None:
        raise FieldError("publisher: is missing; say who published the review", Flaw.NO_PUBLISHER)
    title = _line(review, fields.MAX_TITLE, "title", "headline", "name") or fields.title_from(text)
    language = fields.language_of(_first(review, "languageCode", "inLanguage"), "languageCode")
    ref = _ref(url or publisher, text)
    return ReportDraft(
        title=title,
        publisher=publisher,
        url=url,
        published_at=_day(review, "reviewDate", "datePublished") or defaults.published_at,
        language=language or defaults.language or guess_language(text),
        kind=ReportKind.FACT_CHECK,
        statements=(_statement(claim, review, text, ref),),
        ref=ref,
    )


def _statement(claim: _Object, review: _Object, text: str, ref: str) -> StatementDraft:
    item: _Object = next(_objects(claim.get("itemReviewed")), {})
    author: _Object = next(_named(item.get("author")), {})
    scale: _Object = next(_objects(review.get("reviewRating")), {})
    wording = _line(review, fields.MAX_RATING, "textualRating") or _line(
        scale, fields.MAX_RATING, "alternateName", "name"
    )
    return StatementDraft(
        text=text,
        speaker=_line(claim, fields.MAX_SPEAKER, "claimant")
        or _line(author, fields.MAX_SPEAKER, "name", field="author"),
        rating=_rating(wording, scale),
        rating_text=wording,
        as_of=_day(claim, "claimDate") or _day(item, "datePublished", "dateCreated"),
        ref=ref,
    )


def _rating(wording: str | None, scale: _Object) -> Rating | None:
    worded = normalise_rating(wording) if wording else None
    if worded is not None:
        return worded
    value = _number(scale.get("ratingValue"))
    best, worst = _number(scale.get("bestRating")), _number(scale.get("worstRating"))
    if value is None:
        return None
    numbered = rating_on_scale(
        value, 5.0 if best is None else best, 1.0 if worst is None else worst
    )
    # Words that are not understood may say the opposite of the number beside them.
    return None if wording and numbered in SUPPORTING_RATINGS else numbered


def _publisher(review: _Object) -> str | None:
    named = [*_named(review.get("publisher")), *_named(review.get("author"))]
    for key in ("name", "site"):
        for who in named:
            if name := _line(who, fields.MAX_PUBLISHER, key, field="publisher"):
                return name
    return None


def _link(review: _Object) -> object:
    link = _first(review, "url", "mainEntityOfPage", "@id")
    return link.get("@id") if isinstance(link, dict) else link


def _ref(where: str, claim: str) -> str:
    """A name for one claim reviewed at one address that stays the same from run to run."""
    return f"{where}#{hashlib.sha256(claim.encode()).hexdigest()[:16]}"


def _first(node: _Object, *keys: str) -> object:
    """The first value present under ``keys``; of a list of values, its first."""
    for key in keys:
        value = node.get(key)
        if isinstance(value, list):
            value = next(iter(value), None)
        if value is not None and value != "":
            return value
    return None


def _line(node: _Object, limit: int, *keys: str, field: str | None = None) -> str | None:
    return fields.line_of(_first(node, *keys), field or keys[0], limit)


def _day(node: _Object, *keys: str) -> date | None:
    return next((d for k in keys if (d := fields.day_of(_first(node, k), k))), None)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _objects(value: object) -> Iterator[_Object]:
    """The objects in ``value``: itself, or those of a list."""
    return (node for node in _listed(value) if isinstance(node, dict))


def _named(value: object) -> Iterator[_Object]:
    """The people or organisations in ``value``, which may be written as plain names."""
    return _objects([{"name": v} if isinstance(v, str) else v for v in _listed(value)])


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
