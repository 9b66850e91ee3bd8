"""Load the audit as people read it: one row per act, with the text of what it is about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from knowledge.curation.undo_acts import list_undoable
from knowledge.domain import SubjectKind
from knowledge.models import Claim, Cluster, Report, Source, Statement
from knowledge.storage import audit_log
from knowledge.storage.audit_log import Entry

#: The text of what entries are about, by kind and number.
Titles: TypeAlias = Mapping[tuple[SubjectKind, str], str]

#: Entries further apart belong to different acts.
_APART: Final = timedelta(seconds=1)
#: Actions on a cluster that belong to an act on a statement.
_OF_STATEMENTS: Final = ("answered", "undone")
#: Actions on a cluster, and the action on each cluster that is a part of it.
_OF_CLUSTERS: Final = (("joined", "merged"), ("answered", "split"), ("undone", "reopened"))
_TITLES: Final[
    Mapping[SubjectKind, tuple[InstrumentedAttribute[int], InstrumentedAttribute[str]]]
] = {
    SubjectKind.CLUSTER: (Cluster.id, Cluster.title),
    SubjectKind.CLAIM: (Claim.id, Claim.text),
    SubjectKind.STATEMENT: (Statement.id, Statement.text),
    SubjectKind.REPORT: (Report.id, Report.title),
    SubjectKind.SOURCE: (Source.id, Source.name),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One act: the entry that names it, and all of its entries, newest first."""

    entry: Entry
    parts: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Acts, newest first, with the text of what they are about.

    ``undoable`` are the ids of entries that can be undone; ``after`` is the cursor of the next
    page, None at the end.
    """

    rows: Sequence[Row]
    titles: Titles
    undoable: frozenset[int]
    after: str | None


def load_audit(
    session: Session,
    subject: SubjectKind | None = None,
    subject_id: str | None = None,
    actor: str | None = None,
    after: str | None = None,
) -> AuditPage:
    """Return a page of the audit: everything, one subject, or one actor. Raises BadCursor."""
    page = audit_log.list_entries(session, subject, subject_id, actor, after)
    return AuditPage(
        rows=_group_by_act(page.items),
        titles=_load_titles(session, page.items),
        undoable=list_undoable(session, page.items),
        after=page.after,
    )


def _group_by_act(entries: Sequence[Entry]) -> list[Row]:
    """Group entries, newest first, into one row per act."""
    rows: list[Row] = []
    last: Entry | None = None
    for entry in entries:
        if last is not None and _is_part(entry, rows[-1].entry, last):
            rows[-1] = Row(rows[-1].entry, (*rows[-1].parts, entry))
        else:
            rows.append(Row(entry))
        last = entry
    return rows


def _load_titles(session: Session, entries: Iterable[Entry]) -> Titles:
    """Return the text of what entries are about, if it still exists."""
    numbers: dict[SubjectKind, set[int]] = {}
    for each in entries:
        if each.subject_id.isdecimal():
            numbers.setdefault(each.subject, set()).add(int(each.subject_id))
    found: dict[tuple[SubjectKind, str], str] = {}
    for kind, (number, title) in _TITLES.items():
        rows = session.execute(select(number, title).where(number.in_(numbers.get(kind, ()))))
        found |= {(kind, str(row[0])): row[1] for row in rows}
    return found


def _is_part(entry: Entry, head: Entry, last: Entry) -> bool:
    """Return whether an entry belongs to the act that a newer one names."""
    same = (entry.actor, entry.approved_by) == (head.actor, head.approved_by)
    if not same or last.at - entry.at > _APART:
        return False
    match entry.subject:
        case SubjectKind.CLAIM:
            return head.subject in (SubjectKind.CLUSTER, SubjectKind.CLAIM)
        case SubjectKind.STATEMENT if head.subject is SubjectKind.CLUSTER:
            return head.action in _OF_STATEMENTS
        case SubjectKind.STATEMENT:
            return head.subject is SubjectKind.REPORT
        case SubjectKind.CLUSTER if head.subject is SubjectKind.CLUSTER:
            undone = entry.undoes is not None and entry.undoes == head.undoes
            return undone or (head.action, entry.action) in _OF_CLUSTERS
        case _:
            return False
