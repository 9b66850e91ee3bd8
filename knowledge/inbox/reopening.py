"""Clusters whose answer is gone: they are for moderators to answer again."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from knowledge import audit
from knowledge.domain import Relation
from knowledge.models import (
    Claim,
    Cluster,
    ClusterStatus,
    Statement,
    StatementStatus,
    SubjectKind,
    Verdict,
)

_BATCH: Final = 5_000


def reopen(session: Session, statement_ids: Sequence[int], actor: str, reason: str | None) -> None:
    """Open the answered clusters that were answered with withdrawn statements and nothing else."""
    session.flush()
    still_answered = exists(
        select(Verdict.claim_id)
        .join(Claim, Claim.id == Verdict.claim_id)
        .join(Statement, Statement.id == Verdict.statement_id)
        .where(
            Claim.cluster_id == Cluster.id,
            Statement.status == StatementStatus.PUBLISHED,
            Verdict.relation != Relation.NOT_ENOUGH_INFO,
        )
        .correlate(Cluster)
    )
    opened: list[int] = []
    for start in range(0, len(statement_ids), _BATCH):
        answered_with = (
            select(Claim.cluster_id)
            .join(Verdict, Verdict.claim_id == Claim.id)
            .where(Verdict.statement_id.in_(statement_ids[start : start + _BATCH]))
        )
        opened += session.scalars(
            update(Cluster)
            .where(
                Cluster.status == ClusterStatus.ANSWERED,
                Cluster.id.in_(answered_with),
                ~still_answered,
            )
            .values(status=ClusterStatus.OPEN)
            .returning(Cluster.id),
            execution_options={"synchronize_session": False},
        )
    for number in sorted(opened):
        audit.note(
            session,
            actor,
            "reopened",
            SubjectKind.CLUSTER,
            number,
            before={"status": ClusterStatus.ANSWERED.value},
            after={"status": ClusterStatus.OPEN.value},
            reason=reason,
        )
