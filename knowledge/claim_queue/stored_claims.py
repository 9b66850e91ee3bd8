"""Store claims: one row per wording, whoever asks it and however often."""

from typing import Final, cast

from sqlalchemy import Table, bindparam, select
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
    key = {"key": ClaimText(claim).key}
    known: int | None = session.execute(_BY_KEY, key).scalar()
    if known is not None:
        return known
    guessed = guess_language(claim)
    values = {
        **key,
        "text": claim,
        "language": language if guessed == UNDETERMINED else guessed,
        "created_at": now(),
    }
    insert_new(session, Claim, values)
    # Another process may have stored it meanwhile.
    stored: int = session.execute(_BY_KEY, key).scalar_one()
    return stored


_CLAIMS: Final = cast(Table, Claim.__table__)
# Built once: it runs at every inquiry.
_BY_KEY: Final = select(_CLAIMS.c.id).where(_CLAIMS.c.key == bindparam("key"))
