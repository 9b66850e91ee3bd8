"""Preview and give the answer to a cluster, and reopen a cluster with or without its answer."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from knowledge.approvals.acts import Answer, Detach
from knowledge.approvals.decisions import Applied, Policy, Waiting, submit
from knowledge.claim_queue import cluster_actions, cluster_listing, verdicts
from knowledge.claim_queue.cluster_actions import require_unanswered
from knowledge.claim_queue.cluster_listing import (
    ClusterDetail,
    ClusterSummary,
    resolve_merged_cluster,
)
from knowledge.claim_queue.explanations import NO_NOTE
from knowledge.corpus import reports
from knowledge.corpus.reports import SourcedStatement
from knowledge.curation.edit_conflicts import (
    last_seen,
    last_shown,
    require_as_shown,
    require_unchanged,
)
from knowledge.domain import ClusterStatus, Relation, SubjectKind
from knowledge.notifications import rejections
from knowledge.outbox import pending_notifications
from knowledge.outbox.pending_notifications import Audience


@dataclass(frozen=True, slots=True)
class AnswerPreview:
    """The result of an ``answer`` before it is given.

    ``audience`` is None if it answers nothing. ``seen`` and ``shown`` are passed to ``submit``, so
    that changes in between are not taken for seen.
    """

    answer: Answer
    detail: ClusterDetail
    statement: SourcedStatement
    audience: Audience | None
    seen: int
    shown: int


def preview_answer(
    session: Session, answer: Answer, actor: str, now: datetime, two_people: bool = False
) -> AnswerPreview:
    """Preview an answer: it is given, read, and rolled back.

    Unless ``two_people`` are required, as if another person had reviewed it. Raises NotFound, and
    as ``answer_cluster``.
    """
    cluster = resolve_merged_cluster(session, answer.cluster_id).id
    # Read before what is shown, so that a change in between does not count as seen.
    seen = last_seen(session, SubjectKind.CLUSTER, cluster)
    shown = last_shown(session, [answer.statement_id])
    detail = cluster_listing.load_cluster(session, cluster, now=now)
    statement = reports.load_by_id(session, answer.statement_id)
    audience = None
    if answer.relation is not Relation.NOT_ENOUGH_INFO:
        audience = pending_notifications.foresee(
            session, cluster, statement.id, answer.relation, actor, two_people, answer.note
        )
    return AnswerPreview(answer, detail, statement, audience, seen, shown[statement.id])


def draft_answer(session: Session, answer: Answer, actor: str, now: datetime) -> AnswerPreview:
    """Preview an answer with its stored note, or the one it had when last withdrawn."""
    cluster = resolve_merged_cluster(session, answer.cluster_id)
    # Read before the note, so that a newer note in between does not count as seen.
    seen = last_seen(session, SubjectKind.CLUSTER, cluster.id)
    kept = verdicts.load_said(session, cluster.title).get(answer.statement_id)
    if kept is None:
        note = verdicts.load_last_note(session, cluster.id, answer.statement_id, answer.relation)
    else:
        note = kept.note if kept.relation is answer.relation else NO_NOTE
    preview = preview_answer(session, replace(answer, note=note), actor, now)
    return replace(preview, seen=seen)


def preview_open_answer(
    session: Session, answer: Answer, actor: str, now: datetime, seen: int, two_people: bool
) -> AnswerPreview:
    """Preview an answer to an unhandled cluster. Raises as ``answer_open_cluster``."""
    require_unanswered(session, answer.cluster_id)
    require_as_shown(session, {answer.statement_id: seen})
    require_unchanged(session, SubjectKind.CLUSTER, answer.cluster_id, seen)
    return preview_answer(session, answer, actor, now, two_people)


def answer_open_cluster(
    session: Session, answer: Answer, actor: str, policy: Policy, seen: int
) -> Applied | Waiting:
    """Answer a cluster that nobody has handled, if neither it nor the statement changed.

    Raises AlreadyHandled, Stale if either changed since it was ``seen``, and as ``submit``.
    """
    require_unanswered(session, answer.cluster_id)
    shown = {answer.statement_id: seen}
    return submit(session, answer, actor, None, policy, seen=seen, shown=shown)


class AnswerChoice(StrEnum):
    """What happens to the answer of a cluster that is reopened."""

    KEEP = "keep"
    TAKE_BACK = "take_back"


@dataclass(frozen=True, slots=True)
class AnswerInForce:
    """The current answer of a cluster to reopen: the moderator must choose what becomes of it."""

    cluster: ClusterSummary
    statements: tuple[SourcedStatement, ...]
    seen: int


@dataclass(frozen=True, slots=True)
class Reopened:
    """A cluster is open again, and this many ``people`` will be told."""

    people: int


def reopen_cluster(
    session: Session,
    cluster_id: int,
    choice: AnswerChoice | None,
    seen: int,
    actor: str,
    policy: Policy,
    now: datetime,
) -> AnswerInForce | Reopened | Applied | Waiting:
    """Reopen a cluster; for an answered one a ``choice`` is needed.

    Without it nothing changes. If the choice is to withdraw the answer, the outcome is that of the
    withdrawal. Raises Stale if the cluster changed since it was ``seen``, NotFound, and
    AlreadyHandled if it is open.
    """
    cluster = resolve_merged_cluster(session, cluster_id)
    last = last_seen(session, SubjectKind.CLUSTER, cluster.id)
    answers = list(verdicts.load_answers(session, cluster.id))
    if answers and cluster.status is ClusterStatus.ANSWERED:
        if choice is None:
            return AnswerInForce(
                cluster_listing.load_summary(session, cluster.id, now),
                tuple(reports.load_by_ids(session, answers)),
                last,
            )
        require_unchanged(session, SubjectKind.CLUSTER, cluster.id, seen)
        if choice is AnswerChoice.TAKE_BACK:
            acts = [Detach(cluster.id, each) for each in answers]
            outcome, *_ = [submit(session, act, actor, None, policy) for act in acts]
            return outcome
    cluster_actions.reopen(session, cluster.id, actor)
    return Reopened(rejections.count_pending(session, [cluster.id]))
