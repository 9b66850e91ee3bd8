"""Why something a moderator asked for was not done, in words (pure)."""

from typing import Final

from bot.conversation.catalogue import Catalogue
from bot.fetching.errors import FetchError
from knowledge.errors import (
    AlreadyHandled,
    KnowledgeError,
    NotFound,
    Stale,
    TwoPeopleNeeded,
    UnreadableFile,
)

#: What a moderator is told of instead of an apology.
REFUSED: Final = (
    AlreadyHandled,
    FetchError,
    NotFound,
    Stale,
    TwoPeopleNeeded,
    UnreadableFile,
)


def refusal(error: KnowledgeError | FetchError, words: Catalogue) -> str:
    """Return what the person reads of one of ``REFUSED``, with the way out."""
    say = words.say
    match error:
        case AlreadyHandled():
            return say("This was handled already; /queue shows what is left.")
        case NotFound():
            return say("There is nothing of this reference any more. Check it, please.")
        case TwoPeopleNeeded():
            return say("Another person has to review it before you publish it.")
        case Stale():
            return say("Somebody changed it meanwhile; look at it again: {reason}").format(
                reason=error
            )
        case FetchError():
            return say("This address cannot be read: {reason}").format(reason=error)
        case _:
            return say("No report can be read there. Paste its text after /add instead.")
