"""Store reports that moderators enter, with chosen or extracted statements."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from knowledge.claim_queue import demand
from knowledge.corpus import reports
from knowledge.corpus.reports import SourcedStatement, Stored
from knowledge.domain import ReportDraft, SubjectKind
from knowledge.storage import audit_log


def file_reports(session: Session, drafts: Sequence[ReportDraft], actor: str) -> list[Stored]:
    """Store one report as ``file_report``, or several with their extracted statements."""
    if len(drafts) == 1:
        return [file_report(session, drafts[0], actor)]
    return [reports.store(session, draft) for draft in drafts]


def file_report(session: Session, draft: ReportDraft, actor: str) -> Stored:
    """Store a report without extracting statements; those it carries become drafts.

    The same content a second time adds nothing.
    """
    stored = reports.store(session, draft, draft.statements)
    if not stored.duplicate:
        after = {"title": draft.title, "publisher": draft.publisher, "url": draft.url}
        audit_log.record(session, actor, "added", SubjectKind.REPORT, stored.report_id, after=after)
    return stored


@dataclass(frozen=True, slots=True)
class AddedReports:
    """Reports that were just added: the id if it is one, whether all were known, the statements.

    ``seen`` is the newest audit entry: acts on what changed later are refused.
    """

    report_id: int | None
    duplicate: bool
    title: str
    statements: tuple[SourcedStatement, ...]
    seen: int = 0


def add_reports(session: Session, drafts: Sequence[ReportDraft]) -> AddedReports:
    """Store one or more reports with their extracted statements as drafts.

    The same content a second time adds nothing; what is returned for it is as stored.
    """
    demand.lock_queue(session)
    stored = [reports.store(session, draft) for draft in drafts]
    # Read before what is shown, so that a change in between does not count as seen.
    seen = audit_log.load_latest_id(session)
    ids = [number for each in stored for number in each.statement_ids]
    found = tuple(reports.load_by_ids(session, ids))
    return AddedReports(
        report_id=stored[0].report_id if len(stored) == 1 else None,
        duplicate=all(each.duplicate for each in stored),
        # A known report may have been edited since.
        title=found[0].title if found else drafts[0].title,
        statements=found,
        seen=seen,
    )
