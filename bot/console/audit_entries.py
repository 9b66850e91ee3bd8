"""Name audit entries and link them to their pages."""

from collections.abc import Callable
from typing import Final

from knowledge.approvals import Subject
from knowledge.domain import SubjectKind
from knowledge.storage.audit_log import Entry

#: The path of a subject's page; a subject that is absent has none.
_PLACES: Final = {
    SubjectKind.STATEMENT: "/statements/{}",
    SubjectKind.REPORT: "/reports/{}",
    SubjectKind.CLUSTER: "/clusters/{}",
    SubjectKind.PROPOSAL: "/proposals/{}",
}


def name_action(action: str, say: Callable[[str], str]) -> str:
    """Return an audit action's name."""
    names = {
        "added": say("Added"),
        "reviewed": say("Reviewed"),
        "published": say("Published"),
        "retracted": say("Retracted"),
        "discarded": say("Discarded"),
        "edited": say("Edited"),
        "merged": say("Merged"),
        "joined": say("Another cluster was merged into it"),
        "split": say("Split"),
        "recheck set": say("Review date"),
        "attached": say("Verdict given"),
        "detached": say("Verdict taken back"),
        "answered": say("Published and told"),
        "explained": say("Note changed"),
        "assigned": say("Assigned"),
        "snoozed": say("Snoozed"),
        "rejected": say("Rejected"),
        "reopened": say("Reopened"),
        "granted": say("Role granted"),
        "revoked": say("Role removed"),
        "blocked": say("Blocked"),
        "unblocked": say("Unblocked"),
        "trusted": say("Trusted"),
        "distrusted": say("Trust removed"),
        "moved": say("Moved with its report"),
        "removed": say("Removed"),
        "paused": say("Paused"),
        "resumed": say("Resumed"),
        "undone": say("Undone"),
        "review voided": say("Needs another review"),
        "proposed": say("Proposed"),
        "approved": say("Approved"),
        "declined": say("Declined"),
        "withdrawn": say("Withdrawn"),
        "tagged": say("Tagged"),
        "untagged": say("Tag removed"),
        "noted": say("Note written"),
        "note deleted": say("Note deleted"),
    }
    return names.get(action, action)


def find_entry_page(entry: Entry) -> str | None:
    """Return the path of the page an entry is about; None if it has none."""
    if not entry.subject_id.isdecimal():
        return None
    return find_page((entry.subject, int(entry.subject_id)))


def find_page(subject: Subject) -> str | None:
    """Return the path of a subject's page; None if it has none."""
    kind, number = subject
    pattern = _PLACES.get(kind)
    return pattern.format(number) if pattern is not None else None
