"""The tables. Rows never leave this package: services return values of ``domain`` and their own.

Nothing here is particular to SQLite; ``migrations/`` creates exactly this (a test compares them).
"""

from knowledge.models.claim_tables import (
    Claim,
    Cluster,
    ClusterNote,
    ClusterTag,
    Inquiry,
    Notification,
    SavedSearch,
    ShownStatement,
    Verdict,
)
from knowledge.models.declarative_base import Base, Instant
from knowledge.models.group_tables import Group
from knowledge.models.index_tables import IndexPosition
from knowledge.models.people_tables import ConsoleSession, Grant, Person, SignInLink
from knowledge.models.proposal_tables import Proposal
from knowledge.models.report_tables import (
    AuditEntry,
    ChangeLogEntry,
    Feed,
    FeedItem,
    Report,
    Source,
    Statement,
    Vector,
    Version,
)
from knowledge.models.update_tables import QueuedUpdate, RateLimit, ScheduledJob

__all__ = [
    "AuditEntry",
    "Base",
    "ChangeLogEntry",
    "Claim",
    "Cluster",
    "ClusterNote",
    "ClusterTag",
    "ConsoleSession",
    "Feed",
    "FeedItem",
    "Grant",
    "Group",
    "IndexPosition",
    "Inquiry",
    "Instant",
    "Notification",
    "Person",
    "Proposal",
    "QueuedUpdate",
    "RateLimit",
    "Report",
    "SavedSearch",
    "ScheduledJob",
    "ShownStatement",
    "SignInLink",
    "Source",
    "Statement",
    "Vector",
    "Verdict",
    "Version",
]
