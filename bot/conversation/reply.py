"""Define replies before rendering: styled paragraphs and buttons, free of channel markup."""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.conversation.text_direction import restore_isolates, strip_isolates
from knowledge.domain import Forwarded


class Style(StrEnum):
    """The style of a block."""

    HEADLINE = "headline"
    QUOTE = "quote"
    PLAIN = "plain"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph. ``text`` is plain text: a renderer escapes it, it never holds markup.

    ``apart`` holds the spans that ``Catalogue.quote`` isolated, for renderers that can show them.
    """

    text: str
    style: Style = Style.PLAIN
    apart: tuple[tuple[int, int], ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        """Move the isolates from the text to ``apart``, so that the text is plain everywhere."""
        text, apart = strip_isolates(self.text)
        if apart:
            # The dataclass is frozen for everybody else.
            object.__setattr__(self, "text", text)
            object.__setattr__(self, "apart", apart)

    @property
    def isolated(self) -> str:
        """The text with isolates around its ``apart`` spans."""
        return restore_isolates(self.text, self.apart)


@dataclass(frozen=True, slots=True)
class Button:
    """One button: a link (``url``), a press (``action``, at most 64 bytes of ASCII) or ``share``.

    ``share`` is text that the person may pass on to others, together with ``url`` if there is one.
    """

    label: str
    url: str | None = None
    action: str | None = None
    share: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and its text alternative."""

    png: bytes = field(repr=False)
    words: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file to send."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply to a person: a picture if any, blocks in order, rows of buttons, then a document."""

    blocks: tuple[Block, ...]
    buttons: tuple[tuple[Button, ...], ...] = ()
    picture: Picture | None = None
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One of several replies to an inline query, from which the person chooses one to send.

    ``name`` identifies it (at most 64 bytes of ASCII); ``title`` and ``description`` are shown in
    the list.
    """

    name: str
    title: str
    description: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards offered for an inline query; if none, ``hint`` may say what to type."""

    cards: tuple[Card, ...] = ()
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """The person who is talking. ``id`` is the channel's id of them (Telegram's user id).

    ``address`` is where they can be notified later; None if they cannot, as from a group.
    ``group`` is the channel's id of the group, None in a private chat. A group or a channel that
    posts as itself has its own id in ``id``.
    """

    id: int
    language_code: str | None = None
    address: str | None = None
    group: int | None = None

    @property
    def is_nobody(self) -> bool:
        """Whether a group or a channel posts as itself: there is no one person to press buttons."""
        return self.id == self.group


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a forwarded message comes from, according to the channel.

    ``id`` is the channel's id of the author, None if hidden; ``name`` is a public channel's name.
    """

    kind: Forwarded
    id: int | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
