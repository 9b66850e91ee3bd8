"""The conversation as the channels see it."""

from typing import Protocol

from bot.conversation.reply import Asker, Cards, Reply


class Talk(Protocol):
    """What a channel may ask for. Every call may block (model, database): keep it off the loop."""

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

    def claim(self, asker: Asker, text: str) -> Reply:
        """Answer a claim."""

    def cards(self, asker: Asker, text: str) -> Cards:
        """Offer cards for what is being typed in another chat; nothing is kept of it."""

    def chosen(self, asker: Asker, text: str, name: str) -> None:
        """Keep that what was typed is asked: the card with this name was sent on."""

    def press(self, asker: Asker, action: str) -> Reply:
        """Answer a button press; an unknown, forged or expired action gets a polite reply."""

    def unsupported(self, asker: Asker) -> Reply:
        """Say kindly that this kind of message (a photo without caption, voice) is not read yet."""

    def looking(self, asker: Asker) -> Reply:
        """Say that the answer is being looked for. Quick: it needs no model."""

    def slow_down(self, asker: Asker) -> Reply:
        """Say politely that more was sent than is answered. Quick."""

    def busy(self, asker: Asker) -> Reply:
        """Say politely that too many people ask at once. Quick."""

    def failure(self, asker: Asker) -> Reply:
        """Say that something broke on our side and the claim may be sent again."""
