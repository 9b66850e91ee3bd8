"""Read and write fields of reports and statements as JSON values, for the audit and versions."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.orm import Session

from knowledge.corpus.reports import get_or_add_source
from knowledge.domain import Rating, ReportKind, StatementStatus, VersionKind
from knowledge.models import Report, Statement, Version
from knowledge.text.plain_text import plain_text, same_words, single_line

#: The fields of a statement's content.
STATEMENT_FIELDS: Final = (
    "text", "span_start", "span_end", "speaker", "rating", "rating_text", "as_of",
)  # fmt: skip
#: Fields of a statement that people are shown.
SHOWN: Final = frozenset({"text", "speaker", "rating", "rating_text", "as_of"})
#: Status fields: what else an audit entry may have changed.
STANDING_FIELDS: Final = ("status", "reviewed_by", "recheck_by", "merged_into")
#: Field values of a statement that needs a (new) review.
UNREVIEWED: Final[Mapping[str, str | None]] = {
    "status": StatementStatus.DRAFT.value, "reviewed_by": None,
}  # fmt: skip
#: The fields of a report's content.
REPORT_FIELDS: Final = (
    "title", "publisher", "url", "published_at", "language", "kind", "body",
)  # fmt: skip

#: Fields that are stored on one line.
_LINES: Final = frozenset({"title", "publisher", "url", "speaker", "rating_text"})

#: Fields of free text.
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
    """Return a column's value as a JSON value."""
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def read_content(row: Report | Statement, fields: Iterable[str]) -> dict[str, Any]:
    """Return fields of a row as JSON values."""
    return {name: _get(row, name) for name in fields}


def apply_content(session: Session, row: Report | Statement, values: Mapping[str, Any]) -> None:
    """Set fields of a row from JSON values."""
    for name, value in values.items():
        if name == "publisher" and isinstance(row, Report):
            row.source = get_or_add_source(session, value)
            continue
        reader = _READERS.get(name)
        setattr(row, name, reader(value) if reader and value is not None else value)


def clean(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as they may be stored now: an older version may hold more.

    A statement's text is unchanged, since it is looked for in its report.
    """
    cleaned = dict(values)
    for name in _LINES & values.keys():
        cleaned[name] = None if values[name] is None else single_line(values[name])
    if values.get("body") is not None:
        cleaned["body"] = plain_text(values["body"])
    return cleaned


def changes_meaning(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Return whether fields of a statement mean something else than before.

    Names are spelled in several ways, and white space and punctuation belong to the page: if only
    these change, nobody was told anything wrong.
    """

    def differs(name: str) -> bool:
        was, will_be = before.get(name), after.get(name)
        if name in _WORDED:
            return not same_words(was or "", will_be or "")
        return bool(was != will_be)

    return any(differs(name) for name in SHOWN - {"speaker"})


def keep_version(session: Session, row: Report | Statement) -> None:
    """Store a row's current content as a version, and raise its version number."""
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
