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
│   └── NoteTooLong     a moderators' note is longer than is shown under an answer
├── Stale               somebody else changed it since it was looked at
├── TwoPeopleNeeded     another person has to review it before this one publishes it
├── CannotDecide        a proposal is not this person's to decide, or not any more
├── CannotUndo          an act cannot be taken back, or not any more
│   └── TooLate         people may have been told of it
├── SignedOut           nobody is signed in with this cookie, or no longer
├── NotAllowed          the person does not hold the role that the act needs
├── AddressUnreadable   an address was kept under another key
├── DecryptionFailed    something else was
├── AlreadyHandled      a cluster stands where this cannot be done to it
├── CannotRegroup       claims cannot be merged or split like this
├── TooManySaved        somebody saved as many searches as they can
├── NotABackup          a file is no whole backup of this program
└── DatabaseFailed      the database could not do what it was asked
    ├── DatabaseUnavailable  it cannot be used as it is (not migrated, newer, locked, absent)
    └── WriteConflict   another transaction stored the same at the same moment

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
    """A file is not in the format that it claims: no JSON, no text."""


class FeedProblem(StrEnum):
    """Why a feed cannot be added or read as it is."""

    #: A field is too long, or holds what its kind cannot hold.
    BAD_FIELD = "bad_field"
    INCOMPLETE = "incomplete"
    #: It cannot be polled as often, or as rarely.
    BAD_INTERVAL = "bad_interval"
    KNOWN = "known"
    #: The address holds no feed, or a broken one.
    UNREADABLE = "unreadable"


class UnusableFeed(KnowledgeError):
    """A feed cannot be added or read; ``blanks`` as in BadEdit."""

    def __init__(
        self,
        message: str,
        problem: FeedProblem = FeedProblem.UNREADABLE,
        **blanks: str | int,
    ) -> None:
        super().__init__(message)
        self.problem, self.blanks = problem, blanks


class DatabaseFailed(KnowledgeError):
    """The database failed; the same may succeed later."""


class DatabaseUnavailable(DatabaseFailed):
    """The database cannot be used as it is."""


class WriteConflict(DatabaseFailed):
    """Another transaction stored the same at the same moment."""


class WeightsUnfit(KnowledgeError):
    """Weights were fitted for another cross-encoder."""


class NotFound(KnowledgeError):
    """Nothing has the given reference."""


class BadCursor(KnowledgeError):
    """A page was requested with an invalid cursor."""


class EditProblem(StrEnum):
    """Why an input cannot be stored."""

    #: A field is too long, or holds what its kind cannot hold.
    BAD_FIELD = "bad_field"
    NO_TITLE = "no_title"
    NO_LANGUAGE = "no_language"
    NO_WORDS = "no_words"
    TOO_MANY_WORDS = "too_many_words"
    NOT_IN_REPORT = "not_in_report"
    REPORT_WITHOUT_TEXT = "report_without_text"
    KNOWN_WORDS = "known_words"
    RETRACTED = "retracted"
    RETRACTED_ANSWER = "retracted_answer"
    NO_RELATION = "no_relation"
    ANSWERS_NO_MORE = "answers_no_more"
    KEPT_UNPUBLISHED = "kept_unpublished"
    ONE_PART = "one_part"
    PART_OUTSIDE = "part_outside"
    PARTS_OVERLAP = "parts_overlap"
    BAD_TAG = "bad_tag"
    TOO_MANY_TAGS = "too_many_tags"
    BAD_NOTE = "bad_note"
    TOO_MANY_NOTES = "too_many_notes"
    NOTE_TOO_LONG = "note_too_long"
    WORDS_MISSING = "words_missing"
    AGAINST_RATING = "against_rating"


class BadEdit(KnowledgeError):
    """An input cannot be stored.

    ``blanks`` fill the sentence about the problem: a ``field``, a ``ref``, a bound ``n``.
    """

    def __init__(self, problem: EditProblem, message: str, **blanks: str | int) -> None:
        super().__init__(message)
        self.problem, self.blanks = problem, blanks


class NoteTooLong(BadEdit):
    """A moderators' note is longer than may be shown under an answer."""

    def __init__(self, message: str) -> None:
        super().__init__(EditProblem.NOTE_TOO_LONG, message)


class WordsMissing(BadEdit):
    """A report's new text does not contain its statement ``ref``."""

    def __init__(self, message: str, ref: str) -> None:
        super().__init__(EditProblem.WORDS_MISSING, message, ref=ref)
        self.ref = ref


class Stale(KnowledgeError):
    """Somebody else changed it since it was shown.

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
    """It is assigned to somebody else: ``by``. Whoever knows that may take it over."""


class TwoPeopleNeeded(KnowledgeError):
    """Another person has to review it before this one publishes it.

    ``reviewer_left`` is whether it was reviewed by one who holds no role any more.
    """

    def __init__(self, message: str, *, reviewer_left: bool = False) -> None:
        super().__init__(message)
        self.reviewer_left = reviewer_left


class DecisionProblem(StrEnum):
    """Why somebody cannot decide a proposal."""

    #: Proposers withdraw their own; somebody else approves or declines it.
    OWN = "own"
    #: Only the proposer may withdraw it.
    NOT_OWN = "not_own"
    #: The proposer no longer holds the needed role.
    PROPOSER_LEFT = "proposer_left"
    #: It was decided already.
    DECIDED = "decided"


class CannotDecide(KnowledgeError):
    """A proposal is not this person's to decide, or not any more."""

    def __init__(self, problem: DecisionProblem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


class CannotUndo(KnowledgeError):
    """An act cannot be undone, or not any more.

    If another act came after it, ``action`` is that one, done ``by`` whom (as colleagues know them;
    ``actor`` is their key) to ``subject``, a kind of subject and its number; None if there was
    none.
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
    """An answer cannot be undone any more: people may have been told of it."""


class LinkRefused(KnowledgeError):
    """A sign-in link is not valid."""


class SignedOut(KnowledgeError):
    """This browser is not signed in, or no longer."""


class NotAllowed(KnowledgeError):
    """The person does not hold the role that the act needs."""


class AddressUnreadable(KnowledgeError):
    """A stored address was encrypted with another secret."""


class DecryptionFailed(KnowledgeError):
    """Stored content was encrypted with another secret."""


class NotABackup(KnowledgeError):
    """A file is no whole backup of this program; the message completes a sentence about it."""


class AlreadyHandled(KnowledgeError):
    """A cluster's status does not allow this: another moderator was first."""


class RegroupProblem(StrEnum):
    """Why claims cannot be merged or split like this."""

    #: A cluster would be merged with itself, or with a part of it.
    SAME_CLUSTER = "same_cluster"
    #: No claims, or too many, would be split off.
    BAD_NUMBER = "bad_number"
    #: Some of the claims are no longer in the cluster.
    MOVED = "moved"
    #: All claims of a cluster would be split off.
    NONE_LEFT = "none_left"


class CannotRegroup(KnowledgeError):
    """Claims cannot be merged or split like this."""

    def __init__(self, problem: RegroupProblem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


class TooManySaved(KnowledgeError):
    """A moderator has saved the most searches allowed."""


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
