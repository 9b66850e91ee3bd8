"""Export CSV in the columns that ``ingest`` reads, safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from knowledge.corpus.reports import SourcedStatement

COLUMNS: Final = (
    "ref", "statement_ref", "publisher", "title", "url", "published_at", "language", "kind",
    "text", "speaker", "rating", "as_of",
)  # fmt: skip
#: Characters that begin a formula, also in full width, after any white space or invisible mark.
_FORMULA: Final = re.compile(
    "[\\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*(?:[-=+@＝＋－＠]|(?<=[\t\r\n]))"
)
#: Byte order mark, by which a spreadsheet recognises UTF-8.
_MARK: Final = "\ufeff"


def table(statements: Iterable[SourcedStatement]) -> Iterator[str]:
    """Yield the lines of the table, the column names first.

    A cell that would be a formula begins with an apostrophe; every cell is quoted, so that no
    country's separator splits one.
    """
    yield _MARK + _line(COLUMNS)
    for s in statements:
        yield _line(
            (
                s.report_ref,
                s.ref,
                s.publisher,
                s.title,
                s.url,
                _day(s.published_at),
                s.language,
                s.kind.value,
                s.text,
                s.speaker,
                s.rating_text or s.rating,
                _day(s.as_of),
            )
        )


def _line(values: Iterable[str | None]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow([_harmless(value or "") for value in values])
    return out.getvalue()


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _harmless(value: str) -> str:
    return f"'{value}" if _FORMULA.match(value) else value
