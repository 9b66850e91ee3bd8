"""Who asked what, and what they were shown: the queue of what nothing settles yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.corrections import corrected
from knowledge.domain import Outcome
from knowledge.inbox import claims, demand
from knowledge.models import (
    Claim,
    Inquiry,
    NotificationKind,
    Shown,
    Statement,
    StatementStatus,
)
from knowledge.models.base import now


@dataclass(frozen=True, slots=True)
class Asked:
    """One inquiry as kept: the claim, and the statements that were found, best first."""

    id: int
    claim: str
    outcome: Outcome
    statement_ids: tuple[int, ...]


def record(
    session: Session,
    person_key: str,
    claim: str,
    outcome: Outcome,
    statement_ids: Sequence[int],
    language: str,
    *,
    waiting: bool = False,
) -> int:
    """Keep an inquiry and return its id. Unsettled ones are what moderators work through.

    ``statement_ids`` are what the person is shown, best first; ``language`` is what they are
    spoken to in. ``waiting`` says that they are to be told when moderators settle the claim.
    """
    demand.hold(session)
    inquiry = Inquiry(
        person_key=person_key,
        claim=claim,
        claim_id=claims.note(session, claim, language),
        outcome=outcome,
        language=language,
        waiting=waiting,
        at=now(),
    )
    inquiry.shown = [Shown(position=n, statement_id=each) for n, each in enumerate(statement_ids)]
    session.add(inquiry)
    session.flush()
    _catch_up(session, statement_ids)
    demand.count(session, inquiry)
    return inquiry.id


def _catch_up(session: Session, statement_ids: Sequence[int]) -> None:
    """Let the person hear of what was withdrawn between finding it and keeping the inquiry.

    Shared until the commit: who withdraws one after this sees that it was shown.
    """
    rows = session.execute(
        select(Statement.id, Statement.status, Statement.merged_into)
        .where(Statement.id.in_(statement_ids))
        .order_by(Statement.id)
        .with_for_update(read=True)
    ).all()
    gone = [
        row.id
        for row in rows
        if row.status is StatementStatus.RETRACTED and row.merged_into is None
    ]
    if gone:
        corrected(session, gone, NotificationKind.RETRACTED)


def recall(session: Session, inquiry_id: int, person_key: str) -> Asked | None:
    """Return an inquiry to the person who made it; to anybody else it does not exist."""
    inquiry = session.get(Inquiry, inquiry_id)
    if inquiry is None or inquiry.person_key != person_key:
        return None
    return Asked(
        inquiry.id,
        inquiry.claim,
        inquiry.outcome,
        tuple(each.statement_id for each in inquiry.shown),
    )


def dispute(session: Session, inquiry_id: int, person_key: str) -> bool:
    """Mark an answer as not what the person asked about. False if it is not theirs.

    Its claim is the moderators' again, if it was settled or answered.
    """
    demand.hold(session)
    inquiry = session.get(Inquiry, inquiry_id)
    if inquiry is None or inquiry.person_key != person_key:
        return False
    inquiry.disputed = True
    claim = session.get(Claim, inquiry.claim_id) if inquiry.claim_id is not None else None
    if claim is not None and claim.cluster is not None:
        demand.unsettle(claim.cluster)
    return True
