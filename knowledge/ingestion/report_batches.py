"""Store reports in batches, or preview what storing them would add."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from knowledge import curation
from knowledge.corpus import reports
from knowledge.corpus.reports import Preview, Stored
from knowledge.domain import ReportDraft


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A stored draft, and how many of its statements were published."""

    stored: Stored
    published: int


def store_batch(
    session: Session, drafts: Sequence[ReportDraft], actor: str, *, publish: bool
) -> list[TakenIn]:
    """Store reports; with ``publish`` their statements are published, also of known reports."""
    return [_take_in(session, draft, actor, publish) for draft in drafts]


def preview_batch(session: Session, drafts: Sequence[ReportDraft]) -> list[Preview]:
    """Return what storing each report would add, each on its own."""
    return [reports.preview(session, draft) for draft in drafts]


def _take_in(session: Session, draft: ReportDraft, actor: str, publish: bool) -> TakenIn:
    stored = reports.store(session, draft)
    moved = curation.publish(session, stored.statement_ids, actor) if publish else 0
    return TakenIn(stored, moved)
