"""A statement's place in its report: it is quoted verbatim or not at all (pure)."""

from typing import Final

from knowledge.corpus.readers import fields
from knowledge.domain import Span
from knowledge.errors import BadEdit, EditProblem

#: Characters of a statement at most, as where it is read from a file.
LONGEST: Final = fields.MAX_STATEMENT


def locate_quote(body: str | None, text: str, span: Span | None) -> Span | None:
    """Return where ``text`` stands in ``body``: at ``span``, else the only or first place.

    None where the report has no body to quote from. Raises BadEdit for a text that is empty, too
    long, or not in the body.
    """
    if not text.strip():
        raise BadEdit(
            EditProblem.NO_WORDS, "a statement needs words; quote a sentence of the report"
        )
    if len(text) > LONGEST:
        raise BadEdit(
            EditProblem.TOO_MANY_WORDS,
            f"a statement of more than {LONGEST} characters is none; quote one sentence",
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
            "the words are not what stands there in the report; mark them again",
        )
    start = body.find(text)
    if start < 0:
        raise BadEdit(
            EditProblem.NOT_IN_REPORT,
            "the words are not in the report; quote them exactly as they stand there",
        )
    return Span(start, start + len(text))
