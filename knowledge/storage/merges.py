"""Resolve merged statements to the one that stands for them."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.models import Statement


def resolve_merged(session: Session, ids: Iterable[int]) -> dict[int, int]:
    """Return by id the statement that stands for it: itself, unless it was merged."""
    stands = {number: number for number in ids}
    while True:
        query = select(Statement.id, Statement.merged_into).where(
            Statement.id.in_(set(stands.values())), Statement.merged_into.is_not(None)
        )
        further: dict[int, int | None] = {r.id: r.merged_into for r in session.execute(query)}
        if not further:
            return stands
        stands = {number: further.get(now) or now for number, now in stands.items()}


def list_duplicates(session: Session, ids: Iterable[int]) -> list[tuple[int, int]]:
    """Return the statements merged into ``ids``, each with the one it was merged into."""
    found: list[tuple[int, int]] = []
    stands = {number: number for number in ids}
    while stands:
        query = select(Statement.id, Statement.merged_into).where(Statement.merged_into.in_(stands))
        stands = {
            row.id: stands[row.merged_into]
            for row in session.execute(query)
            if row.merged_into is not None
        }
        found += stands.items()
    return found
