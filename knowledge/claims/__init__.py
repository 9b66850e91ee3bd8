"""From what a person sends to the sentences that are checked (pure)."""

from knowledge.claims.claim_text import ClaimText
from knowledge.claims.clause_splitting import clauses
from knowledge.claims.intent import Intent
from knowledge.claims.message import (
    MAX_CHARACTERS,
    Message,
    lone_link,
    read_message,
)
from knowledge.claims.noise import bare_text
from knowledge.claims.sentences import MAX_CLAIMS

__all__ = [
    "MAX_CHARACTERS",
    "MAX_CLAIMS",
    "ClaimText",
    "Intent",
    "Message",
    "bare_text",
    "clauses",
    "lone_link",
    "read_message",
]
