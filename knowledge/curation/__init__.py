"""What moderators do to reports and statements.

Each act is part of the caller's transaction, with an entry in the audit for each thing it changes.
"""

from knowledge.curation.additions import add_statement, propose
from knowledge.curation.duplicates import Duplicate, merge, near_duplicates
from knowledge.curation.edit_conflicts import Done, last_done
from knowledge.curation.edits import ReportEdit, StatementEdit, edit_report, edit_statement
from knowledge.curation.moderator_views import (
    HeldReport,
    HeldStatement,
    Past,
    history,
    report,
    reports_of,
    statement,
)
from knowledge.curation.publication import (
    discard,
    drafts,
    find,
    find_report,
    publish,
    retract,
    review,
)
from knowledge.curation.rechecks import Due, due, recheck
from knowledge.curation.revisions import TOLD
from knowledge.curation.splitting import split
from knowledge.curation.undo_acts import undo, undoable
from knowledge.curation.version_content import changes_meaning

__all__ = [
    "TOLD",
    "Done",
    "Due",
    "Duplicate",
    "HeldReport",
    "HeldStatement",
    "Past",
    "ReportEdit",
    "StatementEdit",
    "add_statement",
    "changes_meaning",
    "discard",
    "drafts",
    "due",
    "edit_report",
    "edit_statement",
    "find",
    "find_report",
    "history",
    "last_done",
    "merge",
    "near_duplicates",
    "propose",
    "publish",
    "recheck",
    "report",
    "reports_of",
    "retract",
    "review",
    "split",
    "statement",
    "undo",
    "undoable",
]
