"""A reply before it is rendered: styled paragraphs and buttons, no markup of any channel."""

from dataclasses import dataclass
from enum import StrEnum


class Style(StrEnum):
    """How a block is set."""

    HEADLINE = "headline"
    QUOTE = "quote"
    PLAIN = "plain"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph. ``text`` is plain text: a renderer escapes it, it never holds markup."""

    text: str
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True)
class Button:
    """One button: a link (``url``) or a press (``action``, at most 64 bytes of ASCII)."""

    label: str
    url: str | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to a person: blocks in order, then rows of buttons."""

    blocks: tuple[Block, ...]
    buttons: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Asker:
    """Who is talking. ``id`` is the channel's own number for the person (Telegram's user id)."""

    id: int
    language_code: str | None = None
