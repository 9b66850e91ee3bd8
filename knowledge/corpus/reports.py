"""Store and load reports and their statements."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from embeddings.text.normalisation import for_matching
from knowledge.corpus.extraction import extract
from knowledge.domain import Rating, ReportDraft, ReportKind, StatementDraft, StatementStatus
from knowledge.errors import NotFound
from knowledge.models import Report, Source, Statement
from knowledge.storage.batches import in_batches
from knowledge.text.plain_text import plain_text, single_line

#: How many of the newest statements are searched when few are wanted.
_NEWEST = 5_000
_WITH_SOURCE = select(Statement).options(joinedload(Statement.report).joinedload(Report.source))
_IDS: BindParameter[int] = bindparam("ids", expanding=True)
# Built once: every answer runs both, and building a query costs more than running it.
_BY_IDS = _WITH_SOURCE.where(Statement.id.in_(_IDS))
_BEFORE = aliased(Statement)
# Each is looked up on its own: a join would compare every two statements of a report.
_PRECEDING = select(
    Statement.id,
    select(_BEFORE.text)
    .where(
        _BEFORE.report_id == Statement.report_id,
        _BEFORE.position < Statement.position,
        _BEFORE.status == StatementStatus.PUBLISHED,
    )
    .order_by(_BEFORE.position.desc())
    .limit(1)
    .correlate(Statement)
    .scalar_subquery()
    .label("text"),
).where(Statement.id.in_(_IDS))


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored report, and its statements' ids in order.

    ``waiting`` is how many of them are not published yet, ``withdrawn`` how many never will be.
    """

    report_id: int
    report_ref: str
    statement_ids: tuple[int, ...]
    duplicate: bool
    waiting: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What storing a draft would add. ``known`` is whether its content is stored already."""

    content_hash: str
    statements: int
    known: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How many statements are published, and of how many sources."""

    statements: int
    sources: int


@dataclass(frozen=True, slots=True)
class SourcedStatement:
    """A statement with everything that people are shown about its source."""

    id: int
    ref: str
    text: str
    status: StatementStatus
    speaker: str | None
    rating: Rating | None
    rating_text: str | None
    as_of: date | None
    report_ref: str
    title: str
    publisher: str | None
    url: str | None
    published_at: date | None
    language: str
    kind: ReportKind


def store(
    session: Session, draft: ReportDraft, chosen: Sequence[StatementDraft] | None = None
) -> Stored:
    """Store a report and its statements as drafts; the same content a second time adds nothing.

    Statements are extracted from the body unless the draft carries its own. If a moderator has
    ``chosen`` them, these are stored, even if there are none yet.
    """
    statements = _statements_of(draft) if chosen is None else chosen
    digest = content_hash(draft, statements)
    known = session.scalar(select(Report).where(Report.content_hash == digest))
    if known is not None:
        return _stored(known, duplicate=True)
    report = Report(
        ref=draft.ref or digest[:12],
        content_hash=digest,
        source=get_or_add_source(session, draft.publisher),
        title=draft.title,
        url=draft.url,
        published_at=draft.published_at,
        language=draft.language,
        kind=draft.kind,
        body=draft.body,
    )
    report.statements = [
        Statement(
            position=position,
            ref=statement.ref or f"{report.ref}-{position + 1}",
            text=statement.text,
            span_start=statement.span.start if statement.span else None,
            span_end=statement.span.end if statement.span else None,
            speaker=statement.speaker,
            rating=statement.rating,
            rating_text=statement.rating_text,
            as_of=statement.as_of,
            status=StatementStatus.DRAFT,
        )
        for position, statement in enumerate(statements)
    ]
    session.add(report)
    session.flush()
    return _stored(report, duplicate=False)


def _stored(report: Report, *, duplicate: bool) -> Stored:
    statuses = Counter(s.status for s in report.statements)
    return Stored(
        report.id,
        report.ref,
        tuple(s.id for s in report.statements),
        duplicate,
        waiting=statuses[StatementStatus.DRAFT] + statuses[StatementStatus.REVIEWED],
        withdrawn=statuses[StatementStatus.RETRACTED],
    )


def preview(session: Session, draft: ReportDraft) -> Preview:
    """Return what ``store`` would add for a draft, storing nothing."""
    statements = _statements_of(draft)
    digest = content_hash(draft, statements)
    known = session.scalar(select(Report.id).where(Report.content_hash == digest))
    return Preview(digest, len(statements), known is not None)


def _statements_of(draft: ReportDraft) -> Sequence[StatementDraft]:
    """Return a draft's own statements, or else those extracted from its body."""
    found = draft.statements or draft.extracted
    if found is None:
        return extract(draft.body or "", draft.title, draft.language)
    return found


def content_hash(draft: ReportDraft, statements: Sequence[StatementDraft]) -> str:
    """Return the sha256 that identifies a report: outlet, title, and body or statements.

    Compared after normalisation, so that a copy that differs in code points or spacing is the same
    report; another outlet's reprint is another report.
    """
    parts = [draft.publisher or "", draft.title, draft.body or ""]
    if draft.statements:
        for s in statements:
            parts += [s.text, s.speaker or "", s.rating or s.rating_text or ""]
    digest = hashlib.sha256()
    for part in parts:
        # A separator that normalised text cannot hold keeps ("ab", "c") and ("a", "bc") apart.
        digest.update(for_matching(part).encode() + b"\x00")
    return digest.hexdigest()


def preview_statements(draft: ReportDraft) -> list[SourcedStatement]:
    """Return a draft's statements as they would be shown, with their position as id."""
    return [
        SourcedStatement(
            id=place,
            ref="",
            text=each.text,
            status=StatementStatus.DRAFT,
            speaker=each.speaker,
            rating=each.rating,
            rating_text=each.rating_text,
            as_of=each.as_of,
            report_ref="",
            title=draft.title,
            publisher=draft.publisher,
            url=draft.url,
            published_at=draft.published_at,
            language=draft.language,
            kind=draft.kind,
        )
        for place, each in enumerate(_statements_of(draft))
    ]


def load_published(session: Session, ids: Sequence[int]) -> dict[int, SourcedStatement]:
    """Return those of ``ids`` that are published now, by id."""
    found = load_by_ids(session, ids)
    return {s.id: s for s in found if s.status is StatementStatus.PUBLISHED}


def load_published_in_order(
    session: Session, statement_ids: Sequence[int]
) -> list[SourcedStatement]:
    """Return those of the statements that are published now, in the given order."""
    found = load_published(session, statement_ids)
    return [found[each] for each in statement_ids if each in found]


def load_by_ids(session: Session, ids: Sequence[int]) -> list[SourcedStatement]:
    """Return the statements with these ids, whatever their status, sorted by id."""
    found: list[SourcedStatement] = []
    for chunk in in_batches(ids):
        found += map(to_sourced, session.scalars(_BY_IDS, {"ids": chunk}))
    return sorted(found, key=lambda s: s.id)


def load_by_id(session: Session, statement_id: int) -> SourcedStatement:
    """Return a statement, whatever its status. Raises NotFound."""
    found = load_by_ids(session, [statement_id])
    if not found:
        raise NotFound(f"there is no statement number {statement_id}; see `statements list`")
    return found[0]


def load_latest(
    session: Session, status: StatementStatus | None, limit: int
) -> list[SourcedStatement]:
    """Return up to ``limit`` statements of one status or of any, newest first."""
    query = _WITH_SOURCE.order_by(Statement.id.desc()).limit(limit)
    if status is not None:
        query = query.where(Statement.status == status)
    return [to_sourced(row) for row in session.scalars(query)]


def load_short_news(
    session: Session, characters: int, limit: int, language: str
) -> list[SourcedStatement]:
    """Return up to ``limit`` short published statements of news.

    Reports in ``language`` come first, then the newest; only the newest are searched.
    """
    newest = (
        select(Statement.id)
        .where(Statement.status == StatementStatus.PUBLISHED)
        .order_by(Statement.id.desc())
        .limit(_NEWEST)
    )
    query = (
        _WITH_SOURCE.join(Report, Report.id == Statement.report_id)
        .where(
            Statement.id.in_(newest),
            Statement.rating.is_(None),
            Report.kind != ReportKind.FACT_CHECK,
            func.length(Statement.text) <= characters,
        )
        .order_by((Report.language == language).desc(), Statement.id.desc())
        .limit(limit)
    )
    return [to_sourced(row) for row in session.scalars(query)]


def count_published(session: Session) -> Tally:
    """Count published statements and their sources."""
    counted = (
        select(func.count(), func.count(Report.source_id.distinct()))
        .select_from(Statement)
        .join(Report, Report.id == Statement.report_id)
        .where(Statement.status == StatementStatus.PUBLISHED)
    )
    statements, sources = session.execute(counted).one()
    return Tally(statements, sources)


def load_preceding(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Return the published statement before each of ``ids`` in its report, if any.

    It tells how a statement is meant; unpublished ones must not.
    """
    rows = session.execute(_PRECEDING, {"ids": ids})
    return {row.id: row.text for row in rows if row.text is not None}


def to_sourced(row: Statement) -> SourcedStatement:
    """Return the value of a statement's row.

    Fields stored before they were limited to one line are put on one line here.
    """
    report = row.report
    return SourcedStatement(
        id=row.id,
        ref=single_line(row.ref),
        text=plain_text(row.text),
        status=row.status,
        speaker=_on_one_line(row.speaker),
        rating=row.rating,
        rating_text=_on_one_line(row.rating_text),
        as_of=row.as_of,
        report_ref=single_line(report.ref),
        title=single_line(report.title),
        publisher=_on_one_line(report.source.name if report.source else None),
        url=_on_one_line(report.url),
        published_at=report.published_at,
        language=report.language,
        kind=report.kind,
    )


def _on_one_line(value: str | None) -> str | None:
    return single_line(value) or None if value else None


def get_or_add_source(session: Session, name: str | None) -> Source | None:
    """Return the source named ``name``, created if new; None without a name."""
    if name is None:
        return None
    known = session.scalar(select(Source).where(Source.name == name))
    if known is None:
        known = Source(name=name)
        session.add(known)
        session.flush()
    return known
