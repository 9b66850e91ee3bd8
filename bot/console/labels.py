"""What closed sets are called on the pages."""

from collections.abc import Callable
from enum import StrEnum

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


def label(value: object, say: Say) -> str:
    """Return the name of an enum's member."""
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
        Rating: {
            Rating.TRUE: say("true"),
            Rating.MOSTLY_TRUE: say("mostly true"),
            Rating.MIXED: say("partly true"),
            Rating.MISLEADING: say("misleading"),
            Rating.FALSE: say("false"),
            Rating.UNPROVEN: say("unproven"),
            Rating.SATIRE: say("satire"),
        },
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
        ProposalState: {
            ProposalState.PENDING: say("Waiting for a second person"),
            ProposalState.APPROVED: say("Approved"),
            ProposalState.DECLINED: say("Declined"),
            ProposalState.WITHDRAWN: say("Withdrawn"),
            ProposalState.OVERTAKEN: say("Overtaken: it was changed meanwhile"),
        },
    }
