"""The acts that may wait for a second person, and their stored form."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter
from sqlalchemy.orm import Session

from knowledge.claim_queue.explanations import Note
from knowledge.curation import ReportEdit, StatementEdit
from knowledge.domain import FeedKind, Relation, Role, Span, SubjectKind
from knowledge.models import AuditEntry

#: What a proposal depends on: a kind and a number.
Subject = tuple[SubjectKind, int]


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish drafts and reviewed statements. It never waits: another person reviewed them."""

    statement_ids: tuple[int, ...]
    kind: Literal["publish"] = "publish"


@dataclass(frozen=True, slots=True)
class EditStatement:
    """Edit a statement's ``version``; ``tell`` as in ``curation.edit_statement``."""

    statement_id: int
    edit: StatementEdit
    version: int
    tell: bool | None = None
    kind: Literal["edit_statement"] = "edit_statement"


@dataclass(frozen=True, slots=True)
class EditReport:
    """Edit a report's ``version``."""

    report_id: int
    edit: ReportEdit
    version: int
    kind: Literal["edit_report"] = "edit_report"


@dataclass(frozen=True, slots=True)
class MergeStatements:
    """Merge statements into one."""

    keep: int
    others: tuple[int, ...]
    kind: Literal["merge_statements"] = "merge_statements"


@dataclass(frozen=True, slots=True)
class SplitStatement:
    """Replace a statement by its parts."""

    statement_id: int
    spans: tuple[Span, ...]
    kind: Literal["split_statement"] = "split_statement"


@dataclass(frozen=True, slots=True)
class Undo:
    """Undo an audit entry."""

    entry_id: int
    kind: Literal["undo"] = "undo"


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a cluster with a statement, and tell everybody who waits.

    An ``unreviewed`` statement was put in with the answer: whoever approves it reviews both.
    ``note`` is as in ``resolution.answer_cluster``.
    """

    cluster_id: int
    statement_id: int
    relation: Relation
    unreviewed: bool = False
    note: Note | None = None
    kind: Literal["answer"] = "answer"


@dataclass(frozen=True, slots=True)
class Explain:
    """Replace the note of a cluster's answer; ``was`` is the note that the moderator saw.

    ``tell`` is whether people who were given the answer are told.
    """

    cluster_id: int
    statement_id: int
    note: Note
    was: Note
    tell: bool = False
    kind: Literal["explain"] = "explain"


@dataclass(frozen=True, slots=True)
class Attach:
    """Set a statement's relation to a cluster's claims without telling anybody."""

    cluster_id: int
    statement_id: int
    relation: Relation
    note: Note | None = None
    kind: Literal["attach"] = "attach"


@dataclass(frozen=True, slots=True)
class Detach:
    """Remove a statement's verdict on a cluster's claims; people who were told of it hear so."""

    cluster_id: int
    statement_id: int
    kind: Literal["detach"] = "detach"


@dataclass(frozen=True, slots=True)
class SplitCluster:
    """Move some claims of a cluster to a new one, without the verdicts on the others."""

    cluster_id: int
    claim_ids: tuple[int, ...]
    kind: Literal["split_cluster"] = "split_cluster"


@dataclass(frozen=True, slots=True)
class TrustSource:
    """Publish what a source's feeds bring from now on."""

    source_id: int
    kind: Literal["trust_source"] = "trust_source"


@dataclass(frozen=True, slots=True)
class AddFeed:
    """Poll an address for a source, which is created if it is new."""

    name: str
    url: str
    feed_kind: FeedKind
    minutes: int
    homepage: str | None = None
    kind: Literal["add_feed"] = "add_feed"


@dataclass(frozen=True, slots=True)
class ResumeFeed:
    """Poll a paused feed again."""

    feed_id: int
    kind: Literal["resume_feed"] = "resume_feed"


Act = (
    Publish
    | EditStatement
    | EditReport
    | MergeStatements
    | SplitStatement
    | Undo
    | Answer
    | Explain
    | Attach
    | Detach
    | SplitCluster
    | TrustSource
    | AddFeed
    | ResumeFeed
)

_STORED: Final[TypeAdapter[Act]] = TypeAdapter(Annotated[Act, Field(discriminator="kind")])


def dump(act: Act) -> dict[str, Any]:
    """Return an act as JSON values."""
    stored: dict[str, Any] = _STORED.dump_python(act, mode="json")
    return stored


def load(stored: dict[str, Any]) -> Act:
    """Return the act that ``dump`` wrote."""
    return _STORED.validate_python(stored)


def role_needed(act: Act) -> Role:
    """Return the role needed to propose or approve an act."""
    # A trusted source is published without a moderator: that is for admins to grant.
    return Role.ADMIN if isinstance(act, TrustSource) else Role.MODERATOR


def subjects(session: Session, act: Act) -> list[Subject]:
    """Return the existing subjects of an act, the one that it is named after first."""
    match act:
        case Publish(statement_ids=ids):
            return [(SubjectKind.STATEMENT, number) for number in ids]
        case EditStatement(statement_id=number) | SplitStatement(statement_id=number):
            return [(SubjectKind.STATEMENT, number)]
        case EditReport(report_id=number):
            return [(SubjectKind.REPORT, number)]
        case MergeStatements(keep=keep, others=others):
            return [(SubjectKind.STATEMENT, number) for number in (keep, *others)]
        case Undo(entry_id=number):
            return _of_entry(session, number)
        case Answer() | Explain() | Attach() | Detach():
            return [
                (SubjectKind.CLUSTER, act.cluster_id),
                (SubjectKind.STATEMENT, act.statement_id),
            ]
        case SplitCluster(cluster_id=number):
            return [(SubjectKind.CLUSTER, number)]
        case TrustSource(source_id=number):
            return [(SubjectKind.SOURCE, number)]
        case AddFeed():
            return []
        case ResumeFeed(feed_id=number):
            return [(SubjectKind.FEED, number)]


def _of_entry(session: Session, entry_id: int) -> list[Subject]:
    entry = session.get(AuditEntry, entry_id)
    if entry is None or not entry.subject_id.isdecimal():
        return []
    found = [(entry.subject, int(entry.subject_id))]
    statement = (entry.after or {}).get("statement")
    if entry.subject in (SubjectKind.CLAIM, SubjectKind.CLUSTER) and isinstance(statement, int):
        found.append((SubjectKind.STATEMENT, statement))
    return found
