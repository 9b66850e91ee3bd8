"""Contents of a report and a statement as plain JSON values: for the audit and kept versions."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.orm import Session

from knowledge.corpus.reports import get_or_add_source
from knowledge.domain import Rating, ReportKind, StatementStatus, VersionKind
from knowledge.models import Report, Statement, Version
from knowledge.text.plain_text import plain_text, same_words, single_line

#: What a statement says.
STATEMENT_FIELDS: Final = (
    "text", "span_start", "span_end", "speaker", "rating", "rating_text", "as_of",
)  # fmt: skip
#: What people are shown of a statement.
SHOWN: Final = frozenset({"text", "speaker", "rating", "rating_text", "as_of"})
#: Where a statement stands: what else an entry of the audit may have changed.
STANDING_FIELDS: Final = ("status", "reviewed_by", "recheck_by", "merged_into")
#: A statement that has to be reviewed (again).
UNREVIEWED: Final[Mapping[str, str | None]] = {
    "status": StatementStatus.DRAFT.value, "reviewed_by": None,
}  # fmt: skip
#: What a report says.
REPORT_FIELDS: Final = (
    "title", "publisher", "url", "published_at", "language", "kind", "body",
)  # fmt: skip

#: What is kept on one line.
_LINES: Final = frozenset({"title", "publisher", "url", "speaker", "rating_text"})

#: What is written in somebody's words.
_WORDED: Final = frozenset({"text", "rating_text"})

_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "as_of": date.fromisoformat,
    "recheck_by": date.fromisoformat,
    "published_at": date.fromisoformat,
    "rating": Rating,
    "status": StatementStatus,
    "kind": ReportKind,
}


def to_json(value: Any) -> Any:
    """Return a column's value as JSON has it."""
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def read_content(row: Report | Statement, fields: Iterable[str]) -> dict[str, Any]:
    """Return fields of a row as JSON has them."""
    return {name: _get(row, name) for name in fields}


def apply_content(session: Session, row: Report | Statement, values: Mapping[str, Any]) -> None:
    """Set fields of a row to values as JSON has them."""
    for name, value in values.items():
        if name == "publisher" and isinstance(row, Report):
            row.source = get_or_add_source(session, value)
            continue
        reader = _READERS.get(name)
        setattr(row, name, reader(value) if reader and value is not None else value)


def clean(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as JSON has them as they may be kept now: an older version may hold more.

    A statement's words are left as they are, since they are looked for in its report.
    """
    cleaned = dict(values)
    for name in _LINES & values.keys():
        cleaned[name] = None if values[name] is None else single_line(values[name])
    if values.get("body") is not None:
        cleaned["body"] = plain_text(values["body"])
    return cleaned


def changes_meaning(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Tell whether fields of a statement, as JSON has them, mean something else than before.

    Who says it is spelled in several ways, and white space and punctuation are of the page: where
    only these change, nobody was told anything wrong.
    """

    def differs(name: str) -> bool:
        was, will_be = before.get(name), after.get(name)
        if name in _WORDED:
            return not same_words(was or "", will_be or "")
        return bool(was != will_be)

    return any(differs(name) for name in SHOWN - {"speaker"})


def keep_version(session: Session, row: Report | Statement) -> None:
    """Keep what a row says now, and give it the next version's number."""
    kind, fields = (
        (VersionKind.REPORT, REPORT_FIELDS)
        if isinstance(row, Report)
        else (VersionKind.STATEMENT, STATEMENT_FIELDS)
    )
    session.add(
        Version(
            kind=kind, subject_id=row.id, version=row.version, content=read_content(row, fields)
        )
    )
    row.version += 1


def _get(row: Report | Statement, name: str) -> Any:
    if name == "publisher" and isinstance(row, Report):
        return row.source.name if row.source else None
    return to_json(getattr(row, name))
