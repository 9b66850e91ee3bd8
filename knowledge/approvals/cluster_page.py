"""Load all that moderators see of one cluster, as it stands at one moment."""

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

#: Entries of the audit that are shown.
_PAST = 10


@dataclass(frozen=True, slots=True)
class ClusterPage:
    """A cluster, what was said of it and done to it, and what waits.

    ``attached`` are statements with their relation to its claims. ``held`` is its answer or its
    rejection where nothing was done since: people are told of it only after a while; ``in_audit``
    is whether the audit takes that back as well. So many hear it if it is reopened:
    ``hear_reopened``. ``suggested`` are tags that it does not have.
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
    """Return all that is shown of a cluster; one that was merged is the one it became part of.

    Who asks it is told only ``with_askers``. Raises NotFound.
    """
    detail = cluster_listing.load_cluster(session, cluster_id, now=now)
    number = detail.summary.id
    last = audit_log.load_latest(session, SubjectKind.CLUSTER, number)
    held = last if last is not None and last.action in HELD else None
    # Of any wording: what was merged into an answered cluster has no answer of its own yet.
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
