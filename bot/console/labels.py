"""Return the labels of enum members and other values for the pages."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.conversation.quotes import name_rating
from knowledge.corpus.readers.fields import Flaw
from knowledge.domain import (
    ClusterStatus,
    Feedback,
    FeedKind,
    Outcome,
    ProposalState,
    Rating,
    RejectReason,
    Relation,
    ReportKind,
    Role,
    StatementStatus,
    SubjectKind,
)

Say = Callable[[str], str]

#: The enums of audit fields.
VALUES: Final[Mapping[str, type[StrEnum]]] = {
    "relation": Relation,
    "reject_reason": RejectReason,
    "rating": Rating,
    "kind": ReportKind,
    "role": Role,
}
#: The enum of the audit field ``status``, by kind of subject.
STATUSES: Final[Mapping[SubjectKind, type[StrEnum]]] = {
    SubjectKind.STATEMENT: StatementStatus,
    SubjectKind.CLUSTER: ClusterStatus,
}
#: Audit fields that hold a person's key, and those that hold a timestamp.
PEOPLE: Final = frozenset({"assignee", "reviewed_by"})
MOMENTS: Final = frozenset({"snoozed_until", "blocked_until"})


def name_value(kind: type[StrEnum] | None, value: str | None, say: Say) -> str | None:
    """Return a value's label if it belongs to an enum; any other value unchanged."""
    if kind is None or value not in {each.value for each in kind}:
        return value
    return label(kind(value), say)


def parse_moment(value: str) -> datetime | None:
    """Parse a timestamp of the audit log; None if it is not one."""
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def label(value: object, say: Say) -> str:
    """Return an enum member's label."""
    if not isinstance(value, StrEnum):
        return str(value)
    names = _names(say)[type(value)]
    return names[value]


def _names(say: Say) -> dict[type[StrEnum], dict[StrEnum, str]]:
    return {
        StatementStatus: {
            StatementStatus.DRAFT: say("Draft"),
            StatementStatus.REVIEWED: say("Reviewed"),
            StatementStatus.PUBLISHED: say("Published"),
            StatementStatus.RETRACTED: say("Retracted"),
        },
        ClusterStatus: {
            ClusterStatus.SETTLED: say("Settled"),
            ClusterStatus.OPEN: say("Open"),
            ClusterStatus.SNOOZED: say("Snoozed"),
            ClusterStatus.ANSWERED: say("Answered"),
            ClusterStatus.REJECTED: say("Rejected"),
        },
        RejectReason: {
            RejectReason.SPAM: say("Spam"),
            RejectReason.OPINION: say("Opinion"),
            RejectReason.NOT_CHECKABLE: say("Not checkable"),
        },
        Relation: {
            Relation.SUPPORTS: say("Supports the claim"),
            Relation.REFUTES: say("Contradicts the claim"),
            Relation.NOT_ENOUGH_INFO: say("Settles nothing"),
        },
        Outcome: {
            Outcome.SUPPORTED: say("Supported"),
            Outcome.REFUTED: say("Contradicted"),
            Outcome.RELATED: say("Only related reports"),
            Outcome.NO_MATCH: say("Nothing found"),
        },
        Rating: {rating: name_rating(rating, say) for rating in Rating},
        ReportKind: {
            ReportKind.NEWS: say("News"),
            ReportKind.FACT_CHECK: say("Fact-check"),
            ReportKind.OFFICIAL: say("Official"),
        },
        Feedback: {
            Feedback.USEFUL: say("Found it useful"),
            Feedback.NOT_USEFUL: say("Did not find it useful"),
        },
        Role: {Role.MODERATOR: say("Moderator"), Role.ADMIN: say("Admin")},
        FeedKind: {
            FeedKind.SYNDICATION: say("RSS or Atom"),
            FeedKind.CLAIMREVIEW: say("ClaimReview"),
        },
        SubjectKind: {
            SubjectKind.STATEMENT: say("Statement"),
            SubjectKind.REPORT: say("Report"),
            SubjectKind.SOURCE: say("Publisher"),
            SubjectKind.FEED: say("Feed"),
            SubjectKind.CLUSTER: say("Cluster"),
            SubjectKind.CLAIM: say("Claim"),
            SubjectKind.PERSON: say("Person"),
            SubjectKind.PROPOSAL: say("Proposal"),
        },
        Flaw: {
            Flaw.TOO_LONG: say("Something in it is too long."),
            Flaw.NO_TEXT: say("It has no text."),
            Flaw.NO_PUBLISHER: say("It names no publisher."),
            Flaw.REF_TAKEN: say("Another row has the same reference."),
            Flaw.UNKNOWN_KIND: say("Its kind is not known."),
            Flaw.BAD_DATE: say("Its date cannot be read."),
            Flaw.BAD_ADDRESS: say("Its address cannot be used."),
            Flaw.BROKEN: say("It is broken."),
            Flaw.OTHER: say("It cannot be used as it is."),
        },
        ProposalState: {
            ProposalState.PENDING: say("Waiting for a second person"),
            ProposalState.APPROVED: say("Approved"),
            ProposalState.DECLINED: say("Declined"),
            ProposalState.WITHDRAWN: say("Withdrawn"),
            ProposalState.OVERTAKEN: say("Outdated: it was changed meanwhile"),
        },
    }
