"""Publish, edit, merge and split statements, or propose it; preview what comes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from knowledge import curation
from knowledge.approvals.acts import EditStatement, MergeStatements, Publish, SplitStatement
from knowledge.approvals.decisions import Applied, Policy, Waiting, submit
from knowledge.approvals.proposal_listing import Foreseen, rehearse
from knowledge.claim_queue import demand
from knowledge.corpus import reports
from knowledge.corpus.reports import SourcedStatement
from knowledge.curation.edit_conflicts import require_moved
from knowledge.curation.moderator_views import load_shown
from knowledge.curation.splitting import locate_parts
from knowledge.domain import StatementStatus
from knowledge.notifications.corrections import count_audience


@dataclass(frozen=True, slots=True)
class MergePreview:
    """Statements to merge, the kept one first, and how many people were shown each.

    ``seen`` is passed to ``submit``.
    """

    statements: Sequence[SourcedStatement]
    readers: Mapping[int, int]
    seen: Mapping[int, int]


def publish_all(
    session: Session, shown: Mapping[int, int], actor: str, reason: str | None, policy: Policy
) -> Applied | Waiting:
    """Publish all of some statements, or none, as they were ``shown``.

    ``shown`` is what ``last_shown`` said then. Raises Stale where one was changed since or cannot
    be published any more, and as ``submit``.
    """
    outcome = submit(session, Publish(tuple(shown)), actor, reason, policy, shown=shown)
    if isinstance(outcome, Applied):
        require_moved(session, list(shown), outcome.count)
    return outcome


def publish_waiting(
    session: Session, statement_ids: Sequence[int], actor: str, policy: Policy, seen: int
) -> Applied | Waiting:
    """Publish those of some statements that are drafts or reviewed, as they were shown.

    ``seen`` is the newest entry of the audit when they were shown. Raises Stale where one of them
    was changed since, and as ``submit``.
    """
    demand.lock_queue(session)
    waits = (StatementStatus.DRAFT, StatementStatus.REVIEWED)
    found = reports.load_by_ids(session, statement_ids)
    # The others stay as they are, so it does not matter what was done to them.
    shown = {each.id: seen for each in found if each.status in waits}
    return submit(session, Publish(tuple(statement_ids)), actor, None, policy, shown=shown)


def publish_report(
    session: Session, report_id: int, actor: str, policy: Policy, seen: int
) -> Applied | Waiting:
    """Publish what waits in a report, as ``publish_waiting``. Raises NotFound."""
    demand.lock_queue(session)
    statements = curation.load_report(session, report_id).statements
    return publish_waiting(session, [each.id for each in statements], actor, policy, seen)


def submit_edit(
    session: Session, act: EditStatement, actor: str, reason: str | None, policy: Policy
) -> Applied | Waiting | Foreseen:
    """Submit an edit of a statement; of a published one, preview it until ``tell`` is decided.

    The preview tells people. Raises as ``submit``.
    """
    status = curation.load_statement(session, act.statement_id).status
    if act.tell is None and status is StatementStatus.PUBLISHED:
        return rehearse(session, replace(act, tell=True), actor, reason)
    return submit(session, act, actor, reason, policy)


def preview_merge(session: Session, act: MergeStatements, actor: str) -> MergePreview:
    """Preview merging statements. Raises as the merge itself."""
    ids = [act.keep, *(number for number in act.others if number != act.keep)]
    found, seen = load_shown(session, ids)
    rehearse(session, act, actor)
    return MergePreview(
        statements=sorted(found, key=lambda each: ids.index(each.id)),
        readers={number: count_audience(session, number) for number in ids},
        seen=seen,
    )


def split_statement(
    session: Session,
    statement_id: int,
    parts: Sequence[str],
    actor: str,
    reason: str | None,
    policy: Policy,
) -> tuple[int, Applied | Waiting]:
    """Replace a statement by its parts, given as text; returns its report's number.

    Raises BadEdit for a part that is not in it, and as ``submit``.
    """
    held = curation.load_statement(session, statement_id)
    act = SplitStatement(statement_id, locate_parts(held, parts))
    return held.report_id, submit(session, act, actor, reason, policy)
