"""The conversation as the channels see it."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from bot.conversation.media_texts import Medium
from bot.conversation.reply import Asker, Cards, Origin, Reply


class Standing(Enum):
    """What somebody is in a group, as the channel says at the moment of an act."""

    ADMIN = auto()
    MEMBER = auto()
    UNKNOWN = auto()
    """The channel does not say."""


@dataclass(frozen=True, slots=True)
class Here:
    """A group at the moment of an act: its number, what who acts is there, what the bot may read.

    ``readable`` is whether the bot gets to read what is not said to it.
    """

    group: int
    standing: Standing
    readable: bool = True


class GroupTalk(Protocol):
    """What a channel that has groups may ask for. Calls may block, but for ``is_watched``."""

    def settings(self, asker: Asker, here: Here) -> Reply | None:
        """Show how the bot behaves in a group; None where a refusal was said already."""

    def watch(self, asker: Asker, here: Here, argument: str) -> Reply | None:
        """Have a group watched or not; None where a refusal was said already."""

    def press(self, asker: Asker, here: Here, action: str) -> Reply:
        """Do what a button of the settings says: the settings as they are then, or a refusal."""

    def greeting(self, asker: Asker) -> Reply:
        """Say in the group of who brought the bot there how it behaves."""

    def look(self, asker: Asker, text: str) -> Reply | None:
        """Return what there is to say to a message that nobody asked about: seldom anything."""

    def left(self, group: int) -> None:
        """Forget a group: the bot is not there any more."""

    def moved(self, old: int, new: int) -> None:
        """Have a group go by another number."""

    def is_watched(self, group: int) -> bool:
        """Whether a group is watched, as far as is remembered: at once, without the database."""

    def refresh(self) -> None:
        """Look anew which groups are watched: another process may have changed it."""


class Talk(Protocol):
    """What a channel may ask for. Every call may block (model, database): keep it off the loop."""

    @property
    def groups(self) -> GroupTalk:
        """What is said in groups and of them."""

    def start(self, asker: Asker) -> Reply:
        """Greet: what this is and how to use it."""

    def help(self, asker: Asker) -> Reply:
        """Explain the commands and what the outcomes mean."""

    def language(self, asker: Asker) -> Reply:
        """Offer the languages, and the calendars, as buttons."""

    def command(self, asker: Asker, name: str, argument: str) -> Reply:
        """Do a command; one that is unknown, or not for this person, gets the others explained."""

    def in_private(self, asker: Asker) -> Reply:
        """Say that a command is for a private chat only."""

    def menu(self, asker: Asker) -> tuple[tuple[str, str], ...]:
        """Return the commands of a moderator and their descriptions; none for anybody else."""

    def claim(self, asker: Asker, text: str, origin: Origin | None = None) -> Reply:
        """Answer a claim, forwarded from ``origin``. Slow where it is only a link: that is read."""

    def cards(self, asker: Asker, text: str) -> Cards:
        """Offer cards for what is being typed in another chat; nothing is kept of it."""

    def chosen(self, asker: Asker, text: str, name: str) -> None:
        """Keep that what was typed is asked: the card with this name was sent on."""

    def press(self, asker: Asker, action: str) -> Reply:
        """Answer a button press; an unknown, forged or expired action gets a polite reply."""

    def unreachable(self, asker: Asker) -> None:
        """Note that a person does not want to be written to any more: they blocked the bot."""

    def picture(self, asker: Asker, data: bytes, origin: Origin | None = None) -> Reply:
        """Answer what the text in a picture claims. Slow: reading it takes seconds."""

    def lost_picture(self, asker: Asker) -> Reply:
        """Say that a picture cannot be had, and may be sent again."""

    def unsupported(self, asker: Asker, medium: Medium) -> Reply:
        """Say kindly that this kind of message is not read, and what to send instead."""

    def looking(self, asker: Asker) -> Reply:
        """Say that the answer is being looked for. Quick: it needs no model."""

    def slow_down(self, asker: Asker) -> Reply:
        """Say politely that more was sent than is answered. Quick."""

    def busy(self, asker: Asker) -> Reply:
        """Say politely that too many people ask at once. Quick."""

    def failure(self, asker: Asker) -> Reply:
        """Say that something broke on our side and the claim may be sent again."""
