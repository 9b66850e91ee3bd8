"""Add statements to a report by hand, and propose those that extraction finds."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from embeddings.text.normalisation import for_matching
from knowledge.corpus.extraction import extract
from knowledge.corpus.readers import fields
from knowledge.curation import input_limits
from knowledge.curation.quote_location import locate_quote, locate_words
from knowledge.curation.version_content import STATEMENT_FIELDS, read_content
from knowledge.domain import Span, StatementDraft, StatementStatus, SubjectKind
from knowledge.errors import BadEdit, EditProblem, NotFound
from knowledge.models import Report, Statement
from knowledge.storage import audit_log
from knowledge.storage.row_locks import lock_report


def add_chosen(
    session: Session,
    report_id: int,
    proposed: Sequence[Span],
    marked: str,
    speaker: str | None,
    actor: str,
) -> int:
    """Add proposals, by position, and a text said by ``speaker`` as drafts; returns how many.

    A ``marked`` text is located as it was shown. Raises BadEdit for a position where nothing is
    proposed and for text that is not in the report, as ``add_statement``, NotFound.
    """
    # Before the report is locked, which blocks others: a long body takes seconds to read.
    offered = {draft.span: draft for draft in propose(session, report_id)}
    report = lock_report(session, report_id)
    body = report.body or ""
    drafts = []
    for span in proposed:
        if span not in offered:
            raise _not_proposed(report, body[span.start : span.end])
        drafts.append(offered[span])
    if marked:
        place = locate_words(body, marked)
        if place is None:
            raise BadEdit(
                EditProblem.NOT_IN_REPORT,
                "the marked words are not in the report; copy them exactly as they stand there",
            )
        drafts.append(StatementDraft(body[place.start : place.end], place, speaker))
    for draft in drafts:
        add_statement(session, report_id, draft, actor)
    return len(drafts)


def add_statement(session: Session, report_id: int, draft: StatementDraft, actor: str) -> int:
    """Add a draft at its position in a report, and return its id.

    Raises BadEdit if its text is not in the report, is a statement of it already, or a field is
    invalid; NotFound.
    """
    report = lock_report(session, report_id)
    span = locate_quote(report.body, draft.text, draft.span)
    draft = replace(
        draft,
        speaker=input_limits.require_speaker(draft.speaker),
        rating_text=input_limits.require_rating_text(draft.rating_text),
        ref=input_limits.require_line(draft.ref, "ref", fields.MAX_REF),
    )
    for known in report.statements:
        if known.status is not StatementStatus.RETRACTED and _same(known, draft.text, span):
            raise _known_words(known.ref)
    row = insert(report, draft, span, _place(report, span), StatementStatus.DRAFT)
    session.flush()
    after = {"status": row.status.value, **read_content(row, STATEMENT_FIELDS)}
    audit_log.record(session, actor, "added", SubjectKind.STATEMENT, row.id, after=after)
    return row.id


def propose(session: Session, report_id: int) -> tuple[StatementDraft, ...]:
    """Return the statements that extraction finds in a report and nobody has decided on, in order.

    Raises NotFound if there is no such report.
    """
    report = session.get(Report, report_id)
    if report is None:
        raise NotFound(f"there is no report number {report_id}; see `statements list`")
    if report.body is None:
        return ()
    known = {for_matching(each.text) for each in report.statements}
    found = extract(report.body, report.title, report.language)
    return tuple(draft for draft in found if for_matching(draft.text) not in known)


def insert(
    report: Report, draft: StatementDraft, span: Span | None, place: int, status: StatementStatus
) -> Statement:
    """Insert a statement into a locked report; later ones move one position on."""
    for each in report.statements:
        if each.position >= place:
            each.position += 1
    row = Statement(
        position=place,
        ref=draft.ref or f"{report.ref}-{len(report.statements) + 1}",
        text=draft.text,
        span_start=span.start if span else None,
        span_end=span.end if span else None,
        speaker=draft.speaker,
        rating=draft.rating,
        rating_text=draft.rating_text,
        as_of=draft.as_of,
        status=status,
    )
    report.statements.append(row)
    return row


def _not_proposed(report: Report, text: str) -> BadEdit:
    """Return the error for text that extraction does not find, or that was decided on."""
    for known in report.statements:
        if for_matching(known.text) == for_matching(text):
            return _known_words(known.ref)
    return BadEdit(
        EditProblem.NOT_IN_REPORT,
        "this sentence is not proposed any more; reload the report and choose again",
    )


def _known_words(ref: str) -> BadEdit:
    return BadEdit(
        EditProblem.KNOWN_WORDS,
        f"these words are a statement already: {ref}; open that one",
        ref=ref,
    )


def _place(report: Report, span: Span | None) -> int:
    behind = [
        each.position
        for each in report.statements
        if span is not None and each.span_start is not None and each.span_start > span.start
    ]
    return min(behind, default=max((s.position for s in report.statements), default=-1) + 1)


def _same(known: Statement, text: str, span: Span | None) -> bool:
    if span is not None and known.span_start is not None:
        return (known.span_start, known.span_end) == (span.start, span.end)
    return for_matching(known.text) == for_matching(text)
