"""Record the state that a proposal depends on, and check that it still holds."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge.approvals.acts import Subject
from knowledge.domain import ClusterStatus, SubjectKind
from knowledge.models import AuditEntry, Claim, Cluster, Feed, Report, Source, Statement, Verdict
from knowledge.storage.row_locks import lock_report, lock_statements

#: Statuses that count as one for an answer: open, snoozed and settled.
_HANDLED = (ClusterStatus.ANSWERED, ClusterStatus.REJECTED)


#: Audit actions that change which claims are in a cluster.
_REGROUPING = ("split", "merged")


def name_of(subject: Subject) -> str:
    """Return the name of a subject in a stored basis."""
    kind, number = subject
    return f"{kind.value}:{number}"


def subject_named(name: str) -> Subject:
    """Return the subject that ``name_of`` named."""
    kind, _, number = name.partition(":")
    return SubjectKind(kind), int(number)


def lock(session: Session, subjects: Sequence[Subject]) -> None:
    """Lock statements and reports against changes until the transaction ends.

    Clusters and verdicts are protected by the queue's lock. Raises NotFound.
    """
    for kind, number in subjects:
        if kind is SubjectKind.REPORT:
            lock_report(session, number)
    lock_statements(session, sorted(n for kind, n in subjects if kind is SubjectKind.STATEMENT))


def basis_of(session: Session, subjects: Sequence[Subject]) -> dict[str, Any]:
    """Return the state of subjects as JSON values, without those that do not exist."""
    session.flush()
    found = {name_of(subject): _state(session, *subject) for subject in subjects}
    return {name: state for name, state in found.items() if state is not None}


def _state(session: Session, kind: SubjectKind, number: int) -> dict[str, Any] | None:
    match kind:
        case SubjectKind.STATEMENT:
            statement = session.execute(
                select(
                    Statement.version,
                    Statement.status,
                    Statement.reviewed_by,
                    Statement.merged_into,
                    # The statement is shown with its report's title, outlet and date.
                    Report.version.label("report"),
                )
                .join(Report, Report.id == Statement.report_id)
                .where(Statement.id == number)
            ).one_or_none()
            return dict(statement._mapping) if statement else None
        case SubjectKind.REPORT:
            version = session.scalar(select(Report.version).where(Report.id == number))
            return {"version": version} if version is not None else None
        case SubjectKind.CLUSTER:
            return _cluster(session, number)
        case SubjectKind.CLAIM:
            return {"verdicts": _verdicts(session, Claim.id == number)}
        case SubjectKind.SOURCE:
            return _source(session, number)
        case SubjectKind.FEED:
            feed = session.execute(
                select(Feed.source_id, Feed.url, Feed.paused).where(Feed.id == number)
            ).one_or_none()
            return {**feed._mapping, **(_source(session, feed.source_id) or {})} if feed else None
        case _:
            return None


def _cluster(session: Session, number: int) -> dict[str, Any] | None:
    """Return the state of a cluster, with the claims that moderators moved in or out.

    Claims that join by clustering mean the same and change nothing. No text is stored: it belongs
    to people and is erased in time.
    """
    row = session.execute(
        select(Cluster.status, Cluster.merged_into).where(Cluster.id == number)
    ).one_or_none()
    if row is None:
        return None
    placed = select(Claim.id).where(Claim.cluster_id == number, Claim.placed_by_hand)
    regrouped = select(func.max(AuditEntry.id)).where(
        AuditEntry.subject == SubjectKind.CLUSTER,
        AuditEntry.subject_id == str(number),
        AuditEntry.action.in_(_REGROUPING),
    )
    return {
        "regrouped": session.scalar(regrouped),
        "handled": row.status.value if row.status in _HANDLED else None,
        "merged_into": row.merged_into,
        "placed": list(session.scalars(placed.order_by(Claim.id))),
        "verdicts": _verdicts(session, Claim.cluster_id == number),
    }


def _verdicts(session: Session, among: Any) -> list[list[Any]]:
    counted = (
        select(Verdict.statement_id, Verdict.relation, func.count())
        .join(Claim, Claim.id == Verdict.claim_id)
        .where(among)
        .group_by(Verdict.statement_id, Verdict.relation)
        .order_by(Verdict.statement_id, Verdict.relation)
    )
    return [[row[0], row[1].value, row[2]] for row in session.execute(counted)]


def _source(session: Session, number: int) -> dict[str, Any] | None:
    source = session.execute(
        select(Source.name, Source.homepage, Source.trusted).where(Source.id == number)
    ).one_or_none()
    if source is None:
        return None
    feeds = select(Feed.id, Feed.url).where(Feed.source_id == number).order_by(Feed.id)
    return {**source._mapping, "feeds": [[row.id, row.url] for row in session.execute(feeds)]}
