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
    """What a person gets for a claim."""

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
        """Raise BadEdit for a field that could forge the lines it is shown between."""
        require_plain_text(text=self.text)
        require_single_line(speaker=self.speaker, rating=self.rating_text, ref=self.ref)


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A report as read from a file, before it is stored.

    Either ``body`` is set and statements are extracted from it, or ``statements`` carries them.
    ``publisher`` is None where the document itself does not state its outlet. ``extracted`` are the
    statements of ``body`` where they were extracted already. ``place`` is where in its file it was
    read, such as "line 3", of a file that may hold several.
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
        """Raise BadEdit for a field that could forge the lines it is shown between."""
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
    """Where moderators stand with a cluster of claims."""

    #: Everything in it was settled when it was asked: nothing to do.
    SETTLED = "settled"
    OPEN = "open"
    SNOOZED = "snoozed"
    ANSWERED = "answered"
    REJECTED = "rejected"


class RejectReason(StrEnum):
    """Why moderators leave a cluster unanswered."""

    SPAM = "spam"
    OPINION = "opinion"
    NOT_CHECKABLE = "not_checkable"


class Feedback(StrEnum):
    """What a person said of an answer."""

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
    """Why a person is told something unasked."""

    ANSWERED = "answered"
    CORRECTED = "corrected"
    RETRACTED = "retracted"
    #: Moderators leave what was asked unanswered: of no statement.
    REJECTED = "rejected"
    #: Nobody stands for an answer any more that they were given.
    TAKEN_BACK = "taken_back"
    #: Moderators changed what they add to an answer in their own words.
    EXPLAINED = "explained"
    #: What was rejected is looked at again; of no statement either.
    REOPENED = "reopened"


class NotificationStatus(StrEnum):
    """Where a notification stands."""

    WAITING = "waiting"
    SENT = "sent"
    #: Given up: the person blocked the bot, or cannot be reached.
    UNREACHABLE = "unreachable"
    #: An answer that was taken back; without ``sent_at`` it was being sent just then.
    TAKEN_BACK = "taken_back"


class Role(StrEnum):
    """What a person may do. Everybody else is public."""

    MODERATOR = "moderator"
    ADMIN = "admin"


class Calendar(StrEnum):
    """How a person reads dates."""

    #: The months as most of the world names them.
    INTERNATIONAL = "international"
    #: The same days with the month names of Syria, Lebanon, Jordan, Palestine and Iraq.
    LEVANTINE = "levantine"
    #: The Islamic calendar, the international date beside it.
    HIJRI = "hijri"


class ProposalState(StrEnum):
    """Where a proposal stands."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    #: By who proposed it.
    WITHDRAWN = "withdrawn"
    #: What it was made on was changed meanwhile.
    OVERTAKEN = "overtaken"


class StatementStatus(StrEnum):
    """Where a statement stands in its life. Only a published one is ever served."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    RETRACTED = "retracted"


class ChangeKind(StrEnum):
    """What a change means to an index."""

    ADDED = "added"
    REMOVED = "removed"


class FeedKind(StrEnum):
    """What a feed's address answers with."""

    SYNDICATION = "syndication"
    CLAIMREVIEW = "claimreview"


class VersionKind(StrEnum):
    """What a kept version is one of."""

    REPORT = "report"
    STATEMENT = "statement"


class SubjectKind(StrEnum):
    """What an entry of the audit is about."""

    STATEMENT = "statement"
    REPORT = "report"
    SOURCE = "source"
    FEED = "feed"
    CLUSTER = "cluster"
    CLAIM = "claim"
    PERSON = "person"
    PROPOSAL = "proposal"


class UpdateState(StrEnum):
    """How far an update is."""

    WAITING = "waiting"
    ANSWERED = "answered"
    """The reply is kept, and not known to be sent."""
    SENT = "sent"
    DROPPED = "dropped"
    """Nobody is there to be told, nobody asked, or whose it was is forgotten."""
    GIVEN_UP = "given_up"


class Course(StrEnum):
    """What is to become of an update."""

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
    """Return this moment, in UTC."""
    return datetime.now(UTC)
