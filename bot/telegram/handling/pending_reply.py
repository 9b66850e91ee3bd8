"""Hold the reply to an update that is being answered, and its placeholder."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.conversation.reply import Reply
from bot.telegram.outgoing.rendering import Buttons
from bot.telegram.outgoing.reply_pieces import Piece, split_reply
from bot.telegram.outgoing.sending import Place


@dataclass(slots=True)
class PendingReply:
    """The reply that handlers leave for the worker to send.

    ``placeholder_at`` is the event loop's time at which a placeholder is due, None for none;
    ``note_placeholder`` stores its message id, so that a crash does not leave it behind. ``waited``
    is how many seconds the update waited in the queue. ``index_failed`` says that the index failed,
    which is expected to recover.
    """

    placeholder_at: float | None = None
    placeholder: int | None = None
    note_placeholder: Callable[[int], Awaitable[None]] | None = None
    pieces: list[Piece] = field(default_factory=list)
    failure: str | None = None
    index_failed: bool = False
    waited: float = 0.0

    def say(self, reply: Reply, place: Place, edits: int | None = None) -> int:
        """Add a reply, replacing ``edits`` or the placeholder; returns its number of messages."""
        if edits is None and self.placeholder is not None and not self.pieces:
            edits = self.placeholder
        said = split_reply(reply, place, edits)
        self.pieces += said
        return len(said)

    def relabel(self, buttons: Buttons, chat_id: int) -> None:
        """Replace the buttons of an existing message."""
        self.pieces.append(Piece(Place(chat_id), buttons))
