"""An update while it is being answered: what is to be said, and what stands there meanwhile."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.conversation.reply import Reply
from bot.telegram.outgoing.rendering import Buttons
from bot.telegram.outgoing.reply_pieces import Piece, pieces_of
from bot.telegram.outgoing.sending import Place


@dataclass(slots=True)
class PendingReply:
    """What handlers leave for the worker that sends it.

    ``placeholder_at`` is the loop's time at which a placeholder is due, None for none;
    ``note_placeholder`` keeps its number, so that a crash does not leave it standing. ``waited`` is
    how many seconds the update had to wait for its turn. ``index_failed`` tells that the failure is
    the index's, which will be there again.
    """

    placeholder_at: float | None = None
    placeholder: int | None = None
    note_placeholder: Callable[[int], Awaitable[None]] | None = None
    pieces: list[Piece] = field(default_factory=list)
    failure: str | None = None
    index_failed: bool = False
    waited: float = 0.0

    def say(self, reply: Reply, place: Place, edits: int | None = None) -> int:
        """Have a reply sent, in place of ``edits`` or of the placeholder; returns its messages."""
        if edits is None and self.placeholder is not None and not self.pieces:
            edits = self.placeholder
        said = pieces_of(reply, place, edits)
        self.pieces += said
        return len(said)

    def relabel(self, buttons: Buttons, chat_id: int) -> None:
        """Have other buttons shown under a message that stands."""
        self.pieces.append(Piece(Place(chat_id), buttons))
