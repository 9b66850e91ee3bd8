"""Reports: put in, read beside what they state, edited."""

from typing import Final

from starlette.responses import Response

from bot.console import report_upload
from bot.console.errors import BadForm
from bot.console.highlighting import Marked, locate, pieces
from bot.console.requests import Visit
from knowledge import approvals, curation
from knowledge.approvals import EditReport
from knowledge.claim_queue import cluster_listing
from knowledge.corpus import reports
from knowledge.corpus.readers import Problem
from knowledge.curation import ReportEdit
from knowledge.curation.edit_conflicts import last_shown
from knowledge.curation.manual_reports import file_report
from knowledge.domain import ReportDraft, ReportKind, StatementDraft, StatementStatus, VersionKind

_LINE: Final = 2_000
#: Characters of a report that are shown with marks; the rest is read at its source.
LONGEST_SHOWN: Final = 200_000
#: Proposals offered at once.
_OFFERED: Final = 200


def new(visit: Visit) -> Response:
    """Show the form that takes a report."""
    cluster = None
    if visit.asked.text("cluster"):
        with visit.transaction() as session:
            cluster = cluster_listing.load_cluster(session, visit.asked.number("cluster")).summary
    return visit.page("report_new.html", cluster=cluster, kinds=tuple(ReportKind))


def file(visit: Visit) -> Response:
    """Keep what was pasted, dropped or fetched."""
    cluster = visit.sent.number("cluster") if visit.sent.text("cluster") else None
    # Fetched before the transaction: the web may take its time.
    found = report_upload.drafts(visit.sent, visit.desk.fetcher, visit.desk.parsers)
    drafts = [each for each in found if isinstance(each, ReportDraft)]
    problems = [each for each in found if isinstance(each, Problem)]
    if not drafts:
        raise BadForm("file", problems[0].reason if problems else "no report")
    report_upload.require_past_dates(drafts, visit.now)
    with visit.transaction() as session:
        if len(drafts) == 1:
            stored = file_report(session, drafts[0], visit.actor)
            said = "known" if stored.duplicate else "kept"
            return visit.to(f"/reports/{stored.report_id}", said, cluster=cluster)
        kept = [reports.store(session, draft) for draft in drafts]
    fresh = sum(not stored.duplicate for stored in kept)
    if problems:
        return visit.page("problems.html", problems=problems, kept=fresh)
    return visit.to("/statements", "several", n=fresh, status=StatementStatus.DRAFT.value)


def show(visit: Visit) -> Response:
    """Show a report's text with what it states marked in it, and what else it might state."""
    number = visit.number
    with visit.transaction() as session:
        report = curation.load_report(session, number)
        proposals = curation.propose(session, number)[:_OFFERED]
        history = curation.load_history(session, VersionKind.REPORT, number)
        known = visit.names
        seen = last_shown(session, [each.id for each in report.statements])
        pending = approvals.list_about_report(session, number)
        cluster = (
            cluster_listing.load_cluster(session, visit.asked.number("cluster")).summary
            if visit.asked.text("cluster")
            else None
        )
    marks = [
        Marked(held.span, f"s{held.id}", held.status.value)
        for held in report.statements
        if held.span is not None and held.status is not StatementStatus.RETRACTED
    ]
    marks += [
        Marked(draft.span, f"p{place}", "proposed")
        for place, draft in enumerate(proposals)
        if draft.span is not None
    ]
    body = (report.body or "")[:LONGEST_SHOWN]
    return visit.page(
        "report.html",
        report=report,
        pieces=list(pieces(body, marks)),
        cut=len(report.body or "") > LONGEST_SHOWN,
        proposals=proposals,
        history=history,
        seen=seen,
        pending=pending,
        names=known,
        cluster=cluster,
        kinds=tuple(ReportKind),
    )


def accept(visit: Visit) -> Response:
    """Add the proposals that were ticked, and words that were marked, as drafts."""
    number = visit.number
    wanted = visit.sent.texts("proposal")
    with visit.transaction() as session:
        offered = {
            f"{draft.span.start}-{draft.span.end}": draft
            for draft in curation.propose(session, number)
            if draft.span is not None
        }
        chosen = [offered[each] for each in wanted if each in offered]
        if len(chosen) != len(wanted):
            raise BadForm("proposal", "no longer proposed")
        marked = visit.sent.text("marked", _LINE * 4)
        if marked:
            chosen.append(_marked(curation.load_report(session, number).body or "", marked, visit))
        if not chosen:
            raise BadForm("proposal", "nothing was chosen")
        for draft in chosen:
            curation.add_statement(session, number, draft, visit.actor)
    return _back(visit, "added", n=len(chosen))


def edit(visit: Visit) -> Response:
    """Keep a report's new version."""
    sent, number = visit.sent, visit.number
    new_version = ReportEdit(
        title=sent.needed("title", _LINE),
        publisher=sent.line("publisher", _LINE) or None,
        url=sent.line("url", _LINE) or None,
        published_at=sent.past_day("published_at", visit.now),
        language=sent.needed("language"),
        kind=sent.chosen("kind", ReportKind),
        body=sent.verbatim("body", report_upload.MAX_REPORT) or None,
    )
    act = EditReport(number, new_version, sent.number("version"))
    outcome = visit.submit(act, sent.line("reason") or None)
    return visit.conclude(outcome) or _back(visit, "edited")


def _marked(body: str, marked: str, visit: Visit) -> StatementDraft:
    span = locate(body, marked)
    if span is None:
        raise BadForm("marked", "not in the report")
    speaker = visit.sent.line("speaker", _LINE) or None
    return StatementDraft(body[span.start : span.end], span, speaker)


def _back(visit: Visit, said: str, n: int | None = None) -> Response:
    cluster = visit.sent.number("cluster") if visit.sent.text("cluster") else None
    return visit.to(f"/reports/{visit.number}", said, n=n, cluster=cluster)
