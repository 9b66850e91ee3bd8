"""Curate reports and statements: what moderators do to them.

Each act is part of the caller's transaction, with an entry in the audit for each thing it changes.
"""

from knowledge.curation.additions import add_statement, propose
from knowledge.curation.duplicates import Duplicate, find_near_duplicates, merge
from knowledge.curation.edit_conflicts import LastAct, load_last_act
from knowledge.curation.edits import ReportEdit, StatementEdit, edit_report, edit_statement
from knowledge.curation.moderator_views import (
    EditableReport,
    EditableStatement,
    PastVersion,
    load_history,
    load_report,
    load_statement,
)
from knowledge.curation.publication import discard, list_drafts, publish, retract, review
from knowledge.curation.rechecks import Due, list_due, set_recheck_day
from knowledge.curation.revisions import TOLD
from knowledge.curation.splitting import split
from knowledge.curation.statement_references import (
    MoveResult,
    find,
    find_all,
    list_acts,
    load_named,
    move,
    move_named,
)
from knowledge.curation.undo_acts import list_undoable, undo
from knowledge.curation.version_content import changes_meaning

__all__ = [
    "TOLD",
    "Due",
    "Duplicate",
    "EditableReport",
    "EditableStatement",
    "LastAct",
    "MoveResult",
    "PastVersion",
    "ReportEdit",
    "StatementEdit",
    "add_statement",
    "changes_meaning",
    "discard",
    "edit_report",
    "edit_statement",
    "find",
    "find_all",
    "find_near_duplicates",
    "list_acts",
    "list_drafts",
    "list_due",
    "list_undoable",
    "load_history",
    "load_last_act",
    "load_named",
    "load_report",
    "load_statement",
    "merge",
    "move",
    "move_named",
    "propose",
    "publish",
    "retract",
    "review",
    "set_recheck_day",
    "split",
    "undo",
]
