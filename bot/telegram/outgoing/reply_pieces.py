"""Split a reply into pieces, each sent in one request, and serialise them (pure)."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from telegram import InlineKeyboardMarkup

from bot.conversation.reply import Document, Picture, Reply
from bot.telegram.outgoing.rendering import Buttons, Rendered
from bot.telegram.outgoing.sending import Part, Place, list_parts


@dataclass(frozen=True, slots=True)
class Piece:
    """One message to send, or an edit of the message ``edits``, in a place."""

    place: Place
    part: Part | Buttons
    edits: int | None = None

    @property
    def is_edit(self) -> bool:
        """Whether it edits an existing message: repeating it does no harm."""
        return self.edits is not None or isinstance(self.part, Buttons)


def split_reply(reply: Reply, place: Place, edits: int | None = None) -> tuple[Piece, ...]:
    """Return a reply's pieces; only the first one replies to the person's message.

    If the reply replaces a message, its first text does, and the rest follows.
    """
    parts = list_parts(reply)
    if edits is not None:
        parts = tuple(sorted(parts, key=lambda part: not isinstance(part, Rendered)))
    return tuple(
        Piece(
            place if number == 0 else replace(place, message_id=None),
            part,
            edits if number == 0 and isinstance(part, Rendered) else None,
        )
        for number, part in enumerate(parts)
    )


def write(pieces: Sequence[Piece]) -> bytes:
    """Serialise pieces."""
    return json.dumps([_row(piece) for piece in pieces], ensure_ascii=False).encode()


def read(kept: bytes) -> tuple[Piece, ...]:
    """Deserialise pieces."""
    return tuple(_piece(row) for row in json.loads(kept))


def _row(piece: Piece) -> dict[str, Any]:
    place, part = piece.place, piece.part
    row: dict[str, Any] = {
        "chat": place.chat_id,
        "topic": place.topic_id,
        "under": place.message_id,
        "edits": piece.edits,
    }
    if isinstance(part, Picture):
        row |= {"png": base64.b64encode(part.png).decode(), "words": part.words}
    elif isinstance(part, Document):
        row |= {"file": base64.b64encode(part.content).decode(), "name": part.name}
    elif isinstance(part, Buttons):
        row |= {"of": part.message_id, "keyboard": part.keyboard.to_dict()}
    else:
        keyboard = part.keyboard.to_dict() if part.keyboard is not None else None
        row |= {"html": part.html, "keyboard": keyboard}
    return row


def _piece(row: dict[str, Any]) -> Piece:
    place = Place(row["chat"], row["topic"], row["under"])
    if "png" in row:
        return Piece(place, Picture(base64.b64decode(row["png"]), row["words"]), row["edits"])
    if "file" in row:
        return Piece(place, Document(row["name"], base64.b64decode(row["file"])), row["edits"])
    kept = row["keyboard"]
    if "of" in row:
        return Piece(place, Buttons(row["of"], InlineKeyboardMarkup.de_json(kept, None)))
    keyboard = InlineKeyboardMarkup.de_json(kept, None) if kept is not None else None
    return Piece(place, Rendered(row["html"], keyboard), row["edits"])
