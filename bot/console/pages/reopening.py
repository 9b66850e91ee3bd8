"""Reopen a cluster, and decide what becomes of its answer."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console import previews
from bot.console.pages.clusters import back
from bot.console.requests import Visit
from knowledge.approvals import Detach
from knowledge.claim_queue import cluster_actions, cluster_listing, verdicts
from knowledge.corpus import reports
from knowledge.curation.edit_conflicts import last_seen, require_unchanged
from knowledge.domain import ClusterStatus, NotificationKind, SubjectKind
from knowledge.notifications import rejections


class AnswerChoice(StrEnum):
    """What becomes of the answer of a cluster that is reopened."""

    KEEP = "keep"
    TAKE_BACK = "take_back"


def reopen(visit: Visit) -> Response:
    """Put a cluster back on the pile; of an answered one it is asked what becomes of the answer."""
    choice = visit.sent.choice("answer", AnswerChoice)
    with visit.transaction() as session:
        row = cluster_listing.resolve_merged_cluster(session, visit.number)
        number = row.id
        answers = list(verdicts.answers_of(session, number))
        if answers and row.status is ClusterStatus.ANSWERED:
            if choice is None:
                return _ask_of_answer(visit, session, number, answers)
            require_unchanged(session, SubjectKind.CLUSTER, number, visit.sent.number("seen"))
            if choice is AnswerChoice.TAKE_BACK:
                outcome, *_ = [visit.submit(session, Detach(number, each)) for each in answers]
                return visit.conclude(outcome) or back(visit, "reopened_unanswered")
        cluster_actions.reopen(session, number, visit.actor)
        people = rejections.count_pending(session, [number])
    return back(visit, "reopened", n=people)


def _ask_of_answer(visit: Visit, session: Session, number: int, answers: Sequence[int]) -> Response:
    """Ask whether an answer is taken back with reopening, and show what is read of that."""
    cluster = cluster_listing.load_cluster(session, number, now=visit.now).summary
    statements = reports.load_by_ids(session, answers)
    return visit.page(
        "reopen.html",
        cluster=cluster,
        seen=last_seen(session, SubjectKind.CLUSTER, number),
        statements=statements,
        two_people=visit.desk.two_people,
        previews=previews.preview_notification(
            NotificationKind.TAKEN_BACK, cluster.title, statements[0], None, visit.now.date()
        ),
    )
