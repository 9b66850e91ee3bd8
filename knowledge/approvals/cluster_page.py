"""Load everything that moderators see of one cluster, from one moment."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from knowledge import curation
from knowledge.approvals.proposal_listing import Proposed, list_about
from knowledge.claim_queue import askers, cluster_listing, cluster_notes, verdicts
from knowledge.claim_queue.askers import Asker
from knowledge.claim_queue.cluster_listing import ClusterDetail
from knowledge.claim_queue.cluster_notes import Remarks
from knowledge.corpus import reports
from knowledge.corpus.reports import SourcedStatement
from knowledge.curation.resolution import HELD
from knowledge.domain import Relation, SubjectKind
from knowledge.notifications import rejections
from knowledge.outbox import delivery
from knowledge.outbox.delivery import Delivered
from knowledge.storage import audit_log
from knowledge.storage.audit_log import Entry

#: Audit entries shown.
_PAST = 10


@dataclass(frozen=True, slots=True)
class ClusterPage:
    """A cluster with its verdicts, audit entries and pending proposals.

    ``attached`` are statements with their relation to its claims. ``held`` is its answer or
    rejection while people are not told of it yet and nothing happened since; ``in_audit`` is
    whether the audit can undo that as well. ``hear_reopened`` is how many people would hear of a
    reopening. ``suggested`` are tags that the cluster does not have.
    """

    detail: ClusterDetail
    attached: tuple[tuple[SourcedStatement, Relation], ...]
    pending: tuple[Proposed, ...]
    past: tuple[Entry, ...]
    held: Entry | None
    in_audit: bool
    hear_reopened: int
    delivered: Delivered
    asking: tuple[Asker, ...]
    remarks: Remarks
    suggested: tuple[str, ...]


def load_cluster_page(
    session: Session, cluster_id: int, now: datetime, with_askers: bool
) -> ClusterPage:
    """Return the page of a cluster; for a merged one, of the cluster it was merged into.

    The people who asked are loaded only ``with_askers``. Raises NotFound.
    """
    detail = cluster_listing.load_cluster(session, cluster_id, now=now)
    number = detail.summary.id
    last = audit_log.load_latest(session, SubjectKind.CLUSTER, number)
    held = last if last is not None and last.action in HELD else None
    # For any wording: claims merged into an answered cluster have no answer of their own yet.
    ruled = verdicts.load_verdicts(session, *(wording.text for wording in detail.wordings))
    attached = reports.load_by_ids(session, sorted(ruled))
    remarks = cluster_notes.load_remarks(session, number)
    tags = cluster_notes.list_tags_in_use(session)
    return ClusterPage(
        detail=detail,
        attached=tuple((statement, ruled[statement.id]) for statement in attached),
        pending=list_about(session, [(SubjectKind.CLUSTER, number)]),
        past=audit_log.list_entries(session, SubjectKind.CLUSTER, number, limit=_PAST).items,
        held=held,
        in_audit=held is not None and bool(curation.list_undoable(session, [held])),
        hear_reopened=rejections.count_to_reopen(session, number),
        delivered=delivery.count_delivered(session, number),
        asking=askers.list_askers(session, number) if with_askers else (),
        remarks=remarks,
        suggested=tuple(tag for tag in tags if tag not in remarks.tags),
    )
