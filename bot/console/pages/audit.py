"""The audit: everything that was done, newest first, and taking it back."""

from starlette.responses import Response

from bot.console.requests import Visit
from knowledge import curation
from knowledge.approvals import Undo
from knowledge.curation import audit_rows
from knowledge.domain import SubjectKind
from knowledge.storage import audit_log


def show(visit: Visit) -> Response:
    """Show a page of the audit, of everything, one subject or one actor."""
    asked = visit.asked
    subject = asked.choice("subject", SubjectKind)
    with visit.transaction() as session:
        page = audit_log.list_entries(
            session,
            subject=subject,
            subject_id=asked.text("id") or None,
            actor=asked.text("actor") or None,
            after=asked.text("after") or None,
        )
        known = visit.names
        undoable = curation.list_undoable(session, page.items)
        titles = audit_rows.load_titles(session, page.items)
    return visit.page(
        "audit.html",
        page=page,
        rows=audit_rows.group_by_act(page.items),
        titles=titles,
        names=known,
        kinds=tuple(SubjectKind),
        undoable=undoable,
    )


def undo(visit: Visit) -> Response:
    """Take an act back by another one."""
    reason = visit.sent.needed("reason")
    outcome = visit.submit(Undo(visit.number), reason)
    return visit.conclude(outcome) or visit.to("/audit", "undone")
