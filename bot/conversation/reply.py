"""A reply before it is rendered: styled paragraphs and buttons, no markup of any channel."""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.conversation.text_direction import restore_isolates, strip_isolates
from knowledge.domain import Forwarded


class Style(StrEnum):
    """How a block is set."""

    HEADLINE = "headline"
    QUOTE = "quote"
    PLAIN = "plain"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph. ``text`` is plain text: a renderer escapes it, it never holds markup.

    What ``Catalogue.quote`` isolated in it is noted in ``apart``, for renderers that can show it.
    """

    text: str
    style: Style = Style.PLAIN
    apart: tuple[tuple[int, int], ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        """Take the isolates out of the text, so that it is plain whoever shows it."""
        text, apart = strip_isolates(self.text)
        if apart:
            # Frozen for everybody else.
            object.__setattr__(self, "text", text)
            object.__setattr__(self, "apart", apart)

    @property
    def isolated(self) -> str:
        """The text with isolates around what stands apart in it."""
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
    """A picture, and what it shows for who cannot see it."""

    png: bytes = field(repr=False)
    words: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file for the person."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to a person: a picture if there is one, blocks in order, then rows of buttons.

    A document follows it.
    """

    blocks: tuple[Block, ...]
    buttons: tuple[tuple[Button, ...], ...] = ()
    picture: Picture | None = None
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One of several replies that a person may choose from to send on.

    ``name`` tells it from the others (at most 64 bytes of ASCII); ``title`` and ``description`` are
    what a list shows of it.
    """

    name: str
    title: str
    description: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Cards:
    """What is offered for what a person types; where it is nothing, ``hint`` may say what to."""

    cards: tuple[Card, ...] = ()
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Asker:
    """Who is talking. ``id`` is the channel's own number for the person (Telegram's user id).

    ``address`` is where they can be written to later; None where they cannot, as from a group.
    ``group`` is the channel's number for the group they talk in, None where they are alone with the
    bot. A group, or a channel, that speaks as itself has its own number for ``id``.
    """

    id: int
    language_code: str | None = None
    address: str | None = None
    group: int | None = None

    @property
    def is_nobody(self) -> bool:
        """Whether a group or a channel speaks as itself: no one person could press a button."""
        return self.id == self.group


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a forwarded message comes from, as the channel says.

    ``id`` is the channel's own number for who or which, None where it is not shown; ``name`` is
    what a public channel calls itself.
    """

    kind: Forwarded
    id: int | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
