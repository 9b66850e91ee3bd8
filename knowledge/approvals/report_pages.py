"""Load a report or a statement with all that its edit page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from embeddings.encoders.encoder import Encoder
from embeddings.index.statement_index import StatementIndex
from knowledge import curation
from knowledge.approvals.proposal_listing import (
    Proposed,
    list_about_report,
    list_about_statement,
)
from knowledge.claim_queue import cluster_listing
from knowledge.claim_queue.claim_equivalence import Comparing
from knowledge.claim_queue.cluster_listing import ClusterSummary
from knowledge.corpus import reports
from knowledge.corpus.reports import SourcedStatement
from knowledge.curation import Duplicate, EditableReport, EditableStatement, PastVersion
from knowledge.curation.edit_conflicts import last_shown
from knowledge.domain import StatementDraft, VersionKind


@dataclass(frozen=True, slots=True)
class StatementPage:
    """A statement to edit, as people see it, with earlier versions and duplicates.

    ``seen`` is what ``last_shown`` returned for it, ``pending`` are proposals that would change it.
    """

    held: EditableStatement
    sourced: SourcedStatement
    history: Sequence[PastVersion]
    pending: Sequence[Proposed]
    near: Sequence[Duplicate]
    seen: int


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A report to edit, with earlier versions and the statements that extraction proposes.

    ``seen`` is what ``last_shown`` returned for its statements, ``pending`` are proposals that
    would change it, ``cluster`` is one that it may settle.
    """

    report: EditableReport
    proposals: Sequence[StatementDraft]
    history: Sequence[PastVersion]
    pending: Sequence[Proposed]
    seen: Mapping[int, int]
    cluster: ClusterSummary | None


def load_statement_page(
    session: Session,
    statement_id: int,
    index: StatementIndex,
    encoder: Encoder,
    meanings: Comparing,
    near: int,
) -> StatementPage:
    """Return a statement with up to ``near`` published duplicates. Raises NotFound."""
    # Read before what is shown, so that a change in between does not count as seen.
    seen = last_shown(session, [statement_id])
    held = curation.load_statement(session, statement_id)
    return StatementPage(
        held=held,
        sourced=reports.load_by_id(session, statement_id),
        history=curation.load_history(session, VersionKind.STATEMENT, statement_id),
        pending=list_about_statement(session, statement_id, held.report_id),
        near=curation.find_near_duplicates(session, index, encoder, meanings, statement_id, near),
        seen=seen[statement_id],
    )


def load_report_page(
    session: Session, report_id: int, cluster_id: int | None, now: datetime
) -> ReportPage:
    """Return a report, and the cluster that it may settle, if named. Raises NotFound."""
    report = curation.load_report(session, report_id)
    return ReportPage(
        report=report,
        proposals=curation.propose(session, report_id),
        history=curation.load_history(session, VersionKind.REPORT, report_id),
        pending=list_about_report(session, report_id),
        seen=last_shown(session, [each.id for each in report.statements]),
        cluster=None
        if cluster_id is None
        else cluster_listing.load_summary(session, cluster_id, now),
    )
