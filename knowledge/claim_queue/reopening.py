"""Reopen clusters whose answer is gone, for moderators to answer again."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from knowledge.domain import ClusterStatus, Relation, StatementStatus, SubjectKind
from knowledge.models import Claim, Cluster, Statement, Verdict
from knowledge.storage import audit_log
from knowledge.storage.batches import in_batches
from knowledge.storage.merges import list_duplicates, resolve_merged


def reopen_answered_with(
    session: Session, statement_ids: Sequence[int], actor: str, reason: str | None
) -> None:
    """Reopen clusters whose answers were all withdrawn with these statements.

    An answer with a duplicate counts as one with the statement that stands for it.
    """
    session.flush()
    same = [number for number, _ in _duplicates(session, statement_ids)]
    found: set[int] = set()
    for part in in_batches([*statement_ids, *same]):
        query = (
            select(Claim.cluster_id)
            .join(Verdict, Verdict.claim_id == Claim.id)
            .where(Verdict.statement_id.in_(part), Claim.cluster_id.is_not(None))
        )
        found.update(number for number in session.scalars(query) if number is not None)
    _open(session, sorted(found), actor, reason)


def reopen_unanswered(
    session: Session, claim_ids: Sequence[int], actor: str, reason: str | None
) -> None:
    """Reopen the answered clusters of claims that nothing answers any more."""
    session.flush()
    found: set[int] = set()
    for part in in_batches(claim_ids):
        query = select(Claim.cluster_id).where(Claim.id.in_(part))
        found.update(number for number in session.scalars(query) if number is not None)
    _open(session, sorted(found), actor, reason)


def _open(session: Session, cluster_ids: Sequence[int], actor: str, reason: str | None) -> None:
    opened: list[int] = []
    for part in in_batches(cluster_ids):
        wanted = sorted(set(part) - _answered(session, part))
        opened += session.scalars(
            update(Cluster)
            .where(Cluster.id.in_(wanted), Cluster.status == ClusterStatus.ANSWERED)
            .values(status=ClusterStatus.OPEN)
            .returning(Cluster.id),
            execution_options={"synchronize_session": "fetch"},
        )
    for number in sorted(opened):
        audit_log.record(
            session,
            actor,
            "reopened",
            SubjectKind.CLUSTER,
            number,
            before={"status": ClusterStatus.ANSWERED.value},
            after={"status": ClusterStatus.OPEN.value},
            reason=reason,
        )


def _answered(session: Session, cluster_ids: Sequence[int]) -> set[int]:
    """Return those clusters in which a published statement answers a claim."""
    rows = session.execute(
        select(Claim.cluster_id, Verdict.statement_id)
        .join(Verdict, Verdict.claim_id == Claim.id)
        .where(Claim.cluster_id.in_(cluster_ids), Verdict.relation != Relation.NOT_ENOUGH_INFO)
        .distinct()
    ).all()
    stands = resolve_merged(session, [row.statement_id for row in rows])
    served: set[int] = set()
    for part in in_batches(sorted(set(stands.values()))):
        query = select(Statement.id).where(
            Statement.id.in_(part), Statement.status == StatementStatus.PUBLISHED
        )
        served.update(session.scalars(query))
    return {row.cluster_id for row in rows if stands[row.statement_id] in served}


def _duplicates(session: Session, ids: Sequence[int]) -> Iterator[tuple[int, int]]:
    for part in in_batches(ids):
        yield from list_duplicates(session, part)
