"""Reports and people to moderate: what the tests of moderators' acts begin with."""

from collections.abc import Sequence

from sqlalchemy import select

from knowledge import curation
from knowledge.claim_queue import inquiries
from knowledge.claims import ClaimText
from knowledge.corpus import reports
from knowledge.domain import (
    ChangeKind,
    ClusterStatus,
    NotificationKind,
    Outcome,
    ReportDraft,
    StatementDraft,
    StatementStatus,
)
from knowledge.models import (
    AuditEntry,
    ChangeLogEntry,
    Claim,
    Cluster,
    Inquiry,
    Notification,
    Statement,
)
from knowledge.storage.database import Sessions

BODY = (
    "The old bridge was closed on Monday, said the mayor. The new bridge opens in spring, the"
    " ministry announced. Nobody was hurt."
)


def stored(sessions: Sessions, *texts: str, ref: str = "r") -> list[int]:
    """Keep a report of some statements and return their ids."""
    statements = tuple(StatementDraft(text, ref=f"{ref}{n}") for n, text in enumerate(texts))
    draft = ReportDraft(f"report {ref}", ref=ref, statements=statements)
    with sessions.begin() as session:
        return list(reports.store(session, draft).statement_ids)


def published(sessions: Sessions, *texts: str, ref: str = "r") -> list[int]:
    """Keep and publish a report of some statements and return their ids."""
    ids = stored(sessions, *texts, ref=ref)
    with sessions.begin() as session:
        curation.publish(session, ids, "publisher")
    return ids


def with_body(sessions: Sessions, body: str = BODY) -> reports.Stored:
    """Keep a report with a body, its statements extracted."""
    with sessions.begin() as session:
        return reports.store(session, ReportDraft("The bridges", ref="b", body=body, language="en"))


def clustered(sessions: Sessions, *claims: str) -> tuple[int, list[int]]:
    """Keep an open cluster of claims; return its id and theirs."""
    with sessions.begin() as session:
        cluster = Cluster(title=claims[0], status=ClusterStatus.OPEN)
        cluster.claims = [
            Claim(key=ClaimText(text).key, text=text, language="en") for text in claims
        ]
        session.add(cluster)
        session.flush()
        return cluster.id, [claim.id for claim in cluster.claims]


def asks(
    sessions: Sessions,
    person: str,
    claim: str,
    shown: Sequence[int] = (),
    *,
    waiting: bool = False,
    language: str = "ar",
) -> int:
    """Let a person ask a claim, see statements, and perhaps wait for an answer."""
    outcome = Outcome.RELATED if shown else Outcome.NO_MATCH
    with sessions.begin() as session:
        number = inquiries.record(session, person, claim, outcome, shown, language).id
        row = session.get_one(Inquiry, number)
        row.claim_id = session.scalar(select(Claim.id).where(Claim.key == ClaimText(claim).key))
        row.waiting = waiting
        return number


def statuses(sessions: Sessions, ids: Sequence[int]) -> list[StatementStatus]:
    """Return how statements stand, in the order of ``ids``."""
    with sessions() as session:
        return [session.get_one(Statement, number).status for number in ids]


def changes(sessions: Sessions) -> list[tuple[int, ChangeKind]]:
    """Return the change log."""
    with sessions() as session:
        return [
            (c.statement_id, c.kind) for c in session.scalars(select(ChangeLogEntry).order_by("id"))
        ]


def last_entry(sessions: Sessions) -> AuditEntry:
    """Return the newest entry of the audit."""
    with sessions() as session:
        row = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert row is not None
        return row


def told(sessions: Sessions) -> list[tuple[str, NotificationKind, int | None, int | None]]:
    """Return who is to be told, why, of which statement and version."""
    with sessions() as session:
        rows = session.scalars(select(Notification).order_by(Notification.id))
        return [(row.person_key, row.kind, row.statement_id, row.version) for row in rows]
