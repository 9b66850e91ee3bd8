"""Define the interfaces through which channels talk to the conversation."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from bot.conversation.media_texts import Medium
from bot.conversation.reply import Asker, Cards, Origin, Reply


class MemberStatus(Enum):
    """A person's status in a group, as the channel reports it when they act."""

    ADMIN = auto()
    MEMBER = auto()
    UNKNOWN = auto()
    """The channel does not say."""


@dataclass(frozen=True, slots=True)
class GroupContext:
    """A group at the moment of an act: its id and the acting person's status there.

    ``readable`` is whether the bot receives messages that are not addressed to it.
    """

    group: int
    standing: MemberStatus
    readable: bool = True


class GroupTalk(Protocol):
    """The conversation in groups. Calls may block, except ``is_watched``."""

    def settings(self, asker: Asker, here: GroupContext) -> Reply | None:
        """Show a group's settings; None if the refusal was already shown."""

    def watch(self, asker: Asker, here: GroupContext, argument: str) -> Reply | None:
        """Turn watching on or off; None if the refusal was already shown."""

    def press(self, asker: Asker, here: GroupContext, action: str) -> Reply:
        """Handle a settings button; returns the new settings, or a refusal."""

    def greeting(self, asker: Asker) -> Reply:
        """Introduce the bot to a group, in the language of the person who added it."""

    def look(self, asker: Asker, text: str) -> Reply | None:
        """Return an unasked reply to a watched group's message; usually None."""

    def left(self, group: int) -> None:
        """Delete a group's settings: the bot left it."""

    def moved(self, old: int, new: int) -> None:
        """Move a group's settings to its new id."""

    def is_watched(self, group: int) -> bool:
        """Whether a group is watched, from memory; does not block."""

    def refresh(self) -> None:
        """Reload which groups are watched: another process may have changed it."""


class Talk(Protocol):
    """The conversation. Every call may block (model, database): call it off the event loop."""

    @property
    def groups(self) -> GroupTalk:
        """The conversation in groups."""

    def start(self, asker: Asker) -> Reply:
        """Greet: what this is and how to use it."""

    def help(self, asker: Asker) -> Reply:
        """Explain the commands and what the outcomes mean."""

    def language(self, asker: Asker) -> Reply:
        """Offer the languages, and the calendars, as buttons."""

    def command(self, asker: Asker, name: str, argument: str) -> Reply:
        """Handle a command; explain the commands if it is unknown or not for this person."""

    def in_private(self, asker: Asker) -> Reply:
        """Say that a command works in a private chat only."""

    def menu(self, asker: Asker) -> tuple[tuple[str, str], ...]:
        """Return a moderator's commands and their descriptions; empty for anybody else."""

    def claim(self, asker: Asker, text: str, origin: Origin | None = None) -> Reply:
        """Answer a claim, perhaps forwarded from ``origin``. A bare link is fetched: slow."""

    def cards(self, asker: Asker, text: str) -> Cards:
        """Offer cards for an inline query; nothing is stored."""

    def record_choice(self, asker: Asker, text: str, name: str) -> None:
        """Record the inquiry of an inline query whose card with this name was sent."""

    def press(self, asker: Asker, action: str) -> Reply:
        """Answer a button press; an unknown, forged or expired action gets a polite reply."""

    def mark_unreachable(self, asker: Asker) -> None:
        """Record that a person blocked the bot: they are not written to any more."""

    def picture(self, asker: Asker, data: bytes, origin: Origin | None = None) -> Reply:
        """Answer the claims of the text in a picture. Slow: reading it takes seconds."""

    def lost_picture(self, asker: Asker) -> Reply:
        """Say that Telegram does not provide a picture, and that it can be sent again."""

    def unsupported(self, asker: Asker, medium: Medium) -> Reply:
        """Say kindly that this kind of message is not read, and what to send instead."""

    def compose_placeholder(self, asker: Asker) -> Reply:
        """Return the placeholder shown until the answer is found. Quick: it needs no model."""

    def slow_down(self, asker: Asker) -> Reply:
        """Say politely that the person's rate limit is reached. Quick."""

    def busy(self, asker: Asker) -> Reply:
        """Say politely that too many people ask at once. Quick."""

    def failure(self, asker: Asker) -> Reply:
        """Say that something broke on our side and the claim may be sent again."""
