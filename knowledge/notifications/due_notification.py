"""A notification that is due, with everything that every kind of it needs to be sent (pure)."""

from dataclasses import dataclass

from knowledge.domain import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notification of what a person asked, and how they are written to.

    ``address`` is encrypted (``people.decrypt_address``), None where it is not known; ``language``
    is what the person is spoken to in.
    """

    id: int
    person_key: str
    address: bytes | None
    language: str
    claim: str
    tries: int
    calendar: Calendar | None = None
