"""Store reports a batch at a time, or foresee what storing them would add."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from knowledge import curation
from knowledge.corpus import reports
from knowledge.corpus.reports import Preview, Stored
from knowledge.domain import ReportDraft


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a draft, and how many of its statements were published with that."""

    stored: Stored
    published: int


def store_batch(
    session: Session, drafts: Sequence[ReportDraft], actor: str, *, publish: bool
) -> list[TakenIn]:
    """Store reports; with ``publish`` their statements are published, of known ones as well."""
    return [_take_in(session, draft, actor, publish) for draft in drafts]


def preview_batch(session: Session, drafts: Sequence[ReportDraft]) -> list[Preview]:
    """Return what storing each report would add, the others apart."""
    return [reports.preview(session, draft) for draft in drafts]


def _take_in(session: Session, draft: ReportDraft, actor: str, publish: bool) -> TakenIn:
    stored = reports.store(session, draft)
    moved = curation.publish(session, stored.statement_ids, actor) if publish else 0
    return TakenIn(stored, moved)
