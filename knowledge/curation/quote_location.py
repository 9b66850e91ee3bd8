"""Locate text in a report: a statement is quoted verbatim or not at all (pure)."""

from typing import Final

from embeddings.text.normalisation import visible
from knowledge.corpus.readers import fields
from knowledge.domain import Span
from knowledge.errors import BadEdit, EditProblem

#: The most characters of a statement, as for imported ones.
LONGEST: Final = fields.MAX_STATEMENT


def locate_quote(body: str | None, text: str, span: Span | None) -> Span | None:
    """Return where ``text`` is in ``body``: at ``span``, else at its only or first occurrence.

    None if the report has no body to quote from. Raises BadEdit for a text that is empty, too long,
    or not in the body.
    """
    if not text.strip():
        raise BadEdit(
            EditProblem.NO_WORDS, "the statement is empty; quote a sentence of the report"
        )
    if len(text) > LONGEST:
        raise BadEdit(
            EditProblem.TOO_MANY_WORDS,
            f"a statement has {LONGEST} characters at most; quote one sentence",
            n=LONGEST,
        )
    if body is None:
        if span is not None:
            raise BadEdit(
                EditProblem.REPORT_WITHOUT_TEXT,
                "this report has no text to point into; leave the place out",
            )
        return None
    if span is not None:
        if 0 <= span.start < span.end <= len(body) and body[span.start : span.end] == text:
            return span
        raise BadEdit(
            EditProblem.NOT_IN_REPORT,
            "the report has other words in this place; mark them again",
        )
    start = body.find(text)
    if start < 0:
        raise BadEdit(
            EditProblem.NOT_IN_REPORT,
            "the words are not in the report; copy them exactly from it",
        )
    return Span(start, start + len(text))


def locate_words(text: str, words: str) -> Span | None:
    """Return where ``words``, copied from a page, are in a text; None if they are not.

    Invisible characters are not shown, and copying joins lines: both are ignored.
    """
    wanted = "".join(visible(words).split())
    if not wanted:
        return None
    seen: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        if letter.isalnum() or (not letter.isspace() and visible(letter)):
            seen.append(letter)
            places.append(place)
    found = "".join(seen).find(wanted)
    return Span(places[found], places[found + len(wanted) - 1] + 1) if found >= 0 else None
