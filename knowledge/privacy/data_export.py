"""Export everything that is stored about a person, as a document for them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload

from knowledge.accounts import people
from knowledge.claim_queue import saved_searches
from knowledge.domain import RejectReason, SubjectKind
from knowledge.errors import AddressUnreadable
from knowledge.models import (
    AuditEntry,
    Cluster,
    ClusterNote,
    ConsoleSession,
    Grant,
    Inquiry,
    Notification,
    Person,
    Proposal,
    QueuedUpdate,
    RateLimit,
    ShownStatement,
    SignInLink,
    Statement,
)
from knowledge.notifications import rejections
from knowledge.storage.batches import in_batches


@dataclass(frozen=True, slots=True)
class Export:
    """A JSON document (UTF-8), and how many questions it holds."""

    document: bytes
    questions: int


def export(session: Session, key: str, secret: bytes) -> Export:
    """Return everything that is stored about a person. ``secret`` decrypts their address."""
    person = session.get(Person, key)
    inquiries = session.scalars(
        select(Inquiry)
        .where(Inquiry.person_key == key)
        .order_by(Inquiry.id)
        .options(selectinload(Inquiry.shown))
    ).all()
    told = session.scalars(
        select(Notification).where(Notification.person_key == key).order_by(Notification.id)
    ).all()
    shown = {each.statement_id for inquiry in inquiries for each in inquiry.shown}
    told_of = {note.statement_id for note in told if note.statement_id is not None}
    texts = _texts(session, shown | told_of)
    closed = rejections.load_reasons(session, key)
    held = {
        "known_here_as": key,
        "person": _person(session, person, secret) if person is not None else None,
        "questions": [_question(each, texts, closed.get(each.id)) for each in inquiries],
        "forwarded_from_you_by_anybody": session.scalar(
            select(func.count()).where(Inquiry.origin_key == key)
        ),
        "messages": _messages(session, key),
        "limits": _limits(session, key),
        "notifications": [_notification(note, texts) for note in told],
        "moderation": _moderation(session, key),
    }
    document = json.dumps(held, ensure_ascii=False, indent=2, default=datetime.isoformat)
    return Export(document.encode(errors="replace"), len(inquiries))


def _person(session: Session, person: Person, secret: bytes) -> dict[str, Any]:
    try:
        address = people.address_of(session, person.key, secret)
    except AddressUnreadable as error:
        address = str(error)
    return {
        "language": person.language or None,
        "calendar": person.calendar,
        "told_unasked": not person.muted,
        "chat": address,
        "unanswered_until": person.blocked_until,
    }


def _question(
    inquiry: Inquiry, texts: dict[int, str], closed: RejectReason | None
) -> dict[str, Any]:
    return {
        "asked_at": inquiry.asked_at,
        "text": inquiry.claim,
        "language": inquiry.language,
        "outcome": inquiry.outcome,
        "shown": [_statement(each, texts) for each in inquiry.shown],
        "not_what_was_asked": inquiry.disputed,
        "feedback": inquiry.feedback,
        "forwarded": None
        if inquiry.origin_kind is None
        else {
            "from": inquiry.origin_kind,
            "known_here_as": inquiry.origin_key,
            "name": inquiry.origin_name,
        },
        "left_to_check": inquiry.remaining_claims or [],
        "waiting_to_be_told": inquiry.waiting and closed is None,
        "closed": closed,
        "answered_by_moderators_at": inquiry.answered_at,
        "answered_with": {
            "encoder": inquiry.encoder_fingerprint,
            "judge": inquiry.judge_fingerprint,
            "assert_at": inquiry.assert_threshold,
            "suggest_at": inquiry.suggest_threshold,
        },
    }


def _messages(session: Session, key: str) -> list[dict[str, Any]]:
    """Return messages stored, encrypted, until they are answered, or known by number only."""
    rows = session.execute(
        select(
            QueuedUpdate.id,
            QueuedUpdate.arrived_at,
            QueuedUpdate.state,
            QueuedUpdate.done_at,
            QueuedUpdate.error,
            QueuedUpdate.payload.is_not(None).label("sealed"),
            QueuedUpdate.message_key,
            QueuedUpdate.content_key,
            QueuedUpdate.placeholder,
        )
        .where(QueuedUpdate.lane == key)
        .order_by(QueuedUpdate.id)
    )
    return [
        {
            "number": row.id,
            "arrived_at": row.arrived_at,
            "state": row.state,
            "done_at": row.done_at,
            "error": row.error,
            "content_kept_encrypted": row.sealed,
            "code_of_the_message": row.message_key,
            "code_of_its_words": row.content_key,
            "number_of_the_answer": row.placeholder,
        }
        for row in rows
    ]


def _limits(session: Session, key: str) -> list[dict[str, Any]]:
    """Return how much of a limit is used up, where processes share them; forgotten by the hour."""
    rows = session.scalars(select(RateLimit).where(RateLimit.key == key).order_by(RateLimit.kind))
    return [
        {"of": row.kind, "used_until": datetime.fromtimestamp(row.even_at, UTC)} for row in rows
    ]


def _statement(shown: ShownStatement, texts: dict[int, str]) -> dict[str, Any]:
    return {"number": shown.statement_id, "text": texts.get(shown.statement_id)}


def _notification(note: Notification, texts: dict[int, str]) -> dict[str, Any]:
    return {
        "kind": note.kind,
        "relation": note.relation,
        "closed": note.reject_reason,
        "statement": None
        if note.statement_id is None
        else {"number": note.statement_id, "text": texts.get(note.statement_id)},
        "status": note.status,
        "written_at": note.created_at,
        "due_at": note.due_at,
        "sent_at": note.sent_at,
        "tries": note.tries,
        "error": note.error,
    }


def _moderation(session: Session, key: str) -> dict[str, Any]:
    """Return what is stored of a person as a moderator, or as blocked."""
    grant = session.get(Grant, key)
    links = select(SignInLink).where(SignInLink.person_key == key).order_by(SignInLink.expires_at)
    signed_in = select(ConsoleSession).where(ConsoleSession.person_key == key)
    about = (AuditEntry.subject == SubjectKind.PERSON) & (AuditEntry.subject_id == key)
    mine = or_(AuditEntry.actor == key, AuditEntry.approved_by == key, about)
    acts = select(AuditEntry).where(mine).order_by(AuditEntry.id)
    proposed = or_(Proposal.proposed_by == key, Proposal.decided_by == key)
    proposals = select(Proposal).where(proposed).order_by(Proposal.id)
    noted = select(ClusterNote).where(ClusterNote.author == key).order_by(ClusterNote.id)
    assigned = select(Cluster.id).where(Cluster.assignee == key).order_by(Cluster.id)
    return {
        "role": None
        if grant is None
        else {"role": grant.role, "name": grant.name, "granted_at": grant.granted_at},
        "claims_assigned": list(session.scalars(assigned)),
        "saved_searches": [
            {"name": each.name, "query": each.query}
            for each in saved_searches.list_searches(session, key)
        ],
        "notes": [
            {"cluster": note.cluster_id, "text": note.text, "written_at": note.created_at}
            for note in session.scalars(noted)
        ],
        "sign_in_links": [
            {"expires_at": link.expires_at, "used_at": link.used_at}
            for link in session.scalars(links)
        ],
        "console": [
            {"since": each.created_at, "until": each.expires_at, "ended_at": each.revoked_at}
            for each in session.scalars(signed_in.order_by(ConsoleSession.created_at))
        ],
        "proposals": [_proposal(each, key) for each in session.scalars(proposals)],
        "log": [_act(entry, key) for entry in session.scalars(acts)],
    }


def _proposal(row: Proposal, key: str) -> dict[str, Any]:
    return {
        "number": row.id,
        "by_you": row.proposed_by == key,
        "decided_by_you": row.decided_by == key,
        "what": row.act,
        "reason": row.reason,
        "proposed_at": row.proposed_at,
        "state": row.state,
        "decided_at": row.decided_at,
        "reason_of_the_decision": row.decision_reason,
    }


def _act(entry: AuditEntry, key: str) -> dict[str, Any]:
    return {
        "at": entry.created_at,
        "by_you": entry.actor == key,
        "approved_by_you": entry.approved_by == key,
        "action": entry.action,
        "subject": entry.subject,
        "subject_number": entry.subject_id,
        "before": entry.before,
        "after": entry.after,
        "reason": entry.reason,
    }


def _texts(session: Session, ids: Iterable[int]) -> dict[int, str]:
    numbers = sorted(ids)
    found: dict[int, str] = {}
    for batch in in_batches(numbers):
        rows = session.execute(select(Statement.id, Statement.text).where(Statement.id.in_(batch)))
        found |= {row.id: row.text for row in rows}
    return found
