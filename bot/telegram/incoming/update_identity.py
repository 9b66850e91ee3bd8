"""Identify the message that a raw update is a version of (pure).

An edit is answered like its message, and its answer replaces the earlier one. Telegram also sends
an edit when a link's preview appears: only changed words or another picture count. A person's
inline queries are versions of one message.
"""

from dataclasses import dataclass
from typing import Any, Final

_TYPED: Final = frozenset({"inline_query", "chosen_inline_result"})


@dataclass(frozen=True, slots=True)
class MessageVersion:
    """An update as a version: which ``message`` it is a version of, and its ``content`` now.

    ``content`` None: every version differs, and the last one counts.
    """

    message: str
    content: str | None = None


def find_version(update: object) -> MessageVersion | None:
    """Return the message version that ``update`` is; None if it is none."""
    if not isinstance(update, dict):
        return None
    typed = update.get("inline_query")
    if isinstance(typed, dict) and isinstance(typist := typed.get("from"), dict):
        return MessageVersion(f"typed by {typist.get('id')}")
    held = update.get("message") or update.get("edited_message")
    if not isinstance(held, dict) or not isinstance(chat := held.get("chat"), dict):
        return None
    content = [held.get("text"), held.get("caption"), _picture(held.get("photo"))]
    return MessageVersion(f"{chat.get('id')}:{held.get('message_id')}", repr(content))


def is_edit(update: object) -> bool:
    """Whether ``update`` is an edit of a message."""
    return isinstance(update, dict) and "edited_message" in update


def is_typed(update: object) -> bool:
    """Whether ``update`` is an inline query or a chosen inline result."""
    return isinstance(update, dict) and not update.keys().isdisjoint(_TYPED)


def _picture(sizes: Any) -> object:
    """Return a picture's identity: Telegram's unique id of its largest size."""
    largest = sizes[-1] if isinstance(sizes, list) and sizes else None
    return largest.get("file_unique_id") if isinstance(largest, dict) else None
