"""Split a statement that says several things."""

from collections.abc import Sequence
from itertools import pairwise

from sqlalchemy.orm import Session

from knowledge.curation.additions import insert
from knowledge.curation.edit_conflicts import make_stale_error
from knowledge.curation.moderator_views import EditableStatement
from knowledge.curation.quote_location import locate_words
from knowledge.curation.revisions import revise
from knowledge.curation.version_content import STATEMENT_FIELDS, read_content
from knowledge.domain import ChangeKind, Span, StatementDraft, StatementStatus, SubjectKind
from knowledge.errors import BadEdit, EditProblem
from knowledge.models import Statement
from knowledge.storage import audit_log
from knowledge.storage.change_log import append
from knowledge.storage.row_locks import lock_report, lock_statements
from knowledge.text.plain_text import single_line


def locate_parts(whole: EditableStatement, parts: Sequence[str]) -> tuple[Span, ...]:
    """Return the spans of a statement's parts, given as text. Raises BadEdit."""
    start = whole.span.start if whole.span else 0
    found = [locate_words(whole.text, part) for part in parts]
    if None in found:
        raise _outside()
    return tuple(Span(start + each.start, start + each.end) for each in found if each)


def split(
    session: Session, statement_id: int, spans: Sequence[Span], actor: str, reason: str | None
) -> list[int]:
    """Replace a statement by its parts, each with its attribution; returns their ids.

    ``spans`` are in the report's body, or in the statement's text if it has no span there. The
    parts take the whole's position, which is retracted; nobody has to be told, since all of it
    still holds. Parts of a reviewed statement have to be reviewed. Raises BadEdit for spans that
    are not parts of it, Stale if it was retracted meanwhile, NotFound.
    """
    whole = lock_statements(session, [statement_id])[statement_id]
    if whole.status is StatementStatus.RETRACTED:
        raise make_stale_error(session, SubjectKind.STATEMENT, statement_id)
    report, status = lock_report(session, whole.report_id), whole.status
    if status is StatementStatus.REVIEWED:
        # The reviewer of the whole has not seen what a part leaves out.
        status = StatementStatus.DRAFT
    parts = _parts(whole, spans)
    made = []
    place = whole.position
    for text, span in parts:
        draft = StatementDraft(
            text,
            speaker=single_line(whole.speaker or "") or None,
            rating=whole.rating,
            rating_text=single_line(whole.rating_text or "") or None,
            as_of=whole.as_of,
        )
        made.append(insert(report, draft, span, place, status))
        place += 1
    if status is StatementStatus.PUBLISHED:
        for row in made:
            row.reviewed_by = whole.reviewed_by
    # The whole is no longer part of the text: its successor follows the last part.
    for each in report.statements:
        if each.position > whole.position:
            each.position -= 1
    whole.position = len(report.statements) - 1
    session.flush()
    ids = [row.id for row in made]
    for row in made:
        after = {"status": status.value, "of": whole.id, **read_content(row, STATEMENT_FIELDS)}
        audit_log.record(
            session, actor, "added", SubjectKind.STATEMENT, row.id, after=after, reason=reason
        )
    retracted = {"status": StatementStatus.RETRACTED.value}
    revise(session, whole, retracted, actor, "split", reason)
    if status is StatementStatus.PUBLISHED:
        append(session, ids, ChangeKind.ADDED)
    session.flush()
    return ids


def _parts(whole: Statement, spans: Sequence[Span]) -> list[tuple[str, Span | None]]:
    placed = whole.span_start is not None
    offset = whole.span_start or 0
    text = whole.text
    ordered = sorted(spans, key=lambda span: span.start)
    if len(ordered) < 2:
        raise BadEdit(EditProblem.ONE_PART, "a split needs at least two parts; mark another")
    for span in ordered:
        inside = 0 <= span.start - offset < span.end - offset <= len(text)
        if not inside or not text[span.start - offset : span.end - offset].strip():
            raise _outside()
    if any(left.end > right.start for left, right in pairwise(ordered)):
        raise BadEdit(EditProblem.PARTS_OVERLAP, "two parts overlap; mark them again")
    return [
        (text[span.start - offset : span.end - offset], span if placed else None)
        for span in ordered
    ]


def _outside() -> BadEdit:
    return BadEdit(EditProblem.PART_OUTSIDE, "a part lies outside the statement; mark it again")
