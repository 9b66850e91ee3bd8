"""The words of this package as values: frozen, passed between modules, never stored as such."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

from knowledge.errors import BadEdit, EditProblem
from knowledge.text.plain_text import is_plain_text, is_single_line


class ReportKind(StrEnum):
    """What kind of document a report is."""

    NEWS = "news"
    FACT_CHECK = "fact_check"
    OFFICIAL = "official"


class Rating(StrEnum):
    """A fact-checker's verdict on a reviewed claim, normalised across publishers."""

    TRUE = "true"
    MOSTLY_TRUE = "mostly_true"
    MIXED = "mixed"
    MISLEADING = "misleading"
    FALSE = "false"
    UNPROVEN = "unproven"
    SATIRE = "satire"


class Relation(StrEnum):
    """Relation of a statement to a claim, with FEVER's labels (Thorne et al. 2018)."""

    SUPPORTS = "SUPPORTS"
    REFUTES = "REFUTES"
    NOT_ENOUGH_INFO = "NOT_ENOUGH_INFO"


class Outcome(StrEnum):
    """The result that a person gets for a claim."""

    SUPPORTED = "SUPPORTED"
    REFUTED = "REFUTED"
    RELATED = "RELATED"
    NO_MATCH = "NO_MATCH"


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open character range of a statement in its report's body."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class StatementDraft:
    """A statement as read from a file or extracted from a body, before it is stored.

    ``text`` is verbatim; where ``span`` is given, ``body[span.start:span.end] == text``.
    ``rating_text`` is the fact-checker's own wording that ``rating`` normalises.
    """

    text: str
    span: Span | None = None
    speaker: str | None = None
    rating: Rating | None = None
    rating_text: str | None = None
    as_of: date | None = None
    ref: str | None = None

    def __post_init__(self) -> None:
        """Raise BadEdit for a field that could forge the lines around it."""
        require_plain_text(text=self.text)
        require_single_line(speaker=self.speaker, rating=self.rating_text, ref=self.ref)


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A report as read from a file, before it is stored.

    Either ``body`` is set and statements are extracted from it, or ``statements`` carries them.
    ``publisher`` is None if the document does not state its outlet. ``extracted`` are the
    statements of ``body`` if they were extracted already. ``place`` is its place in a file of
    several, such as "line 3".
    """

    title: str
    publisher: str | None = None
    url: str | None = None
    published_at: date | None = None
    language: str = "ar"
    kind: ReportKind = ReportKind.NEWS
    body: str | None = None
    statements: tuple[StatementDraft, ...] = ()
    ref: str | None = None
    extracted: tuple[StatementDraft, ...] | None = field(default=None, compare=False, repr=False)
    place: str | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Raise BadEdit for a field that could forge the lines around it."""
        require_plain_text(body=self.body)
        require_single_line(
            title=self.title,
            publisher=self.publisher,
            url=self.url,
            language=self.language,
            ref=self.ref,
        )


def require_single_line(**values: str | None) -> None:
    """Raise BadEdit unless each value is one line without control characters.

    ``knowledge.text.plain_text.single_line`` makes it one.
    """
    for name, value in values.items():
        if value is not None and not is_single_line(value):
            raise BadEdit(
                EditProblem.BAD_FIELD,
                f"the {name} holds a line break or a control character; write it on one line",
                field=name,
            )


def require_plain_text(**values: str | None) -> None:
    """Raise BadEdit unless each value is text without control characters.

    ``knowledge.text.plain_text.plain_text`` makes it so.
    """
    for name, value in values.items():
        if value is not None and not is_plain_text(value):
            raise BadEdit(
                EditProblem.BAD_FIELD,
                f"the {name} holds a control character; copy it as plain text",
                field=name,
            )


class ClusterStatus(StrEnum):
    """The moderators' status of a cluster."""

    #: Every inquiry in it was settled when it was asked: nothing to do.
    SETTLED = "settled"
    OPEN = "open"
    SNOOZED = "snoozed"
    ANSWERED = "answered"
    REJECTED = "rejected"


class RejectReason(StrEnum):
    """Why moderators reject a cluster."""

    SPAM = "spam"
    OPINION = "opinion"
    NOT_CHECKABLE = "not_checkable"


class Feedback(StrEnum):
    """A person's feedback on an answer."""

    USEFUL = "useful"
    NOT_USEFUL = "not_useful"


class Forwarded(StrEnum):
    """Where a forwarded message comes from, by Telegram's kinds of origin."""

    PERSON = "person"
    #: A person whose account is not shown.
    HIDDEN = "hidden"
    GROUP = "group"
    CHANNEL = "channel"


class NotificationKind(StrEnum):
    """Kinds of notifications."""

    ANSWERED = "answered"
    CORRECTED = "corrected"
    RETRACTED = "retracted"
    #: Moderators rejected what was asked; without a statement.
    REJECTED = "rejected"
    #: An answer that they were given is withdrawn.
    TAKEN_BACK = "taken_back"
    #: Moderators changed their note on an answer.
    EXPLAINED = "explained"
    #: A rejected cluster is open again; without a statement.
    REOPENED = "reopened"


class NotificationStatus(StrEnum):
    """The status of a notification."""

    WAITING = "waiting"
    SENT = "sent"
    #: Given up: the person blocked the bot, or cannot be reached.
    UNREACHABLE = "unreachable"
    #: A withdrawn answer; without ``sent_at`` it was being sent at that moment.
    TAKEN_BACK = "taken_back"


class Role(StrEnum):
    """What a person may do. Everybody else is public."""

    MODERATOR = "moderator"
    ADMIN = "admin"


class Calendar(StrEnum):
    """How a person reads dates."""

    #: The Gregorian calendar with international month names.
    INTERNATIONAL = "international"
    #: The Gregorian calendar with the month names of Syria, Lebanon, Jordan, Palestine and Iraq.
    LEVANTINE = "levantine"
    #: The Islamic calendar beside the international date.
    HIJRI = "hijri"


class ProposalState(StrEnum):
    """The state of a proposal."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    #: Withdrawn by who proposed it.
    WITHDRAWN = "withdrawn"
    #: What it depends on changed meanwhile.
    OVERTAKEN = "overtaken"


class StatementStatus(StrEnum):
    """The status of a statement. Only a published one is ever served."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    RETRACTED = "retracted"


class ChangeKind(StrEnum):
    """What an index does with a changed statement."""

    ADDED = "added"
    REMOVED = "removed"


class FeedKind(StrEnum):
    """The format of a feed."""

    SYNDICATION = "syndication"
    CLAIMREVIEW = "claimreview"


class VersionKind(StrEnum):
    """What kind of row a version is of."""

    REPORT = "report"
    STATEMENT = "statement"


class SubjectKind(StrEnum):
    """What kind of thing an audit entry is about."""

    STATEMENT = "statement"
    REPORT = "report"
    SOURCE = "source"
    FEED = "feed"
    CLUSTER = "cluster"
    CLAIM = "claim"
    PERSON = "person"
    PROPOSAL = "proposal"


class UpdateState(StrEnum):
    """How far the handling of an update is."""

    WAITING = "waiting"
    ANSWERED = "answered"
    """The reply is kept, and not known to be sent."""
    SENT = "sent"
    DROPPED = "dropped"
    """Nobody is there to be told, nobody asked, or whose it was is forgotten."""
    GIVEN_UP = "given_up"


class Course(StrEnum):
    """How an update is to be handled."""

    ANSWER = "answer"
    SLOW_DOWN = "slow_down"
    """The person sends more than is answered: they are told so."""
    BUSY = "busy"
    """More people ask than can be answered: this one is told so."""
    APOLOGISE = "apologise"
    """It could not be answered: the person is told so, and an admin sees it."""
    WATCH = "watch"
    """Nobody asked: it is looked at, and dropped in silence whatever goes wrong."""


def now() -> datetime:
    """Return the current moment in UTC."""
    return datetime.now(UTC)
