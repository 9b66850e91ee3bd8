"""A made pair of sentences: what generators of swaps hand on."""

from dataclasses import dataclass

from knowledge.domain import Relation


@dataclass(frozen=True, slots=True)
class Told:
    """A claim, a statement, and what the second makes of the first."""

    claim: str
    statement: str
    relation: Relation


def capital(text: str) -> str:
    """Return ``text`` with a capital in front, where its script has any."""
    return text[:1].upper() + text[1:]
