"""The tables. Rows never leave this room: services return the values of ``domain`` and their own.

Nothing here is particular to SQLite; ``migrations/`` creates exactly this (a test compares them).
"""

from knowledge.models.arrivals import Arrival, ArrivalState, Course
from knowledge.models.base import (
    Base,
    Instant,
)
from knowledge.models.groups import Group
from knowledge.models.inbox import (
    Claim,
    Cluster,
    ClusterNote,
    ClusterStatus,
    ClusterTag,
    Feedback,
    Forwarded,
    Inquiry,
    Notification,
    NotificationKind,
    NotificationStatus,
    RejectReason,
    Shown,
    Verdict,
)
from knowledge.models.people import (
    Calendar,
    ConsoleSession,
    Errand,
    Grant,
    Person,
    Role,
    SignInLink,
)
from knowledge.models.proposals import Proposal, ProposalState
from knowledge.models.reports import (
    AuditEntry,
    Change,
    ChangeKind,
    Feed,
    FeedItem,
    FeedKind,
    Report,
    Source,
    Statement,
    StatementStatus,
    SubjectKind,
    Vector,
    Version,
    VersionKind,
)

__all__ = [
    "Arrival",
    "ArrivalState",
    "AuditEntry",
    "Base",
    "Calendar",
    "Change",
    "ChangeKind",
    "Claim",
    "Cluster",
    "ClusterNote",
    "ClusterStatus",
    "ClusterTag",
    "ConsoleSession",
    "Course",
    "Errand",
    "Feed",
    "FeedItem",
    "FeedKind",
    "Feedback",
    "Forwarded",
    "Grant",
    "Group",
    "Inquiry",
    "Instant",
    "Notification",
    "NotificationKind",
    "NotificationStatus",
    "Person",
    "Proposal",
    "ProposalState",
    "RejectReason",
    "Report",
    "Role",
    "Shown",
    "SignInLink",
    "Source",
    "Statement",
    "StatementStatus",
    "SubjectKind",
    "Vector",
    "Verdict",
    "Version",
    "VersionKind",
]
