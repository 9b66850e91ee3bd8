"""Save a moderator's searches of the claim queue by name."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from knowledge.errors import TooManySaved
from knowledge.models import SavedSearch
from knowledge.storage.bulk_insert import insert_new

#: Saved searches of one moderator, and characters of a name.
MOST: Final = 20
LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class NamedSearch:
    """A search by its name; ``query`` is the query string of the queue's page."""

    id: int
    name: str
    query: str


def list_searches(session: Session, key: str) -> tuple[NamedSearch, ...]:
    """Return the saved searches of one moderator, by name."""
    mine = select(SavedSearch).where(SavedSearch.person_key == key)
    rows = session.scalars(mine.order_by(SavedSearch.name))
    return tuple(NamedSearch(row.id, row.name, row.query) for row in rows)


def save_search(session: Session, key: str, name: str, query: str) -> None:
    """Save a search, replacing one of the same name. Raises TooManySaved."""
    mine = SavedSearch.person_key == key
    replaced = session.scalar(
        update(SavedSearch)
        .where(mine, SavedSearch.name == name)
        .values(query=query)
        .returning(SavedSearch.id)
    )
    if replaced is not None:
        return
    if (session.scalar(select(func.count(SavedSearch.id)).where(mine)) or 0) >= MOST:
        raise TooManySaved(f"{MOST} searches are saved already; delete one first")
    insert_new(session, SavedSearch, {"person_key": key, "name": name, "query": query})


def delete_search(session: Session, key: str, search_id: int) -> None:
    """Delete a moderator's own search."""
    session.execute(
        delete(SavedSearch).where(SavedSearch.id == search_id, SavedSearch.person_key == key)
    )
