"""Publish what a report was shown with, if nobody changed it since."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from knowledge import curation
from knowledge.approvals.acts import Publish
from knowledge.approvals.decisions import Applied, Policy, Waiting, submit
from knowledge.claim_queue import demand
from knowledge.corpus import reports
from knowledge.domain import StatementStatus


def publish_as_shown(
    session: Session, statement_ids: Sequence[int], actor: str, policy: Policy, seen: int
) -> Applied | Waiting:
    """Publish drafts and reviewed statements.

    ``seen`` is the newest entry of the audit when they were shown. Raises Stale where one of them
    was changed since, and as ``submit``.
    """
    demand.hold(session)
    waits = (StatementStatus.DRAFT, StatementStatus.REVIEWED)
    found = reports.load_by_ids(session, statement_ids)
    # To the others nothing is done.
    shown = {each.id: seen for each in found if each.status in waits}
    return submit(session, Publish(tuple(statement_ids)), actor, None, policy, shown=shown)


def publish_report_as_shown(
    session: Session, report_id: int, actor: str, policy: Policy, seen: int
) -> Applied | Waiting:
    """Publish all of a report, as ``publish_as_shown``. Raises NotFound."""
    demand.hold(session)
    statements = curation.load_report(session, report_id).statements
    return publish_as_shown(session, [each.id for each in statements], actor, policy, seen)
