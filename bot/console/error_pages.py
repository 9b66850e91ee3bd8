"""Describe errors to moderators: HTTP status, what happened, and what to do."""

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode

from bot.console.audit_entries import find_page, name_action
from bot.console.errors import (
    BadForm,
    FieldTooLong,
    FormForged,
    FutureDate,
    TooBusy,
    TooLarge,
    TooManyTries,
)
from bot.conversation.change_texts import name_field
from bot.conversation.refusal_texts import compose_problem, compose_undecided
from bot.fetching import errors as fetching
from bot.parsing.errors import ParserUnavailable
from knowledge.claim_queue.saved_searches import MOST
from knowledge.domain import SubjectKind
from knowledge.errors import (
    AlreadyHandled,
    BadCursor,
    BadEdit,
    BrokenFile,
    CannotDecide,
    CannotRegroup,
    CannotUndo,
    KnowledgeError,
    LinkRefused,
    NotAllowed,
    NotFound,
    SignedOut,
    Stale,
    TakenByColleague,
    TooLate,
    TooManySaved,
    TooMuchToRead,
    TwoPeopleNeeded,
    UnreadableFile,
    UnusableFeed,
)
from knowledge.storage.audit_log import COMMAND_LINE

Say = Callable[[str], str]

_NOBODY: Final[Mapping[str, str]] = {}
#: Paths of acts, and the page of what each acts on.
_ACT: Final = re.compile(r"(/(?:clusters|statements|reports|proposals)/[0-9]{1,15})/")
#: The HTTP status of each known error; any other is a fault of ours (500).
STATUS: Final[dict[type[Exception], int]] = {
    BadForm: 400,
    SignedOut: 401,
    FormForged: 403,
    NotAllowed: 403,
    NotFound: 404,
    LinkRefused: 410,
    TooLarge: 413,
    TooManyTries: 429,
    TooBusy: 503,
    ParserUnavailable: 503,
    BadCursor: 404,
    BadEdit: 400,
    UnreadableFile: 400,
    UnusableFeed: 400,
    CannotRegroup: 400,
    fetching.FetchError: 400,
    # Another moderator was first, or a policy forbids it.
    KnowledgeError: 409,
}


def status_of(error: Exception) -> int:
    """Return an error's HTTP status."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def way_out(error: Exception, path: str, say: Say) -> tuple[str, str] | None:
    """Return the path to continue at after an error, with the link's text; None if there is none.

    By default an act leads back to the page of what it acts on.
    """
    match error:
        case TooLate(subject=(kind, number)):
            return _make_audit_path(kind, number), say("Show its entry in the audit log")
        case TakenByColleague(subject=(kind, number)):
            return find_page((SubjectKind(kind), int(number))) or "/inbox", say("To the claim")
        case Stale(subject=(kind, number)) | CannotUndo(subject=(kind, number)):
            found = find_page((SubjectKind(kind), int(number))) if number.isdecimal() else None
            return found or _make_audit_path(kind, number), say("Show what was done after it")
        case NotFound() | NotAllowed() | FormForged():
            return None
    act = _ACT.match(path)
    return (act[1], say("Back to where you were")) if act else None


def _make_audit_path(kind: str, number: str) -> str:
    return "/audit?" + urlencode({"subject": kind, "id": number})


def describe_refused_form(error: Exception, say: Say, names: Mapping[str, str] = _NOBODY) -> str:
    """Say on a form's own page why its values were refused, and what to do."""
    if isinstance(error, NotFound):
        return say("This does not exist any more. Choose another one.")
    return describe_error(error, say, names)


def describe_error(error: Exception, say: Say, names: Mapping[str, str] = _NOBODY) -> str:
    """Say what happened and what to do, in the moderator's language.

    ``names`` are moderators' names by key.
    """
    match error:
        case SignedOut():
            return say("You are not signed in. Send /console to the bot.")
        case FormForged():
            return say("This form is out of date. Go back, reload the page and send it again.")
        case NotAllowed():
            return say("Your role does not allow this. Ask an admin.")
        case LinkRefused():
            return say(
                "This link was used, has expired or is another person's. Send /console to the bot"
                " for a new one."
            )
        case TooLarge():
            return say("This is too large: a report may have 8 MB at most.")
        case TooManyTries():
            return say("Too many tries. Wait a minute and try again.")
        case TakenByColleague(by=by, actor=actor):
            return say("{name} works on it. Open the claim to take it over.").format(
                name=_name_actor(by, actor, names, say)
            )
        case Stale(by=by, action=action, actor=actor):
            return say(
                "Another moderator was faster. {by}: {action}. Check the current state and"
                " repeat what is still right."
            ).format(by=_name_actor(by, actor, names, say), action=name_action(action, say))
        case AlreadyHandled():
            return say("Another moderator was faster. Check the cluster again.")
        case TwoPeopleNeeded(reviewer_left=True):
            return say(
                "The person who reviewed it no longer holds a role. Undo the review in the"
                " console, and have it reviewed again."
            )
        case TwoPeopleNeeded():
            return say("Another person has to review it before you publish it.")
        case CannotDecide():
            return compose_undecided(error, say)
        case TooLate():
            return say(
                "It is too late to take it back here: people are already being told. If it is"
                " wrong, undo it in the console’s audit log: they will be told so."
            )
        case CannotUndo(by=str(by), action=str(action), actor=actor):
            return say(
                "This can no longer be undone: something was done after it. {by}: {action}."
                " Look at the current state and go on from there."
            ).format(by=_name_actor(by, actor, names, say), action=name_action(action, say))
        case CannotUndo():
            return say(
                "This cannot be undone, or no longer can be. Do the opposite, or first undo what"
                " was done after it."
            )
        case TooManySaved():
            return say("You have {n} saved searches already. Delete one first.").format(n=MOST)
        case BadEdit() | CannotRegroup() | UnusableFeed():
            return compose_problem(error, say)
        case TooMuchToRead():
            return say(
                "This is too large, or takes too long to read. Split it up, or paste its text."
            )
        case BrokenFile():
            return say("This is broken: it is not valid JSON or text. Correct it and try again.")
        case UnreadableFile():
            return say("This cannot be read as a report. Paste its text instead.")
        case TooBusy() | ParserUnavailable():
            return say("Too many reports are being read just now. Try again in a minute.")
        case fetching.PrivateAddress():
            return say("This address is not on the public internet: nothing is fetched there.")
        case fetching.BadAddress():
            return say("This address cannot be fetched. An address begins with https:// or http://")
        case fetching.TooSlow() | fetching.Unreachable():
            return say("The address does not answer. Try later, or paste the text.")
        case fetching.FetchError():
            return say("The page at this address cannot be used. Paste the text instead.")
        case NotFound() | BadCursor():
            return say("There is nothing at this address.")
        case FutureDate(day=day):
            return say("A date lies in the future: {day}. Correct it and try again.").format(
                day=day.isoformat()
            )
        case FieldTooLong(field=field, limit=limit):
            return say("This is too long: {field}. It takes {n} characters at most.").format(
                field=name_field(field, say), n=limit
            )
        case BadForm(field=field) if (name := name_field(field, say)) != field:
            return say("This cannot be used as it is: {field}. Correct it and try again.").format(
                field=name
            )
        case BadForm():
            return say("This form cannot be used as it is. Reload the page and fill it in again.")
        case _:
            return say("Something went wrong on our side, and it was logged. Please try again.")


def _name_actor(by: str, actor: str | None, names: Mapping[str, str], say: Say) -> str:
    if by == COMMAND_LINE:
        return say("command line")
    return names.get(actor, by) if actor else by
