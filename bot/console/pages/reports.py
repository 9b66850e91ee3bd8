"""Add, show and edit reports with their statements."""

from typing import Final

from starlette.responses import Response

from bot.console import report_upload
from bot.console.errors import BadForm
from bot.console.forms import Form
from bot.console.highlighting import Highlight, split_text
from bot.console.requests import Visit
from knowledge.approvals import EditReport
from knowledge.approvals.report_pages import load_report_page
from knowledge.claim_queue.cluster_listing import load_summary
from knowledge.corpus.readers import Problem
from knowledge.curation import ReportEdit
from knowledge.curation.additions import add_chosen
from knowledge.curation.manual_reports import file_reports
from knowledge.domain import ReportDraft, ReportKind, StatementStatus

_LINE: Final = 2_000
#: Characters of a report that are shown; the rest can be read at its source.
LONGEST_SHOWN: Final = 200_000
#: Maximum suggested statements on a page.
_OFFERED: Final = 200


def new(visit: Visit) -> Response:
    """Show the form for a report."""
    number = _cluster(visit.asked)
    cluster = None if number is None else visit.do(load_summary, number, visit.now)
    return visit.page("report_new.html", cluster=cluster, kinds=tuple(ReportKind))


def file(visit: Visit) -> Response:
    """Store the reports that were pasted, uploaded or fetched."""
    cluster = _cluster(visit.sent)
    # Fetch outside the transaction: it may be slow.
    found = report_upload.read_drafts(visit.sent, visit.services.fetcher, visit.services.parsers)
    drafts = [each for each in found if isinstance(each, ReportDraft)]
    problems = [each for each in found if isinstance(each, Problem)]
    if not drafts:
        raise BadForm("file", problems[0].reason if problems else "no report")
    report_upload.require_past_dates(drafts, visit.now)
    kept = visit.do(file_reports, drafts, visit.actor)
    if len(kept) == 1:
        said = "known" if kept[0].duplicate else "kept"
        return visit.to(f"/reports/{kept[0].report_id}", said, cluster=cluster)
    fresh = sum(not stored.duplicate for stored in kept)
    if problems:
        return visit.page("problems.html", problems=problems, kept=fresh)
    return visit.to("/statements", "several", n=fresh, status=StatementStatus.DRAFT.value)


def show(visit: Visit) -> Response:
    """Show a report's text with its statements highlighted, and suggested further ones."""
    found = visit.do(load_report_page, visit.number, _cluster(visit.asked), visit.now)
    report, proposals = found.report, found.proposals[:_OFFERED]
    marks = [
        Highlight(held.span, f"s{held.id}", held.status.value)
        for held in report.statements
        if held.span is not None and held.status is not StatementStatus.RETRACTED
    ]
    marks += [
        Highlight(draft.span, f"p{place}", "proposed")
        for place, draft in enumerate(proposals)
        if draft.span is not None
    ]
    body = (report.body or "")[:LONGEST_SHOWN]
    return visit.page(
        "report.html",
        report=report,
        pieces=list(split_text(body, marks)),
        cut=len(report.body or "") > LONGEST_SHOWN,
        proposals=proposals,
        history=found.history,
        seen=found.seen,
        pending=found.pending,
        names=visit.names,
        cluster=found.cluster,
        kinds=tuple(ReportKind),
    )


def accept(visit: Visit) -> Response:
    """Add selected suggestions and marked passages as drafts."""
    sent = visit.sent
    proposed = sent.spans("proposal")
    marked = sent.text("marked", _LINE * 4)
    if not proposed and not marked:
        raise BadForm("proposal", "nothing was chosen")
    speaker = sent.line("speaker", _LINE) or None
    added = visit.do(add_chosen, visit.number, proposed, marked, speaker, visit.actor)
    return _back(visit, "added", n=added)


def edit(visit: Visit) -> Response:
    """Save a report's new version."""
    sent = visit.sent
    new_version = ReportEdit(
        title=sent.needed("title", _LINE),
        publisher=sent.line("publisher", _LINE) or None,
        url=sent.line("url", _LINE) or None,
        published_at=sent.past_day("published_at", visit.now),
        language=sent.needed("language"),
        kind=sent.chosen("kind", ReportKind),
        body=sent.verbatim("body", report_upload.MAX_REPORT) or None,
    )
    act = EditReport(visit.number, new_version, sent.number("version"))
    outcome = visit.submit(act, sent.line("reason") or None)
    return visit.conclude(outcome) or _back(visit, "edited")


def _cluster(form: Form) -> int | None:
    """Return the id of the cluster that a report may settle; None if none is given."""
    return form.number("cluster") if form.text("cluster") else None


def _back(visit: Visit, said: str, n: int | None = None) -> Response:
    return visit.to(f"/reports/{visit.number}", said, n=n, cluster=_cluster(visit.sent))
