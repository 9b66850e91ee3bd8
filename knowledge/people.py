"""What is remembered of a person: never who, only a keyed hash and a language."""

import hashlib
import hmac

from sqlalchemy.orm import Session

from knowledge.models import Person


def person_key(secret: bytes, channel: str, number: int) -> str:
    """Return the name a person has here: HMAC-SHA256 of the channel's number under ``secret``."""
    return hmac.new(secret, f"{channel}:{number}".encode(), hashlib.sha256).hexdigest()


def language_of(session: Session, key: str) -> str | None:
    """Return the language a person chose, or None."""
    person = session.get(Person, key)
    return person.language if person else None


def choose_language(session: Session, key: str, language: str) -> None:
    """Remember the language a person chose."""
    session.merge(Person(key=key, language=language))
