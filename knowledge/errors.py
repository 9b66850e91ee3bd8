"""Errors of the knowledge package.

KnowledgeError
├── UnreadableFile      a file cannot be read as a report at all
│   ├── TooMuchToRead   it holds more than is read, or reading it takes too long
│   └── BrokenFile      it is not what it says it is: no JSON, no text
├── UnusableFeed        a feed cannot be added or read as it is
├── NotFound            nothing has the reference that was named
├── UnreadableClaim     a message holds nothing that could be checked
├── WeightsUnfit        fitted weights belong to another cross-encoder
├── LinkRefused         a link to the console was used, has expired or is another person's
├── BadCursor           a page was asked for that no list has
├── BadEdit             what was entered cannot be kept as it is
│   ├── NoteTooLong     a moderators' note is longer than is shown under an answer
│   └── AgainstRating   a statement is said to confirm what its rating does not
├── Stale               somebody else changed it since it was looked at
├── TwoPeopleNeeded     another person has to review it before this one publishes it
├── CannotDecide        a proposal is not this person's to decide, or not any more
├── CannotUndo          an act cannot be taken back, or not any more
│   └── TooLate         people may have been told of it
├── NotAllowed          the person does not hold the role that the act needs
├── AddressUnreadable   an address was kept under another key
├── SealBroken          something else was
├── AlreadyHandled      a cluster stands where this cannot be done to it
├── CannotRegroup       claims cannot be merged or split like this
├── TooManySaved        somebody saved as many searches as they can
├── NotABackup          a file is no whole backup of this program
└── DatabaseUnavailable the database cannot be used as it is (not migrated, newer, locked, absent)

Every message is one sentence that names the thing and the way out.
"""

from enum import StrEnum


class KnowledgeError(Exception):
    """Base of this package's errors."""


class UnreadableFile(KnowledgeError):
    """A file cannot be read as a report."""


class TooMuchToRead(UnreadableFile):
    """A file holds more than is read, or reading it takes too long."""


class BrokenFile(UnreadableFile):
    """A file is not what it says it is: no JSON, no text."""


class UnusableFeed(KnowledgeError):
    """A feed cannot be added or read as it is."""


class DatabaseUnavailable(KnowledgeError):
    """The database cannot be used as it is."""


class WeightsUnfit(KnowledgeError):
    """Weights were fitted for another cross-encoder."""


class NotFound(KnowledgeError):
    """Nothing has the reference that was named."""


class BadCursor(KnowledgeError):
    """A page was asked for that no list has."""


class BadEdit(KnowledgeError):
    """What was entered cannot be kept as it is."""


class NoteTooLong(BadEdit):
    """A moderators' note is longer than is shown under an answer."""


class AgainstRating(BadEdit):
    """A statement is said to support a claim, but fact-checkers did not confirm what it says."""


class WordsMissing(BadEdit):
    """A report's new text does not hold the words of its statement ``ref``."""

    def __init__(self, message: str, ref: str) -> None:
        super().__init__(message)
        self.ref = ref


class Stale(KnowledgeError):
    """Somebody else changed it since it was looked at.

    ``by`` is who, as colleagues know them, ``actor`` their key, ``action`` what they did to
    ``subject``, a kind of subject and its number.
    """

    def __init__(
        self,
        message: str,
        by: str,
        action: str,
        actor: str | None = None,
        subject: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.by, self.action, self.actor, self.subject = by, action, actor, subject


class TakenByColleague(Stale):
    """Somebody else works on it: ``by``. Who knows that may take it over."""


class TwoPeopleNeeded(KnowledgeError):
    """Another person has to review it before this one publishes it.

    ``reviewer_left`` is whether one did who holds no role any more.
    """

    def __init__(self, message: str, *, reviewer_left: bool = False) -> None:
        super().__init__(message)
        self.reviewer_left = reviewer_left


class DecisionProblem(StrEnum):
    """Why somebody cannot decide a proposal."""

    #: Who proposed it withdraws it; somebody else approves or declines it.
    OWN = "own"
    #: Only who proposed it may withdraw it.
    NOT_OWN = "not_own"
    #: Who proposed it does not hold the role any more that it needs.
    PROPOSER_LEFT = "proposer_left"
    #: It was decided already.
    DECIDED = "decided"


class CannotDecide(KnowledgeError):
    """A proposal is not this person's to decide, or not any more."""

    def __init__(self, problem: DecisionProblem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


class CannotUndo(KnowledgeError):
    """An act cannot be taken back, or not any more.

    Where another act came after it, ``action`` is that one, done ``by`` whom (as colleagues know
    them; ``actor`` is their key) to ``subject``, a kind of subject and its number; None where
    nothing did.
    """

    def __init__(
        self,
        message: str,
        by: str | None = None,
        action: str | None = None,
        subject: tuple[str, str] | None = None,
        actor: str | None = None,
    ) -> None:
        super().__init__(message)
        self.by, self.action, self.subject, self.actor = by, action, subject, actor


class TooLate(CannotUndo):
    """An answer cannot be taken back any more: people may have been told of it."""


class LinkRefused(KnowledgeError):
    """A link to the console signs nobody in."""


class NotAllowed(KnowledgeError):
    """The person does not hold the role that the act needs."""


class AddressUnreadable(KnowledgeError):
    """An address was kept under another key."""


class SealBroken(KnowledgeError):
    """Something was sealed under another key."""


class NotABackup(KnowledgeError):
    """A file is no whole backup of this program; the message says why, for a sentence about it."""


class AlreadyHandled(KnowledgeError):
    """A cluster stands where this cannot be done to it: another moderator was there first."""


class CannotRegroup(KnowledgeError):
    """Claims cannot be merged or split like this."""


class TooManySaved(KnowledgeError):
    """Somebody saved as many searches as they can."""


class ClaimProblem(StrEnum):
    """Why a message cannot be checked."""

    EMPTY = "empty"
    NO_WORDS = "no_words"
    ONLY_LINKS = "only_links"
    ONLY_HASHTAGS = "only_hashtags"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"


class UnreadableClaim(KnowledgeError):
    """A message holds nothing that could be checked."""

    def __init__(self, problem: ClaimProblem, message: str) -> None:
        super().__init__(message)
        self.problem = problem
