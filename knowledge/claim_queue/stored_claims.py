"""Claims as they are kept: one row a wording, whoever asked it and however often."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.claim_queue import demand
from knowledge.claims.claim_key import key_of
from knowledge.domain import now
from knowledge.models import Claim, Inquiry
from knowledge.storage.bulk_insert import insert_new
from knowledge.text.language import UNDETERMINED, guess_language


def note(session: Session, claim: str, language: str, at: datetime | None = None) -> int:
    """Keep a claim once and return its id; a new one waits to be placed in a cluster.

    ``language`` is what it is taken for where its letters do not tell.
    """
    key, guessed = key_of(claim), guess_language(claim)
    values = {
        "key": key,
        "text": claim,
        "language": language if guessed == UNDETERMINED else guessed,
        "at": at or now(),
    }
    insert_new(session, Claim, values)
    return session.execute(select(Claim.id).where(Claim.key == key)).scalar_one()


def backfill(session: Session, limit: int) -> int:
    """Keep the claims of inquiries that are older than claims are; returns how many were."""
    older = (
        select(Inquiry)
        .where(Inquiry.claim_id.is_(None), Inquiry.claim != "")
        .order_by(Inquiry.id)
        .limit(limit)
    )
    if session.scalars(older).first() is None:
        return 0
    demand.hold(session)
    rows = session.scalars(older, execution_options={"populate_existing": True}).all()
    for row in rows:
        row.claim_id = note(session, row.claim, row.language, row.asked_at)
        session.flush()
        demand.count(session, row)
    return len(rows)
