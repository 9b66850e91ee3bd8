"""Show the audit log, newest first, and undo entries."""

from starlette.responses import Response

from bot.console.requests import Visit
from knowledge.approvals import Undo
from knowledge.curation.audit_rows import load_audit
from knowledge.domain import SubjectKind


def show(visit: Visit) -> Response:
    """Show a page of the audit log: all of it, one subject's or one actor's."""
    asked = visit.asked
    subject = asked.choice("subject", SubjectKind)
    page = visit.do(
        load_audit,
        subject=subject,
        subject_id=asked.text("id") or None,
        actor=asked.text("actor") or None,
        after=asked.text("after") or None,
    )
    return visit.page("audit.html", page=page, names=visit.names, kinds=tuple(SubjectKind))


def undo(visit: Visit) -> Response:
    """Undo an act."""
    reason = visit.sent.needed("reason")
    outcome = visit.submit(Undo(visit.number), reason)
    return visit.conclude(outcome) or visit.to("/audit", "undone")
