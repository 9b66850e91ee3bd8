"""Why something a moderator asked for was not done, in words (pure)."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.conversation.translations import Catalogue
from bot.fetching.errors import FetchError
from knowledge.errors import (
    AgainstRating,
    AlreadyHandled,
    BadEdit,
    CannotDecide,
    CannotRegroup,
    CannotUndo,
    DecisionProblem,
    KnowledgeError,
    NotFound,
    Stale,
    TooLate,
    TwoPeopleNeeded,
    UnreadableFile,
    UnusableFeed,
    WordsMissing,
)

_NOBODY: Final[Mapping[str, str]] = {}
#: What a moderator is told of instead of an apology.
REFUSED: Final = (
    AlreadyHandled,
    BadEdit,
    CannotDecide,
    CannotRegroup,
    CannotUndo,
    FetchError,
    NotFound,
    Stale,
    TwoPeopleNeeded,
    UnreadableFile,
    UnusableFeed,
)


def compose_refusal(
    error: KnowledgeError | FetchError, words: Catalogue, names: Mapping[str, str] = _NOBODY
) -> str:
    """Return what the person reads of one of ``REFUSED``, with the way out.

    ``names`` are those of moderators, by their key.
    """
    say = words.say
    match error:
        case AlreadyHandled():
            return say("This was handled already; /queue shows what is left.")
        case CannotDecide():
            return compose_undecided(error, say)
        case WordsMissing(ref=ref):
            return say(
                "The words of {ref} are not in the new text. Edit or retract that statement first."
            ).format(ref=words.quote(ref))
        case AgainstRating():
            return say(
                "Fact-checkers did not confirm what this statement says, so it confirms no claim."
                " If they reviewed this very claim, choose that: people read their rating."
            )
        case TooLate():
            return say(
                "It is too late to take it back like this: people are being told. If it is wrong,"
                " take it back in the console’s audit: whoever was told hears of it."
            )
        case BadEdit() | CannotRegroup() | CannotUndo() | UnusableFeed():
            return say("It cannot be done any more: {why}").format(why=error)
        case NotFound():
            return say("There is nothing of this reference any more. Check it, please.")
        case TwoPeopleNeeded(reviewer_left=True):
            return say(
                "The person who reviewed it no longer holds a role. Take the review back in"
                " the console, and have it reviewed anew."
            )
        case TwoPeopleNeeded():
            return say("Another person has to review it before you publish it.")
        case Stale():
            return say(
                "It was changed since this was shown, so nothing was done. Last by: {name}. Look"
                " at it again."
            ).format(name=words.quote(names.get(error.actor or "", error.by)))
        case FetchError():
            return say("This address cannot be read: {reason}").format(reason=error)
        case _:
            return say("No report can be read there. Paste its text after /add instead.")


def compose_undecided(error: CannotDecide, say: Callable[[str], str]) -> str:
    """Return why somebody may not decide on a proposal, with the way out."""
    match error.problem:
        case DecisionProblem.OWN:
            return say("Another person approves or declines what you proposed. Ask a colleague.")
        case DecisionProblem.NOT_OWN:
            return say("Only the person who proposed it may withdraw it. Decline it instead.")
        case DecisionProblem.PROPOSER_LEFT:
            return say(
                "The person who proposed this no longer holds the role. Decline it, and"
                " propose it anew if it is right."
            )
        case _:
            return say("This was decided already. Look at what waits again.")
