"""What moderators do to reports and statements.

Each act is part of the caller's transaction, with an entry in the audit for each thing it changes.
"""

from knowledge.curation.additions import add_statement, propose
from knowledge.curation.content import changes_meaning
from knowledge.curation.duplicates import Duplicate, merge, near_duplicates
from knowledge.curation.edits import ReportEdit, StatementEdit, edit_report, edit_statement
from knowledge.curation.moves import (
    discard,
    drafts,
    find,
    find_report,
    publish,
    retract,
    review,
)
from knowledge.curation.rechecks import Due, due, recheck
from knowledge.curation.revising import TOLD
from knowledge.curation.splitting import split
from knowledge.curation.staleness import Done, last_done
from knowledge.curation.undoing import undo, undoable
from knowledge.curation.views import (
    HeldReport,
    HeldStatement,
    Past,
    history,
    report,
    reports_of,
    statement,
)

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
