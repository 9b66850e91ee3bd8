"""Read report rows: one JSON object per report, as JSONL, a list or a single object."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from knowledge.corpus.ratings import normalise_rating
from knowledge.corpus.readers import fields, json_documents
from knowledge.corpus.readers.fields import FieldError, Flaw
from knowledge.corpus.readers.file_decoding import Document
from knowledge.corpus.readers.reader_types import Defaults, Problem, Refs
from knowledge.domain import ReportDraft, ReportKind, StatementDraft
from knowledge.text.language import guess_language


def read_rows(document: Document, defaults: Defaults) -> Iterator[ReportDraft | Problem]:
    """Yield the report of each row, or what is wrong with it."""
    refs = Refs()
    for value in json_documents.read_values(document):
        if isinstance(value, Problem):
            yield value
        elif isinstance(value.content, list) and value.line is None:
            for number, row in enumerate(value.content, start=1):
                yield _read(row, None, f"row {number}", defaults, refs)
        elif value.line is None:
            yield _read(value.content, None, "", defaults, refs)
        else:
            yield _read(value.content, value.line, f"line {value.line}", defaults, refs)


def report_of(row: Mapping[str, object], defaults: Defaults) -> ReportDraft:
    """Return the report a row describes; unknown keys are ignored.

    Raises:
        FieldError: a field is missing, of the wrong type, or out of bounds.
    """
    publisher = fields.line_of(row.get("publisher"), "publisher", fields.MAX_PUBLISHER)
    publisher = publisher or defaults.publisher
    if publisher is None:
        raise FieldError("publisher: is missing; say who published the report", Flaw.NO_PUBLISHER)
    body = fields.text_of(row.get("body"), "body", fields.MAX_BODY)
    statements = _statements(row.get("statements"))
    if body is None and not statements:
        raise FieldError(
            "body: is missing; a report needs body, or statements with a text each; found"
            f" {fields.shown_names(row)}",
            Flaw.NO_TEXT,
        )
    kind = fields.kind_of(row.get("kind"), "kind")
    if kind is None:
        # Only a fact-check rates what it states.
        rated = any(statement.rating_text for statement in statements)
        kind = ReportKind.FACT_CHECK if rated else ReportKind.NEWS
    words = body or " ".join(statement.text for statement in statements[:10])
    language = fields.language_of(row.get("language"), "language") or defaults.language
    title = fields.line_of(row.get("title"), "title", fields.MAX_TITLE)
    return ReportDraft(
        title=title or fields.title_from(words),
        publisher=publisher,
        url=fields.url_of(row.get("url"), "url") or defaults.url,
        published_at=fields.day_of(row.get("published_at"), "published_at")
        or defaults.published_at,
        language=language or guess_language(words),
        kind=kind,
        body=body,
        statements=statements,
        ref=fields.line_of(row.get("ref"), "ref", fields.MAX_REF),
    )


def _read(
    row: object, line: int | None, place: str, defaults: Defaults, refs: Refs
) -> ReportDraft | Problem:
    where = f"{place}: " if place and line is None else ""
    if not isinstance(row, dict):
        return Problem(line, f"{where}must be an object, not {fields.json_kind(row)}")
    try:
        report = report_of(row, defaults)
        refs.take(report.ref, place)
    except FieldError as error:
        return Problem(line, f"{where}{error}", error.flaw)
    return replace(report, place=place or None)


def _statements(value: object) -> tuple[StatementDraft, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise FieldError(f"statements: must be a list, not {fields.json_kind(value)}")
    if len(value) > fields.MAX_STATEMENTS:
        raise FieldError(
            f"statements: has {len(value):,} of them, at most {fields.MAX_STATEMENTS:,} are taken",
            Flaw.TOO_LONG,
        )
    refs, taken = Refs(), []
    for at, row in enumerate(value):
        field = f"statements[{at}]"
        statement = _statement(row, field)
        try:
            refs.take(statement.ref, field)
        except FieldError as error:
            raise FieldError(f"{field}.{error}", error.flaw) from None
        taken.append(statement)
    return tuple(taken)


def _statement(row: object, field: str) -> StatementDraft:
    if not isinstance(row, dict):
        raise FieldError(f"{field}: must be an object, not {fields.json_kind(row)}")
    text = fields.text_of(row.get("text"), f"{field}.text", fields.MAX_STATEMENT)
    if text is None:
        raise FieldError(f"{field}.text: is missing; found {fields.shown_names(row)}", Flaw.NO_TEXT)
    rating_text = fields.line_of(row.get("rating"), f"{field}.rating", fields.MAX_RATING)
    return StatementDraft(
        text=text,
        speaker=fields.line_of(row.get("speaker"), f"{field}.speaker", fields.MAX_SPEAKER),
        rating=normalise_rating(rating_text) if rating_text else None,
        rating_text=rating_text,
        as_of=fields.day_of(row.get("as_of"), f"{field}.as_of"),
        ref=fields.line_of(row.get("ref"), f"{field}.ref", fields.MAX_REF),
    )
