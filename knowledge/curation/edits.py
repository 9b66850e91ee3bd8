"""Edit statements and reports: each edit is a new version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy.orm import Session

from knowledge.claim_queue import demand
from knowledge.corpus.readers import fields
from knowledge.curation import input_limits
from knowledge.curation.edit_conflicts import make_stale_error
from knowledge.curation.quote_location import locate_quote
from knowledge.curation.revisions import revise, revise_and_tell
from knowledge.curation.version_content import (
    REPORT_FIELDS,
    UNREVIEWED,
    apply_content,
    keep_version,
    read_content,
    to_json,
)
from knowledge.domain import (
    ChangeKind,
    Rating,
    ReportKind,
    Span,
    StatementStatus,
    SubjectKind,
    require_plain_text,
    require_single_line,
)
from knowledge.errors import BadEdit, EditProblem, WordsMissing
from knowledge.models import Report, Statement
from knowledge.storage import audit_log
from knowledge.storage.change_log import append
from knowledge.storage.row_locks import lock_report, lock_statements
from knowledge.text.plain_text import plain_text

#: Audit action for a statement that an edit of its report moved.
MOVED: Final = "moved"
#: Characters of a body that is typed in.
_LONGEST_BODY: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class StatementEdit:
    """All fields of a statement after an edit.

    Without ``span``, unchanged text keeps its position, and changed text is located in the report.
    """

    text: str
    span: Span | None = None
    speaker: str | None = None
    rating: Rating | None = None
    rating_text: str | None = None
    as_of: date | None = None

    def __post_init__(self) -> None:
        """Raise BadEdit for a field that could forge the lines it is shown between."""
        require_plain_text(text=self.text)
        require_single_line(speaker=self.speaker, rating=self.rating_text)


@dataclass(frozen=True, slots=True)
class ReportEdit:
    """All fields of a report after an edit."""

    title: str
    publisher: str | None = None
    url: str | None = None
    published_at: date | None = None
    language: str = "ar"
    kind: ReportKind = ReportKind.NEWS
    body: str | None = None

    def __post_init__(self) -> None:
        """Raise BadEdit for a field that could forge the lines it is shown between."""
        require_plain_text(body=self.body)
        require_single_line(
            title=self.title, publisher=self.publisher, url=self.url, language=self.language
        )


def edit_statement(
    session: Session,
    statement_id: int,
    edit: StatementEdit,
    actor: str,
    reason: str | None,
    version: int,
    tell: bool | None = None,
) -> None:
    """Store an edit of a statement's ``version`` as its next one; the old one is kept.

    ``tell`` is whether people who were shown a published statement are told, by default if its
    meaning changed; the audit notes how many. A reviewed one has to be reviewed again. Raises Stale
    if ``version`` is no longer the current one, BadEdit for invalid fields, NotFound.
    """
    # Locked before any row: an edit may reopen what the statement answered.
    demand.lock_queue(session)
    row = lock_statements(session, [statement_id])[statement_id]
    if row.version != version:
        raise make_stale_error(session, SubjectKind.STATEMENT, statement_id)
    if row.status is StatementStatus.RETRACTED:
        raise BadEdit(
            EditProblem.RETRACTED,
            "a retracted statement cannot be edited; if it is right after all, add it again",
        )
    body = row.report.body
    span = edit.span
    if edit.text != row.text:
        span = locate_quote(body, edit.text, span)
    elif row.span_start is not None and row.span_end is not None:
        # The text may occur several times: it keeps its position.
        span = locate_quote(body, edit.text, span or Span(row.span_start, row.span_end))
    values = {
        "text": edit.text,
        "span_start": span.start if span else None,
        "span_end": span.end if span else None,
        "speaker": input_limits.require_speaker(edit.speaker),
        "rating": to_json(edit.rating),
        "rating_text": input_limits.require_rating_text(edit.rating_text),
        "as_of": to_json(edit.as_of),
    }
    if row.status is StatementStatus.REVIEWED and any(
        read_content(row, [name])[name] != value for name, value in values.items()
    ):
        values |= UNREVIEWED
    revise_and_tell(session, row, values, actor, "edited", reason, tell)


def edit_report(
    session: Session,
    report_id: int,
    edit: ReportEdit,
    actor: str,
    reason: str | None,
    version: int,
) -> None:
    """Store an edit of a report's ``version`` as its next one; the old one is kept.

    Statements keep their text and follow it to its position in the new body; reviewed ones have to
    be reviewed again. Raises Stale if ``version`` is no longer the current one, BadEdit if a
    statement's text is not in the new body or a field is invalid, NotFound.
    """
    row = lock_report(session, report_id)
    if row.version != version:
        raise make_stale_error(session, SubjectKind.REPORT, report_id)
    title = input_limits.require_line(edit.title, "title", fields.MAX_TITLE)
    if title is None:
        raise BadEdit(EditProblem.NO_TITLE, "a report needs a title; give it one")
    if edit.body != row.body:
        input_limits.require_body(edit.body, _LONGEST_BODY)
    values = {
        "title": title,
        "publisher": input_limits.require_line(edit.publisher, "publisher", fields.MAX_PUBLISHER),
        # Either as it was read, or an address that people may follow.
        "url": edit.url if edit.url == row.url else input_limits.require_address(edit.url),
        "published_at": to_json(edit.published_at),
        "language": input_limits.require_language(edit.language),
        "kind": edit.kind.value,
        "body": edit.body,
    }
    revise_report(session, row, values, actor, "edited", reason)


def revise_report(
    session: Session,
    row: Report,
    values: Mapping[str, Any],
    actor: str,
    action: str,
    reason: str | None,
    undoes: int | None = None,
) -> None:
    """Change a locked report and its statements' positions. Raises BadEdit."""
    before = read_content(row, REPORT_FIELDS)
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not changed:
        return
    # An ingested report keeps its hash: ingested again, it is recognised.
    keep_version(session, row)
    apply_content(session, row, changed)
    audit_log.record(
        session,
        actor,
        action,
        SubjectKind.REPORT,
        row.id,
        before={name: before[name] for name in changed},
        after=changed,
        reason=reason,
        undoes=undoes,
    )
    for statement in row.statements:
        if "body" in changed:
            _follow(session, statement, row.body, actor, reason)
        _void_review(session, statement, actor, reason)
    served = [s.id for s in row.statements if s.status is StatementStatus.PUBLISHED]
    append(session, served, ChangeKind.ADDED)
    session.flush()


def _void_review(session: Session, row: Statement, actor: str, reason: str | None) -> None:
    """Require a new review of a reviewed statement: people are shown its report with it."""
    if row.status is StatementStatus.REVIEWED:
        revise(session, row, UNREVIEWED, actor, "review voided", reason)


def _follow(
    session: Session, row: Statement, body: str | None, actor: str, reason: str | None
) -> None:
    """Move a statement's span to where its text is in another body."""
    if row.span_start is None or row.span_end is None:
        return
    if body is not None and body[row.span_start : row.span_end] == row.text:
        return
    text, span = row.text, None
    if row.status is StatementStatus.RETRACTED:
        pass
    elif body is None or plain_text(row.text) not in body:
        raise WordsMissing(
            f"{row.ref} is not in the new text; edit or retract that statement first", row.ref
        )
    else:
        # Stored before texts were cleaned, it equals its cleaned form.
        text = plain_text(row.text)
        span = locate_quote(body, text, None)
    values = {
        "text": text,
        "span_start": span.start if span else None,
        "span_end": span.end if span else None,
    }
    revise(session, row, values, actor, MOVED, reason)
