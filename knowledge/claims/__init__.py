"""From what a person sends to the sentences that are checked (pure)."""

from knowledge.claims.message import (
    MAX_CHARACTERS,
    Message,
    MessageKind,
    lone_link,
    read_message,
)
from knowledge.claims.noise import bare_text

__all__ = ["MAX_CHARACTERS", "Message", "MessageKind", "bare_text", "lone_link", "read_message"]
