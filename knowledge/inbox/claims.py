"""Claims as they are kept: one row a wording, whoever asked it and however often."""

from datetime import datetime

from sqlalchemy import Boolean, bindparam, select, text
from sqlalchemy.orm import Session

from knowledge.claims.identity import key_of
from knowledge.language import UNDETERMINED, guess_language
from knowledge.models import Claim, Instant
from knowledge.models.base import now

# Asked and done in one statement: two people who ask the same at the same moment get one row.
# SQLite and PostgreSQL write this alike.
_NOTE = text(
    "INSERT INTO claims (key, text, language, placed_by_hand, at)"
    " VALUES (:key, :text, :language, :by_hand, :at) ON CONFLICT DO NOTHING"
).bindparams(bindparam("at", type_=Instant()), bindparam("by_hand", type_=Boolean()))


def note(session: Session, claim: str, language: str, at: datetime | None = None) -> int:
    """Keep a claim once and return its id; a new one waits to be placed in a cluster.

    ``language`` is what it is taken for where its letters do not tell.
    """
    key, guessed = key_of(claim), guess_language(claim)
    session.execute(
        _NOTE,
        {
            "key": key,
            "text": claim,
            "language": language if guessed == UNDETERMINED else guessed,
            "by_hand": False,
            "at": at or now(),
        },
    )
    return session.execute(select(Claim.id).where(Claim.key == key)).scalar_one()
