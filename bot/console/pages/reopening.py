"""Reopen a cluster, and decide what happens to its answer."""

from starlette.responses import Response

from bot.console import previews
from bot.console.pages.clusters import redirect_back
from bot.console.requests import Visit
from knowledge import approvals
from knowledge.approvals import AnswerChoice, AnswerInForce, Reopened
from knowledge.domain import NotificationKind


def reopen(visit: Visit) -> Response:
    """Reopen a cluster; if it is answered, first ask what happens to the answer."""
    sent, services = visit.sent, visit.services
    choice = sent.choice("answer", AnswerChoice)
    seen = sent.number("seen") if choice is not None else 0
    outcome = visit.do(
        approvals.reopen_cluster,
        visit.number,
        choice,
        seen,
        visit.actor,
        services.policy,
        visit.now,
    )
    match outcome:
        case AnswerInForce():
            return _ask_about_answer(visit, outcome)
        case Reopened(people=people):
            return redirect_back(visit, "reopened", n=people)
        case _:
            return visit.conclude(outcome) or redirect_back(visit, "reopened_unanswered")


def _ask_about_answer(visit: Visit, known: AnswerInForce) -> Response:
    """Ask whether reopening takes the answer back, and preview the message about it."""
    return visit.page(
        "reopen.html",
        cluster=known.cluster,
        seen=known.seen,
        statements=known.statements,
        two_people=visit.services.two_people,
        previews=previews.preview_notification(
            NotificationKind.TAKEN_BACK,
            known.cluster.title,
            known.statements[0],
            None,
            visit.now.date(),
        ),
    )
