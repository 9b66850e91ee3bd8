"""Tag clusters and write notes on them, for moderators."""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.orm import Session

from knowledge.claim_queue.cluster_listing import lock_cluster
from knowledge.domain import SubjectKind
from knowledge.errors import BadEdit, EditProblem, NotFound
from knowledge.models import Cluster, ClusterNote, ClusterTag
from knowledge.storage import audit_log
from knowledge.storage.bulk_insert import insert_new, insert_selected
from knowledge.text.plain_text import displayable, single_line

#: Lengths of a tag and of a note, and how many of each one moderator may put on a cluster.
LONGEST_TAG: Final = 40
LONGEST_NOTE: Final = 2_000
MOST_TAGS: Final = 12
MOST_NOTES: Final = 200
#: How many tags are suggested.
_SUGGESTED: Final = 50


@dataclass(frozen=True, slots=True)
class Note:
    """A moderator's note; ``author`` is their key."""

    id: int
    author: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Remarks:
    """The tags of a cluster, and its notes, newest first."""

    tags: tuple[str, ...]
    notes: tuple[Note, ...]


def normalise_tag(tag: str) -> str:
    """Return a tag as it is stored: one line, lower case, without a leading number sign."""
    return single_line(unicodedata.normalize("NFC", tag).lower()).lstrip("# ")


def tag(session: Session, cluster_id: int, name: str, actor: str) -> None:
    """Put a tag on a cluster. Raises BadEdit, NotFound."""
    row, name = lock_cluster(session, cluster_id), normalise_tag(name)
    if not 0 < len(name) <= LONGEST_TAG:
        raise BadEdit(
            EditProblem.BAD_TAG,
            f"a tag has 1 to {LONGEST_TAG} characters; choose another one",
            n=LONGEST_TAG,
        )
    here = select(func.count()).where(ClusterTag.cluster_id == row.id, ClusterTag.tag != name)
    if (session.scalar(here) or 0) >= MOST_TAGS:
        raise BadEdit(
            EditProblem.TOO_MANY_TAGS,
            f"cluster {row.id} has {MOST_TAGS} tags already; remove one first",
            n=MOST_TAGS,
        )
    if insert_new(session, ClusterTag, {"cluster_id": row.id, "tag": name}):
        _audit(session, row, "tagged", actor, after={"tag": name})


def untag(session: Session, cluster_id: int, name: str, actor: str) -> None:
    """Take a tag off a cluster. Raises NotFound."""
    row, name = lock_cluster(session, cluster_id), normalise_tag(name)
    gone = delete(ClusterTag).where(ClusterTag.cluster_id == row.id, ClusterTag.tag == name)
    if session.scalar(gone.returning(ClusterTag.tag)) is not None:
        _audit(session, row, "untagged", actor, before={"tag": name})


def add_note(session: Session, cluster_id: int, text: str, actor: str) -> int:
    """Write a note about a cluster and return its number. Raises BadEdit, NotFound."""
    row, text = lock_cluster(session, cluster_id), displayable(text).strip()
    if not 0 < len(text) <= LONGEST_NOTE:
        raise BadEdit(
            EditProblem.BAD_NOTE,
            f"a note has 1 to {LONGEST_NOTE} characters; write less, or two notes",
            n=LONGEST_NOTE,
        )
    here = select(func.count()).where(ClusterNote.cluster_id == row.id)
    if (session.scalar(here) or 0) >= MOST_NOTES:
        raise BadEdit(
            EditProblem.TOO_MANY_NOTES,
            f"cluster {row.id} has {MOST_NOTES} notes already; delete one first",
            n=MOST_NOTES,
        )
    note = ClusterNote(cluster_id=row.id, author=actor, text=text)
    session.add(note)
    session.flush()
    # The text is not in the audit, so a deleted note is gone.
    _audit(session, row, "noted", actor, after={"note": note.id})
    return note.id


def delete_note(session: Session, cluster_id: int, note_id: int, actor: str) -> None:
    """Delete a note that ``actor`` wrote. Raises NotFound for somebody else's."""
    row = lock_cluster(session, cluster_id)
    mine = (
        ClusterNote.id == note_id, ClusterNote.cluster_id == row.id, ClusterNote.author == actor
    )  # fmt: skip
    if session.scalar(delete(ClusterNote).where(*mine).returning(ClusterNote.id)) is None:
        raise NotFound(f"there is no note {note_id} of yours; look at the cluster again")
    _audit(session, row, "note deleted", actor, before={"note": note_id})


def load_tags(session: Session, cluster_ids: Collection[int]) -> Mapping[int, tuple[str, ...]]:
    """Return the tags of some clusters, by cluster; untagged ones are left out."""
    rows = session.execute(
        select(ClusterTag.cluster_id, ClusterTag.tag)
        .where(ClusterTag.cluster_id.in_(cluster_ids))
        .order_by(ClusterTag.tag)
    )
    found: dict[int, tuple[str, ...]] = {}
    for number, name in rows:
        found[number] = (*found.get(number, ()), name)
    return found


def load_remarks(session: Session, cluster_id: int) -> Remarks:
    """Return the tags and notes of a cluster."""
    tags = select(ClusterTag.tag).where(ClusterTag.cluster_id == cluster_id)
    notes = select(ClusterNote).where(ClusterNote.cluster_id == cluster_id)
    return Remarks(
        tuple(session.scalars(tags.order_by(ClusterTag.tag))),
        tuple(
            Note(row.id, row.author, row.text, row.created_at)
            for row in session.scalars(notes.order_by(ClusterNote.id.desc()))
        ),
    )


def list_tags_in_use(session: Session) -> list[str]:
    """Return the tags in use, most used first."""
    counted = select(ClusterTag.tag).group_by(ClusterTag.tag)
    return list(
        session.scalars(counted.order_by(func.count().desc(), ClusterTag.tag).limit(_SUGGESTED))
    )


def move_remarks(session: Session, cluster_id: int, to: int) -> None:
    """Move a cluster's tags and notes to another cluster."""
    theirs = ClusterTag.cluster_id == cluster_id
    cluster = literal(to, ClusterTag.cluster_id.type)
    insert_selected(
        session, ClusterTag, ["cluster_id", "tag"], select(cluster, ClusterTag.tag).where(theirs)
    )
    session.execute(delete(ClusterTag).where(theirs))
    session.execute(
        update(ClusterNote).where(ClusterNote.cluster_id == cluster_id).values(cluster_id=to)
    )


def drop_remarks(session: Session, cluster_ids: Collection[int]) -> None:
    """Delete tags and notes of clusters whose words were erased: they may repeat them."""
    for table in (ClusterTag, ClusterNote):
        session.execute(delete(table).where(table.cluster_id.in_(cluster_ids)))


def _audit(
    session: Session,
    row: Cluster,
    action: str,
    actor: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit_log.record(
        session, actor, action, SubjectKind.CLUSTER, row.id, before=before, after=after
    )
