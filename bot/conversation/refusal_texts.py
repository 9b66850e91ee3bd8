"""Compose why a moderator's act was refused (pure)."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.conversation.change_texts import name_field
from bot.conversation.translations import Catalogue
from bot.fetching.errors import FetchError
from knowledge.errors import (
    AlreadyHandled,
    BadEdit,
    CannotDecide,
    CannotRegroup,
    CannotUndo,
    DecisionProblem,
    EditProblem,
    FeedProblem,
    KnowledgeError,
    NotFound,
    RegroupProblem,
    Stale,
    TooLate,
    TwoPeopleNeeded,
    UnreadableFile,
    UnusableFeed,
)

_NOBODY: Final[Mapping[str, str]] = {}
#: Errors that are explained to a moderator; any other gets an apology.
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
    """Explain one of ``REFUSED`` and say what to do; ``names`` are moderators' names by key."""
    say = words.say
    match error:
        case AlreadyHandled():
            return say("This was handled already; /queue shows what is left.")
        case CannotDecide():
            return compose_undecided(error, say)
        case TooLate():
            return say(
                "It is too late to take it back here: people are already being told. If it is"
                " wrong, undo it in the console’s audit log: they will be told so."
            )
        case BadEdit() | CannotRegroup() | UnusableFeed():
            return compose_problem(error, words.say)
        case CannotUndo():
            return say(
                "This cannot be undone, or no longer can be. Do the opposite, or first undo what"
                " was done after it."
            )
        case NotFound():
            return say("Nothing has this reference any more. Please check it.")
        case TwoPeopleNeeded(reviewer_left=True):
            return say(
                "The person who reviewed it no longer holds a role. Undo the review in the"
                " console, and have it reviewed again."
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
    """Explain why somebody may not decide on a proposal, and say what to do."""
    match error.problem:
        case DecisionProblem.OWN:
            return say("You cannot decide on your own proposal. Ask a colleague.")
        case DecisionProblem.NOT_OWN:
            return say("Only the person who proposed it may withdraw it. Decline it instead.")
        case DecisionProblem.PROPOSER_LEFT:
            return say(
                "The person who proposed this no longer holds the role. Decline it, and if it is"
                " right, propose it again."
            )
        case _:
            return say("This was decided already. Reload the list.")


def compose_problem(
    error: BadEdit | UnusableFeed | CannotRegroup, say: Callable[[str], str]
) -> str:
    """Explain why an entry is invalid, and say what to do."""
    if isinstance(error, CannotRegroup):
        return _describe_regroup_problems(say)[error.problem]
    sentence = _describe_edit_problems(say)[error.problem] if isinstance(error, BadEdit) else ""
    if isinstance(error, UnusableFeed):
        sentence = _describe_feed_problems(say)[error.problem]
    named = {"field": name_field(str(error.blanks.get("field", "")), say)}
    return sentence.format(**{**error.blanks, **named})


def _describe_edit_problems(say: Callable[[str], str]) -> dict[EditProblem, str]:
    return {
        EditProblem.BAD_FIELD: say(
            "This field is too long, or contains something that is not allowed: {field}. Correct"
            " it."
        ),
        EditProblem.NO_TITLE: say("A report needs a title. Give it one."),
        EditProblem.NO_LANGUAGE: say("A report needs a language. Give its code, such as ar."),
        EditProblem.NO_WORDS: say("The statement is empty. Quote a sentence of the report."),
        EditProblem.TOO_MANY_WORDS: say(
            "A statement has {n} characters at most. Quote one sentence."
        ),
        EditProblem.NOT_IN_REPORT: say(
            "These words are not in the report. Copy them exactly from its text."
        ),
        EditProblem.REPORT_WITHOUT_TEXT: say(
            "Only the statements of this report are kept, not its text to quote from."
        ),
        EditProblem.KNOWN_WORDS: say(
            "There is a statement with these words already: {ref}. Open that one."
        ),
        EditProblem.RETRACTED: say(
            "A retracted statement cannot be edited. If it is right after all, add it again."
        ),
        EditProblem.RETRACTED_ANSWER: say(
            "A retracted statement answers nothing. Choose another one."
        ),
        EditProblem.AGAINST_RATING: say(
            "Fact-checkers did not confirm what this statement says, so it confirms no claim."
            " If they reviewed this very claim, choose that: people read their rating."
        ),
        EditProblem.NO_RELATION: say("Say whether it supports or contradicts the claim."),
        EditProblem.ANSWERS_NO_MORE: say(
            "This statement does not answer the claim any more. Look at the claim again."
        ),
        EditProblem.KEPT_UNPUBLISHED: say(
            "{ref} is not published, but one of the others is. Publish it first."
        ),
        EditProblem.ONE_PART: say("A split needs at least two parts. Write each on its own line."),
        EditProblem.PART_OUTSIDE: say(
            "A part is not in the statement. Copy its words exactly from there."
        ),
        EditProblem.PARTS_OVERLAP: say("Two parts overlap. Write each word in one part only."),
        EditProblem.BAD_TAG: say("A tag has 1 to {n} characters. Choose another one."),
        EditProblem.TOO_MANY_TAGS: say("A cluster has {n} tags at most. Remove one first."),
        EditProblem.BAD_NOTE: say("A note has 1 to {n} characters. Change it and try again."),
        EditProblem.TOO_MANY_NOTES: say("A cluster has {n} notes at most. Delete one first."),
        EditProblem.NOTE_TOO_LONG: say(
            "A note has three sentences and 400 characters at most in each language. Shorten it."
        ),
        EditProblem.WORDS_MISSING: say(
            "The words of {ref} are not in the new text. Edit or retract that statement first."
        ),
    }


def _describe_feed_problems(say: Callable[[str], str]) -> dict[FeedProblem, str]:
    return {
        FeedProblem.BAD_FIELD: say(
            "This field is too long, or contains something that is not allowed: {field}. Correct"
            " it."
        ),
        FeedProblem.INCOMPLETE: say("A feed needs the publisher’s name and its address."),
        FeedProblem.BAD_INTERVAL: say(
            "A feed is read every {least} to {most} minutes. Choose another number."
        ),
        FeedProblem.KNOWN: say("This feed was added already: look for it among the sources."),
        FeedProblem.UNREADABLE: say(
            "There is no readable feed at this address. Check the address."
        ),
    }


def _describe_regroup_problems(say: Callable[[str], str]) -> dict[RegroupProblem, str]:
    return {
        RegroupProblem.SAME_CLUSTER: say(
            "This is the same cluster, or part of it already. Choose another one to merge."
        ),
        RegroupProblem.BAD_NUMBER: say("Tick the wordings that are to be split off."),
        RegroupProblem.MOVED: say(
            "Some of these wordings are in another cluster now. Look at the cluster again."
        ),
        RegroupProblem.NONE_LEFT: say("Leave at least one wording: untick one."),
    }
