"""Handle clusters for moderators, each act with its audit row in the same transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from knowledge.accounts import roles
from knowledge.claim_queue import cluster_notes, verdicts
from knowledge.claim_queue.cluster_listing import (
    ClusterDetail,
    load_cluster,
    lock_cluster,
    resolve_merged_cluster,
)
from knowledge.claim_queue.demand import recount_cluster
from knowledge.claim_queue.opposite_claims import may_oppose
from knowledge.domain import ClusterStatus, RejectReason, SubjectKind
from knowledge.errors import AlreadyHandled, CannotRegroup, RegroupProblem, TakenByColleague
from knowledge.models import Claim, Cluster, Inquiry, Verdict
from knowledge.notifications import rejections
from knowledge.storage import audit_log

#: Audit action on the cluster that another one was merged into.
JOINED: Final = "joined"
#: The most claims that one act moves.
MOST: Final = 5_000


@dataclass(frozen=True, slots=True)
class HeldAct:
    """An act that people are told of after a delay; until then its audit entry can be undone."""

    cluster_id: int
    entry_id: int


def assign(
    session: Session,
    cluster_id: int,
    assignee: str | None,
    actor: str,
    reason: str | None = None,
    held_by: str | None = None,
) -> None:
    """Assign a cluster to a moderator (a person's key), or to nobody.

    Raises NotFound, and TakenByColleague if it is assigned to somebody other than the actor and
    ``held_by``, the assignee that the actor saw.
    """
    row = lock_cluster(session, cluster_id)
    if row.assignee not in (None, actor, assignee, held_by):
        by = roles.name_of(session, row.assignee)
        raise TakenByColleague(
            f"{by} works on cluster {row.id}; take it over on its page",
            by,
            "assigned",
            row.assignee,
            (SubjectKind.CLUSTER.value, str(row.id)),
        )
    before, row.assignee = row.assignee, assignee
    _note(session, row.id, "assigned", actor, reason, {"assignee": before}, {"assignee": assignee})


def snooze(
    session: Session, cluster_id: int, until: datetime, actor: str, reason: str | None = None
) -> None:
    """Hide an open cluster until a moment. Raises NotFound; AlreadyHandled if it is not open."""
    row = require_unanswered(session, cluster_id)
    before = _read_state(row)
    row.status, row.snoozed_until = ClusterStatus.SNOOZED, until
    _note(session, row.id, "snoozed", actor, reason, before, _read_state(row))


def reject(
    session: Session,
    cluster_id: int,
    why: RejectReason,
    actor: str,
    reason: str | None = None,
    held: timedelta = timedelta(),
) -> HeldAct:
    """Reject an open cluster; everybody who waits is told why, after the ``held`` delay.

    Raises NotFound and AlreadyHandled.
    """
    row = require_unanswered(session, cluster_id)
    before = _read_state(row)
    row.status, row.reject_reason, row.snoozed_until = ClusterStatus.REJECTED, why, None
    _note(session, row.id, "rejected", actor, reason, before, _read_state(row))
    rejections.note_rejected(session, row.id, held)
    done = audit_log.load_latest_ids(session, SubjectKind.CLUSTER, [row.id])
    return HeldAct(row.id, done[row.id])


def undo_rejection(
    session: Session, entry: audit_log.Entry, actor: str, action: str, reason: str | None
) -> None:
    """Restore a rejected cluster; people who were told of the rejection hear that it is open."""
    row = lock_cluster(session, int(entry.subject_id))
    before = _read_state(row)
    _restore_state(row, entry.before or {})
    _note(session, row.id, action, actor, reason, before, _read_state(row), entry.id)
    rejections.note_rejected(session, row.id)


def reopen(session: Session, cluster_id: int, actor: str, reason: str | None = None) -> None:
    """Reopen a cluster; people who were told why it was rejected hear that it is open.

    People who were not told yet are not told. Raises NotFound, and AlreadyHandled if it is open.
    """
    row = lock_cluster(session, cluster_id)
    if row.status is ClusterStatus.OPEN:
        raise AlreadyHandled(f"cluster {row.id} is open already")
    before = _read_state(row)
    row.status, row.reject_reason, row.snoozed_until = ClusterStatus.OPEN, None, None
    _note(session, row.id, "reopened", actor, reason, before, _read_state(row))
    rejections.note_rejected(session, row.id)


def wake(session: Session, now: datetime) -> int:
    """Open the clusters whose snooze has ended; returns how many."""
    woken = session.scalars(
        update(Cluster)
        .where(Cluster.status == ClusterStatus.SNOOZED, Cluster.snoozed_until <= now)
        .values(status=ClusterStatus.OPEN, snoozed_until=None)
        .returning(Cluster.id)
    ).all()
    return len(woken)


@dataclass(frozen=True, slots=True)
class Merged:
    """The result of merging clusters.

    ``untold`` is how many people wait in it for an answer that others were given; ``answer`` is
    that answer, once they are merged.
    """

    status: ClusterStatus
    untold: int
    answer: tuple[int, verdicts.Said] | None = None


@dataclass(frozen=True, slots=True)
class MergePreview:
    """Two clusters as they are now, and the result if the ``other`` joins the ``kept``."""

    kept: ClusterDetail
    other: ClusterDetail
    merged: Merged


def preview_merge(session: Session, keep: int, other: int, now: datetime) -> MergePreview:
    """Preview merging two clusters, changing nothing. Raises as ``merge_clusters``."""
    merged = foresee_merge(session, keep, [other])
    kept, apart = (load_cluster(session, each, now=now) for each in (keep, other))
    return MergePreview(kept, apart, merged)


def foresee_merge(session: Session, keep: int, others: Sequence[int]) -> Merged:
    """Preview merging several clusters, changing nothing. Raises as ``merge_clusters``."""
    kept = resolve_merged_cluster(session, keep)
    return _foresee(session, kept, _apart_from(session, kept, others))


def merge_clusters(
    session: Session,
    keep: int,
    others: Sequence[int],
    actor: str,
    reason: str | None = None,
) -> Merged:
    """Merge clusters under the number ``keep``; the other numbers redirect to it.

    The result is open if any of them was open, or if somebody waits for the answer that another of
    them was given, since merging tells nobody. Otherwise it is answered if any of them was. Raises
    NotFound, and CannotRegroup if there is nothing to merge.
    """
    kept = lock_cluster(session, keep)
    rows = _apart_from(session, kept, others)
    merged = _foresee(session, kept, rows)
    before = _read_state(kept)
    if merged.status is not kept.status:
        kept.status, kept.reject_reason, kept.snoozed_until = merged.status, None, None
    for row in rows:
        moved = list(session.scalars(select(Claim.id).where(Claim.cluster_id == row.id)))
        session.execute(
            update(Claim)
            .where(Claim.cluster_id == row.id)
            .values(cluster_id=kept.id, placed_by_hand=True)
        )
        cluster_notes.move_remarks(session, row.id, kept.id)
        row.merged_into = kept.id
        row.asker_count, row.inquiry_count, row.forward_count, row.heat = 0, 0, 0, 0.0
        _note(session, row.id, "merged", actor, reason, {"claims": moved}, {"merged_into": kept.id})
        joined = _read_state(kept) | {"cluster": row.id, "claims": moved}
        _note(session, kept.id, JOINED, actor, reason, before, joined)
        before = _read_state(kept)
    recount_cluster(session, kept)
    rejections.note_rejected(session, kept.id)
    if not merged.untold:
        return merged
    return replace(merged, answer=verdicts.load_answer(session, kept.id))


def undo_merge(
    session: Session, entry: audit_log.Entry, actor: str, action: str, reason: str | None
) -> None:
    """Give a merged cluster its claims back; both clusters get their earlier status.

    Tags and notes stay where the merge moved them.
    """
    kept, after = lock_cluster(session, int(entry.subject_id)), entry.after or {}
    apart = session.get_one(Cluster, after["cluster"])
    session.execute(
        update(Claim)
        .where(Claim.id.in_(after["claims"]), Claim.cluster_id == kept.id)
        .values(cluster_id=apart.id)
    )
    apart.merged_into = None
    _restore_state(kept, entry.before or {})
    for row, other in ((kept, apart), (apart, kept)):
        recount_cluster(session, row)
        _note(session, row.id, action, actor, reason, {"cluster": other.id}, None, entry.id)
        rejections.note_rejected(session, row.id)


def _apart_from(session: Session, kept: Cluster, others: Sequence[int]) -> list[Cluster]:
    rows = {row.id: row for row in (resolve_merged_cluster(session, each) for each in others)}
    rows.pop(kept.id, None)
    if not rows:
        raise CannotRegroup(
            RegroupProblem.SAME_CLUSTER,
            f"cluster {kept.id} needs another to be merged with; choose one",
        )
    return list(rows.values())


def _foresee(session: Session, kept: Cluster, others: Sequence[Cluster]) -> Merged:
    rows = (kept, *others)
    statuses = {row.status for row in rows}
    answered = ClusterStatus.ANSWERED in statuses
    unanswered = [row.id for row in rows if row.status is not ClusterStatus.ANSWERED]
    waiting = session.scalar(
        select(func.count(Inquiry.person_key.distinct()))
        .join(Claim, Claim.id == Inquiry.claim_id)
        .where(Claim.cluster_id.in_(unanswered), Inquiry.waiting)
    )
    status = ClusterStatus.ANSWERED if answered else kept.status
    # Moderators do not look at answered or settled clusters: people would wait for ever.
    lost = waiting and status in (ClusterStatus.ANSWERED, ClusterStatus.SETTLED)
    if ClusterStatus.OPEN in statuses or lost:
        status = ClusterStatus.OPEN
    return Merged(status, waiting or 0 if answered else 0)


def split_cluster(
    session: Session,
    cluster_id: int,
    claim_ids: Sequence[int],
    actor: str,
    reason: str | None = None,
) -> int:
    """Move some claims of a cluster to a new cluster; returns its number.

    The new cluster is another claim: verdicts given on the claims that stay are detached from those
    that leave, and only verdicts on the moved claims themselves go along. It has the same status,
    except that what is split from an answered cluster is open. The remaining cluster is titled by
    one of its remaining claims. Raises NotFound, and CannotRegroup if a claim is not in the cluster
    or none would stay.
    """
    row, wanted = lock_cluster(session, cluster_id), sorted(set(claim_ids))
    if not 0 < len(wanted) <= MOST:
        raise CannotRegroup(
            RegroupProblem.BAD_NUMBER,
            f"choose between 1 and {MOST} claims to split from cluster {row.id}",
        )
    # The text of an erased wording is empty, so it cannot be the title.
    inside = and_(Claim.cluster_id == row.id, Claim.text != "")
    held = list(session.scalars(select(Claim.id).where(inside, Claim.id.in_(wanted))))
    if len(held) < len(wanted):
        raise CannotRegroup(
            RegroupProblem.MOVED,
            f"some of these claims are no longer in cluster {row.id}; look at it again",
        )
    if session.scalar(select(func.count()).where(inside)) == len(wanted):
        raise CannotRegroup(
            RegroupProblem.NONE_LEFT, f"at least one claim has to stay in cluster {row.id}"
        )
    answered = row.status is ClusterStatus.ANSWERED
    apart = Cluster(
        title=_most_asked(session, Claim.id.in_(wanted)),
        status=ClusterStatus.OPEN if answered else row.status,
        reject_reason=row.reject_reason,
    )
    apart.snoozed_until = row.snoozed_until
    session.add(apart)
    session.flush()
    session.execute(
        update(Claim).where(Claim.id.in_(wanted)).values(cluster_id=apart.id, placed_by_hand=True)
    )
    if session.scalar(select(Claim.id).where(inside, Claim.text == row.title).limit(1)) is None:
        row.title = _most_asked(session, inside)
    recount_cluster(session, apart)
    recount_cluster(session, row)
    _leave_behind(session, row.id, wanted, actor, reason)
    _note(session, row.id, "split", actor, reason, None, {"claims": wanted, "cluster": apart.id})
    return apart.id


def _leave_behind(
    session: Session, cluster_id: int, claim_ids: Sequence[int], actor: str, reason: str | None
) -> None:
    """Detach from the claims that left a cluster the verdicts given on those that stay."""
    stays = select(Verdict.statement_id).join(Claim).where(Claim.cluster_id == cluster_id)
    shared = session.scalars(
        select(Verdict.statement_id)
        .where(Verdict.claim_id.in_(claim_ids), Verdict.statement_id.in_(stays))
        .distinct()
        .order_by(Verdict.statement_id)
    ).all()
    for statement_id in shared:
        rulings = [verdicts.Ruling(number, statement_id, None) for number in claim_ids]
        verdicts.rule(session, rulings, actor, "detached", reason)


def take_opposites_out(session: Session, cluster_id: int, actor: str) -> int | None:
    """Split off claims that may contradict the title; returns the new cluster's number, if any.

    Call it before a verdict is given on all claims of a cluster. Raises NotFound, and CannotRegroup
    if there are more of them than one act may move.
    """
    row = lock_cluster(session, cluster_id)
    rows = session.execute(
        select(Claim.id, Claim.text)
        .where(Claim.cluster_id == row.id, Claim.text != "")
        .order_by(Claim.id)
    )
    claims: dict[int, str] = {each.id: each.text for each in rows}
    read = row.title if row.title in claims.values() else next(iter(claims.values()), "")
    apart = [number for number, text in claims.items() if may_oppose(text, read)]
    if not apart:
        return None
    return split_cluster(session, row.id, apart, actor, "may say the opposite of the others")


def _most_asked(session: Session, among: ColumnElement[bool]) -> str:
    return session.scalars(
        select(Claim.text)
        .outerjoin(Inquiry, Inquiry.claim_id == Claim.id)
        .where(among)
        .group_by(Claim.id)
        .order_by(func.count(Inquiry.id).desc(), Claim.id)
        .limit(1)
    ).one()


def require_unanswered(session: Session, cluster_id: int) -> Cluster:
    """Return the locked row of a cluster that nobody has handled yet.

    Raises NotFound, and AlreadyHandled if it is answered or rejected.
    """
    row = lock_cluster(session, cluster_id)
    if row.status not in (ClusterStatus.OPEN, ClusterStatus.SNOOZED, ClusterStatus.SETTLED):
        raise AlreadyHandled(f"cluster {row.id} is {row.status} already; reopen it first")
    return row


def _read_state(row: Cluster) -> dict[str, Any]:
    return {
        "status": row.status.value,
        "reject_reason": row.reject_reason.value if row.reject_reason else None,
        "snoozed_until": row.snoozed_until.isoformat() if row.snoozed_until else None,
    }


def _restore_state(row: Cluster, standing: Mapping[str, Any]) -> None:
    """Restore the state of a cluster that ``_read_state`` wrote."""
    why, until = standing["reject_reason"], standing["snoozed_until"]
    row.status = ClusterStatus(standing["status"])
    row.reject_reason = RejectReason(why) if why else None
    row.snoozed_until = datetime.fromisoformat(until) if until else None


def _note(
    session: Session,
    cluster_id: int,
    action: str,
    actor: str,
    reason: str | None,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    undoes: int | None = None,
) -> None:
    audit_log.record(
        session,
        actor,
        action,
        SubjectKind.CLUSTER,
        cluster_id,
        before=before,
        after=after,
        reason=reason,
        undoes=undoes,
    )
