"""Messages that people change: what an update is a version of, read off what Telegram wrote (pure).

An edit is answered as its message was, and the answer takes the place of the one before. Telegram
also calls it an edit when a link's preview appears: only other words, or another picture, count.
What is typed in another chat is one message that changes with each letter.
"""

from dataclasses import dataclass
from typing import Any, Final

_TYPED: Final = frozenset({"inline_query", "chosen_inline_result"})


@dataclass(frozen=True, slots=True)
class Wording:
    """What an update says: which ``message`` it is a version of, and how that reads now.

    ``content`` None: every one of these says something of its own, and the last is what counts.
    """

    message: str
    content: str | None = None


def wording_of(update: object) -> Wording | None:
    """Return what ``update`` says as a version of a message, None where it is none."""
    if not isinstance(update, dict):
        return None
    typed = update.get("inline_query")
    if isinstance(typed, dict) and isinstance(typist := typed.get("from"), dict):
        return Wording(f"typed by {typist.get('id')}")
    held = update.get("message") or update.get("edited_message")
    if not isinstance(held, dict) or not isinstance(chat := held.get("chat"), dict):
        return None
    content = [held.get("text"), held.get("caption"), _picture(held.get("photo"))]
    return Wording(f"{chat.get('id')}:{held.get('message_id')}", repr(content))


def is_edit(update: object) -> bool:
    """Whether ``update`` is a change of a message."""
    return isinstance(update, dict) and "edited_message" in update


def is_typed(update: object) -> bool:
    """Whether ``update`` comes of typing in another chat: a query, or the card that was chosen."""
    return isinstance(update, dict) and not update.keys().isdisjoint(_TYPED)


def _picture(sizes: Any) -> object:
    """Return what tells one picture from another: Telegram's own name for its largest size."""
    largest = sizes[-1] if isinstance(sizes, list) and sizes else None
    return largest.get("file_unique_id") if isinstance(largest, dict) else None
