"""Load reports and statements as moderators edit them, with version, span and history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.corpus import reports, statement_search
from knowledge.corpus.reports import SourcedStatement
from knowledge.curation.edit_conflicts import last_shown
from knowledge.curation.rechecks import Due, list_due
from knowledge.domain import Rating, ReportKind, Span, StatementStatus, VersionKind
from knowledge.errors import NotFound
from knowledge.models import Report, Statement, Version
from knowledge.notifications.corrections import count_audience
from knowledge.storage.pagination import LARGEST, Page


@dataclass(frozen=True, slots=True)
class EditableStatement:
    """A statement as the edit form shows it."""

    id: int
    ref: str
    report_id: int
    version: int
    status: StatementStatus
    text: str
    span: Span | None
    speaker: str | None
    rating: Rating | None
    rating_text: str | None
    as_of: date | None
    recheck_by: date | None
    reviewed_by: str | None
    merged_into: int | None


@dataclass(frozen=True, slots=True)
class EditableReport:
    """A report as the edit form shows it, with its statements in order."""

    id: int
    ref: str
    version: int
    title: str
    publisher: str | None
    url: str | None
    published_at: date | None
    language: str
    kind: ReportKind
    body: str | None
    statements: tuple[EditableStatement, ...]


@dataclass(frozen=True, slots=True)
class PastVersion:
    """An earlier version of a report or a statement: its fields as JSON values."""

    version: int
    content: Mapping[str, Any]
    replaced_at: datetime


@dataclass(frozen=True, slots=True)
class StatementList:
    """A page of statements, each with its ``last_shown``, and those due for a recheck."""

    page: Page[SourcedStatement]
    seen: Mapping[int, int]
    due: Sequence[Due]


def list_statements(
    session: Session, today: date, status: StatementStatus | None = None, after: str | None = None
) -> StatementList:
    """Return statements of one status or of any, newest first. Raises BadCursor."""
    looked_at_again = list_due(session, today, limit=LARGEST).items
    page = statement_search.list_statements(session, status, after)
    return StatementList(page, last_shown(session, [s.id for s in page.items]), looked_at_again)


def load_shown(
    session: Session, statement_ids: Sequence[int]
) -> tuple[list[SourcedStatement], dict[int, int]]:
    """Return statements as they are now, with their ``last_shown``."""
    # Read before what is shown, so that a change in between does not count as seen.
    seen = last_shown(session, statement_ids)
    return reports.load_by_ids(session, statement_ids), seen


def preview_retraction(session: Session, statement_id: int) -> tuple[SourcedStatement, int]:
    """Return a statement, and how many people are told of its withdrawal. Raises NotFound."""
    return reports.load_by_id(session, statement_id), count_audience(session, statement_id)


def load_statement(session: Session, statement_id: int) -> EditableStatement:
    """Return a statement, freshly read. Raises NotFound."""
    row = session.get(Statement, statement_id, populate_existing=True)
    if row is None:
        raise NotFound(f"there is no statement number {statement_id}; see `statements list`")
    return _held(row)


def load_report(session: Session, report_id: int) -> EditableReport:
    """Return a report with its statements, freshly read. Raises NotFound."""
    row = session.get(Report, report_id, populate_existing=True)
    if row is None:
        raise NotFound(f"there is no report number {report_id}; see `statements list`")
    return EditableReport(
        id=row.id,
        ref=row.ref,
        version=row.version,
        title=row.title,
        publisher=row.source.name if row.source else None,
        url=row.url,
        published_at=row.published_at,
        language=row.language,
        kind=row.kind,
        body=row.body,
        statements=tuple(_held(each) for each in row.statements),
    )


def load_history(session: Session, kind: VersionKind, subject_id: int) -> tuple[PastVersion, ...]:
    """Return the earlier versions of a report or a statement, the latest first."""
    rows = session.scalars(
        select(Version)
        .where(Version.kind == kind, Version.subject_id == subject_id)
        .order_by(Version.version.desc())
    )
    return tuple(PastVersion(row.version, row.content, row.replaced_at) for row in rows)


def _held(row: Statement) -> EditableStatement:
    placed = row.span_start is not None and row.span_end is not None
    return EditableStatement(
        id=row.id,
        ref=row.ref,
        report_id=row.report_id,
        version=row.version,
        status=row.status,
        text=row.text,
        span=Span(row.span_start or 0, row.span_end or 0) if placed else None,
        speaker=row.speaker,
        rating=row.rating,
        rating_text=row.rating_text,
        as_of=row.as_of,
        recheck_by=row.recheck_by,
        reviewed_by=row.reviewed_by,
        merged_into=row.merged_into,
    )
