"""Reports and statements as moderators see them: with version, place and what is done with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.domain import Rating, ReportKind, Span, StatementStatus, VersionKind
from knowledge.errors import NotFound
from knowledge.models import Report, Statement, Version


@dataclass(frozen=True, slots=True)
class HeldStatement:
    """A statement as an editor opens it."""

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
class HeldReport:
    """A report as an editor opens it, with its statements in order."""

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
    created_at: datetime
    statements: tuple[HeldStatement, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """How a report or a statement was until a moment: its fields by name, as JSON values."""

    version: int
    content: Mapping[str, Any]
    until: datetime


def load_statement(session: Session, statement_id: int) -> HeldStatement:
    """Return a statement as it stands. Raises NotFound."""
    row = session.get(Statement, statement_id, populate_existing=True)
    if row is None:
        raise NotFound(f"there is no statement number {statement_id}; see `statements list`")
    return _held(row)


def reports_of(session: Session, statement_ids: Sequence[int]) -> dict[int, int]:
    """Return the number of the report that each statement is of; what is not there is left out."""
    rows = session.execute(
        select(Statement.id, Statement.report_id).where(Statement.id.in_(statement_ids))
    )
    return {row.id: row.report_id for row in rows}


def load_report(session: Session, report_id: int) -> HeldReport:
    """Return a report as it stands, with its statements. Raises NotFound."""
    row = session.get(Report, report_id, populate_existing=True)
    if row is None:
        raise NotFound(f"there is no report number {report_id}; see `statements list`")
    return HeldReport(
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
        created_at=row.created_at,
        statements=tuple(_held(each) for each in row.statements),
    )


def load_history(session: Session, kind: VersionKind, subject_id: int) -> tuple[Past, ...]:
    """Return how a report or a statement was before its edits, the latest first."""
    rows = session.scalars(
        select(Version)
        .where(Version.kind == kind, Version.subject_id == subject_id)
        .order_by(Version.version.desc())
    )
    return tuple(Past(row.version, row.content, row.until) for row in rows)


def _held(row: Statement) -> HeldStatement:
    placed = row.span_start is not None and row.span_end is not None
    return HeldStatement(
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
