"""Publish a pool of reports for an evaluation, merging copies."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sqlalchemy import select

from embeddings.progress import Progress
from knowledge import curation
from knowledge.corpus import reports
from knowledge.domain import ReportDraft
from knowledge.evaluation.labelled_data import QuerySet
from knowledge.models import Report, Statement
from knowledge.storage.batches import in_batches
from knowledge.storage.database import Sessions

#: Reports stored per transaction.
_BATCH = 500
_ACTOR = "evaluation"


@dataclass(frozen=True, slots=True)
class Copy:
    """The reference of a report or statement that says the same as an earlier one, ``kept``."""

    ref: str
    kept: str


def publish(
    sessions: Sessions, pool: Sequence[ReportDraft], progress: Progress | None = None
) -> tuple[Copy, ...]:
    """Publish a pool; returns the references of copies with those of the kept ones."""
    first: dict[int, ReportDraft] = {}
    copies: list[Copy] = []
    drafts, done = iter(pool), 0
    while batch := list(islice(drafts, _BATCH)):
        with sessions.begin() as session:
            for draft in batch:
                stored = reports.store(session, draft)
                if stored.duplicate:
                    copies += _copies(draft, first.get(stored.report_id, draft))
                else:
                    first[stored.report_id] = draft
                    curation.publish(session, stored.statement_ids, _ACTOR)
        done += len(batch)
        if progress is not None:
            progress(done, len(pool))
    return tuple(copies)


def without_copies(queries: QuerySet, copies: Sequence[Copy]) -> QuerySet:
    """Return the queries with references of copies replaced by the kept ones."""
    kept = {copy.ref: copy.kept for copy in copies}
    return replace(
        queries,
        queries=tuple(
            replace(query, right=frozenset(kept.get(ref, ref) for ref in query.right))
            for query in queries.queries
        ),
    )


def unknown(sessions: Sessions, refs: Iterable[str]) -> frozenset[str]:
    """Return those of ``refs`` that no statement and no report has."""
    asked = sorted(set(refs))
    found: set[str] = set()
    with sessions() as session:
        for chunk in in_batches(asked):
            found |= set(session.scalars(select(Statement.ref).where(Statement.ref.in_(chunk))))
            found |= set(session.scalars(select(Report.ref).where(Report.ref.in_(chunk))))
    return frozenset(asked) - found


def _copies(draft: ReportDraft, kept: ReportDraft) -> Iterator[Copy]:
    pairs = [(draft.ref, kept.ref)]
    pairs += [(a.ref, b.ref) for a, b in zip(draft.statements, kept.statements, strict=False)]
    return (Copy(ref, to) for ref, to in pairs if ref and to and ref != to)
