"""Store claims: one row per wording, whoever asks it and however often."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.claims import ClaimText
from knowledge.domain import now
from knowledge.models import Claim
from knowledge.storage.bulk_insert import insert_new
from knowledge.text.language import UNDETERMINED, guess_language


def store_claim(session: Session, claim: str, language: str) -> int:
    """Store a claim once and return its id; a new one waits to be placed in a cluster.

    ``language`` is used where the letters of the claim do not tell.
    """
    key, guessed = ClaimText(claim).key, guess_language(claim)
    values = {
        "key": key,
        "text": claim,
        "language": language if guessed == UNDETERMINED else guessed,
        "created_at": now(),
    }
    insert_new(session, Claim, values)
    return session.execute(select(Claim.id).where(Claim.key == key)).scalar_one()
