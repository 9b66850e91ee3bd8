"""Do an act, and collect its effects: audit entries and statements that indexes reload."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, event, select
from sqlalchemy.orm import Session

from knowledge import curation
from knowledge.approvals.acts import (
    Act,
    AddFeed,
    Answer,
    Attach,
    Detach,
    EditReport,
    EditStatement,
    Explain,
    MergeStatements,
    Publish,
    ResumeFeed,
    SplitCluster,
    SplitStatement,
    TrustSource,
    Undo,
)
from knowledge.claim_queue import cluster_actions, verdicts
from knowledge.corpus import sources, statement_search
from knowledge.curation.explanation_edits import explain
from knowledge.curation.resolution import answer_cluster
from knowledge.domain import ChangeKind, ClusterStatus, StatementStatus, SubjectKind, now
from knowledge.models import AuditEntry, ChangeLogEntry, Feed, Source, Statement
from knowledge.storage import audit_log
from knowledge.storage.audit_log import Entry


@dataclass(slots=True)
class Effects:
    """The audit entries and index changes of an act so far."""

    entries: list[Entry] = field(default_factory=list)
    changes: list[tuple[int, ChangeKind]] = field(default_factory=list)

    @property
    def statement_ids(self) -> tuple[int, ...]:
        """The statements that are served differently, or no more."""
        return tuple(dict.fromkeys(number for number, _ in self.changes))


@contextmanager
def collect_effects(session: Session) -> Iterator[Effects]:
    """Collect the effects of what is done in the body."""
    effects = Effects()

    def collect(flushed: Session, _context: Any) -> None:
        for row in flushed.new:
            if isinstance(row, AuditEntry):
                effects.entries.append(audit_log.read(row))
            elif isinstance(row, ChangeLogEntry):
                effects.changes.append((row.statement_id, row.kind))

    session.flush()
    event.listen(session, "after_flush", collect)
    try:
        yield effects
        session.flush()
    finally:
        event.remove(session, "after_flush", collect)


def apply(
    session: Session,
    act: Act,
    actor: str,
    reason: str | None,
    two_people: bool,
    held: timedelta = timedelta(),
) -> int:
    """Do an act; returns how many it changed or will tell, or the number of what it created.

    People are told of an answer after the ``held`` delay.
    """
    match act:
        case Publish(statement_ids=ids):
            return curation.publish(session, ids, actor, reason, two_people)
        case EditStatement(statement_id=number, edit=edit, version=version, tell=tell):
            curation.edit_statement(session, number, edit, actor, reason, version, tell)
        case EditReport(report_id=number, edit=new, version=version):
            curation.edit_report(session, number, new, actor, reason, version)
        case MergeStatements(keep=keep, others=others):
            return curation.merge(session, keep, others, actor, reason)
        case SplitStatement(statement_id=number, spans=spans):
            return len(curation.split(session, number, spans, actor, reason))
        case Undo(entry_id=number):
            curation.undo(session, number, actor, reason)
        case Answer(cluster_id=cluster, statement_id=number, relation=relation):
            # If two people are required, an answer always waits.
            reviewed = two_people and not act.unreviewed
            return answer_cluster(
                session, cluster, number, relation, actor, reason, reviewed, held, act.note
            )
        case Attach(cluster_id=cluster, statement_id=number, relation=relation):
            cluster_actions.take_opposites_out(session, cluster, actor)
            claims = statement_search.list_claim_ids(session, cluster)
            return verdicts.attach(session, claims, number, relation, actor, reason, act.note)
        case Explain(cluster_id=cluster, statement_id=number, note=note, was=was, tell=tell):
            return explain(session, cluster, number, note, was, actor, reason, tell)
        case Detach(cluster_id=cluster, statement_id=number):
            claims = statement_search.list_claim_ids(session, cluster)
            return verdicts.detach(session, claims, number, actor, reason)
        case SplitCluster(cluster_id=cluster, claim_ids=chosen):
            return cluster_actions.split_cluster(session, cluster, chosen, actor, reason)
        case TrustSource(source_id=number):
            sources.trust(session, number, actor, reason)
        case AddFeed():
            return sources.add_feed(
                session, act.name, act.url, act.feed_kind, act.minutes, actor, act.homepage
            )
        case ResumeFeed(feed_id=number):
            sources.resume(session, number, now(), actor)
    return 1


def changes_what_is_told(session: Session, effects: Effects) -> bool:
    """Return whether an act that was just done changed what people are told.

    Withdrawals do not count: safety comes first. Every other change that indexes reload does,
    whichever act caused it; and so does what reaches no index: who hears of an answer, what a
    statement stands for, what is published without review.
    """
    return (
        any(kind is ChangeKind.ADDED for _, kind in effects.changes)
        or any(_is_told(session, entry) for entry in effects.entries)
        or any(feed.trusted and not feed.paused for feed in list_changed_feeds(session, effects))
    )


def list_changed_feeds(session: Session, effects: Effects) -> Sequence[Row[int, bool, bool]]:
    """Return the feeds that an act changed: ``source_id``, ``trusted``, ``paused``."""
    numbers = [int(each.subject_id) for each in effects.entries if each.subject is SubjectKind.FEED]
    query = select(Feed.source_id, Source.trusted, Feed.paused).join(Source)
    return session.execute(query.where(Feed.id.in_(numbers))).all()


def _is_told(session: Session, entry: Entry) -> bool:
    before, after = entry.before or {}, entry.after or {}
    match entry.subject:
        case SubjectKind.STATEMENT:
            return "merged_into" in after and _is_served(session, before, after)
        case SubjectKind.CLUSTER:
            # People who were told an answer hear that it is withdrawn.
            taken_back = entry.undoes is not None and "statement" in before
            return after.get("status") == ClusterStatus.ANSWERED or taken_back
        case SubjectKind.SOURCE:
            return after.get("trusted") is True
        case _:
            return False


def _is_served(session: Session, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Return whether a statement is or was published that stands, or stood, for another."""
    published = StatementStatus.PUBLISHED
    if published.value in (before.get("status"), after.get("status")):
        return True
    kept = [number for number in (before.get("merged_into"), after.get("merged_into")) if number]
    served = select(Statement.id).where(Statement.id.in_(kept), Statement.status == published)
    return session.scalars(served.limit(1)).first() is not None
