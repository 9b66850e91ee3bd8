"""A report put in by hand: its statements are chosen by whoever put it in."""

from sqlalchemy.orm import Session

from knowledge.corpus import reports
from knowledge.corpus.reports import Stored
from knowledge.domain import ReportDraft, SubjectKind
from knowledge.storage import audit_log


def file_report(session: Session, draft: ReportDraft, actor: str) -> Stored:
    """Keep a report without choosing statements from its body; those it carries become drafts.

    The same content a second time adds nothing.
    """
    stored = reports.store(session, draft, draft.statements)
    if not stored.duplicate:
        after = {"title": draft.title, "publisher": draft.publisher, "url": draft.url}
        audit_log.record(session, actor, "added", SubjectKind.REPORT, stored.report_id, after=after)
    return stored
