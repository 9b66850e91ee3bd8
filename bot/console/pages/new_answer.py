"""Answer a cluster with a new report: entered on one page, confirmed on the next."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from bot.console import new_answer, previews, report_upload
from bot.console.error_pages import describe_error, status_of
from bot.console.errors import BadForm, FieldTooLong, FutureDate
from bot.console.new_answer import ANSWERS, OTHER_WORDS, AnswerForm
from bot.console.pages.reports import LONGEST_SHOWN
from bot.console.previews import AnswerPreviews
from bot.console.requests import Visit
from bot.conversation.change_texts import name_field
from bot.errors import BotError
from knowledge import approvals
from knowledge.approvals import Applied, Rehearsed
from knowledge.checking.reranking import RERANKED
from knowledge.claim_queue import cluster_listing
from knowledge.claim_queue.cluster_listing import ClusterSummary
from knowledge.corpus import reports
from knowledge.domain import ReportDraft, ReportKind
from knowledge.errors import KnowledgeError, NotAllowed, SignedOut

#: Maximum statements of a report that are compared with the claim and listed.
_LISTED: Final = 200


@dataclass(frozen=True, slots=True)
class AnswerEffects:
    """The effects of the answer as filled in, and the value that its confirmation sends back."""

    rehearsed: Rehearsed
    outlook: AnswerPreviews
    digest: str


def new(visit: Visit) -> Response:
    """Show the form for the report."""
    return _show_report_form(visit, _cluster(visit))


def choose(visit: Visit) -> Response:
    """Show the report's statements, nearest to the claim first, and what people would read."""
    cluster = _cluster(visit)
    try:
        # Fetch outside any transaction: it may be slow.
        report = report_upload.read_report(
            visit.sent, visit.services.fetcher, visit.services.parsers
        )
    except (BotError, KnowledgeError) as error:
        return _show_report_form(visit, cluster, error)
    return _show_choices(visit, cluster, report)


def confirm(visit: Visit) -> Response:
    """Publish the chosen statement, answer the cluster with it, and notify people."""
    sent, services, cluster = visit.sent, visit.services, _cluster(visit)
    try:
        report = report_upload.read_report(sent, services.fetcher, services.parsers)
    except (BotError, KnowledgeError) as error:
        return _show_report_form(visit, cluster, error)
    if sent.text("choice") != sent.text("followed"):
        return _show_choices(visit, cluster, report, changed=True)
    try:
        report_upload.require_past_dates([report], visit.now)
        filled, note = new_answer.read_answer_form(sent, ()), new_answer.read_note(sent)
        answer = new_answer.build_answer(cluster.id, report, filled, note)
        if sent.text("previewed") != new_answer.compute_digest(answer):
            return _show_choices(visit, cluster, report, changed=True)
        shown = sent.number("shown") if sent.text("shown") else None
        outcome = visit.do(
            approvals.answer_with_report,
            answer,
            visit.actor,
            services.policy,
            seen=sent.number("seen"),
            shown=shown,
        )
    except (SignedOut, NotAllowed):
        raise
    except (BotError, KnowledgeError) as error:
        return _show_choices(visit, cluster, report, error)
    people = outcome.count if isinstance(outcome, Applied) else None
    return visit.conclude(outcome) or visit.to(f"/clusters/{cluster.id}", "answered", n=people)


def _cluster(visit: Visit) -> ClusterSummary:
    return visit.do(cluster_listing.load_summary, visit.number, visit.now)


def _show_report_form(
    visit: Visit, cluster: ClusterSummary, error: Exception | None = None
) -> Response:
    return _page(visit, "new_answer.html", error, cluster=cluster)


def _show_choices(
    visit: Visit,
    cluster: ClusterSummary,
    report: ReportDraft,
    error: Exception | None = None,
    changed: bool = False,
) -> Response:
    found = reports.preview_statements(report)[:_LISTED]
    matches = visit.services.checker.compare(cluster.title, found)
    offered = new_answer.list_choices(report, matches, RERANKED)
    filled = new_answer.read_answer_form(visit.sent, offered)
    foretold: AnswerEffects | None = None
    try:
        report_upload.require_past_dates([report], visit.now)
    except FutureDate as problem:
        error = problem
    if filled.relation is not None and not isinstance(error, FutureDate):
        try:
            foretold = _compute_effects(visit, cluster, report, filled)
        except (SignedOut, NotAllowed):
            raise
        except (BotError, KnowledgeError) as problem:
            error = error or problem
    return _page(
        visit,
        "new_answer_chosen.html",
        error,
        cluster=cluster,
        report=report,
        carried=report_upload.encode_statements(report),
        offered=offered,
        near=RERANKED,
        filled=filled,
        foretold=foretold,
        changed=changed and foretold is not None,
        two_people=visit.services.two_people,
        answers=ANSWERS,
        other_words=OTHER_WORDS,
        longest_shown=LONGEST_SHOWN,
        noted=new_answer.read_note_fields(visit.sent),
    )


def _compute_effects(
    visit: Visit, cluster: ClusterSummary, report: ReportDraft, filled: AnswerForm
) -> AnswerEffects:
    """Compute the effects of the answer. Raises what giving it would."""
    note = new_answer.read_note(visit.sent)
    answer = new_answer.build_answer(cluster.id, report, filled, note)
    rehearsed = visit.do(approvals.rehearse_with_report, answer, visit.actor)
    outlook = previews.preview_answer(
        rehearsed.audience,
        cluster.title,
        rehearsed.statement,
        answer.relation,
        visit.now.date(),
        note,
    )
    return AnswerEffects(rehearsed, outlook, new_answer.compute_digest(answer))


def _page(visit: Visit, template: str, error: Exception | None, **values: object) -> Response:
    problem = _way_out(error, visit) if error is not None else None
    page = visit.page(template, problem=problem, kinds=tuple(ReportKind), **values)
    if error is not None:
        page.status_code = status_of(error)
    return page


def _way_out(error: Exception, visit: Visit) -> str:
    """Say why the form was refused, and what to do."""
    say = visit.words.say
    match error:
        case FieldTooLong() | FutureDate():
            return describe_error(error, say)
        case BadForm(field="body"):
            return say("Paste the report’s text, or give the address of one article.")
        case BadForm(field="url"):
            return say("This address cannot be fetched. An address begins with https:// or http://")
        case BadForm(field="published_at"):
            return say("This date cannot be used. Choose the day again.")
        case BadForm(field="words"):
            return say("These words are not in the report. Copy them exactly from its text.")
        case BadForm(field=field):
            return say("This cannot be used as it is: {field}. Correct it and try again.").format(
                field=name_field(field, say)
            )
        case _:
            return describe_error(error, say)
