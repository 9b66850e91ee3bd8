"""Read CSV: a header row, then one report per row with a body or one statement (``text``)."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from knowledge.corpus.readers import fields
from knowledge.corpus.readers.fields import FieldError, Flaw
from knowledge.corpus.readers.file_decoding import Document, from_start, require_utf8
from knowledge.corpus.readers.reader_types import Defaults, Problem, Refs
from knowledge.corpus.readers.row_reader import report_of
from knowledge.domain import ReportDraft
from knowledge.errors import UnreadableFile

STATEMENT_COLUMNS = ("text", "speaker", "rating", "as_of")
REPORT_COLUMNS = ("publisher", "title", "url", "published_at", "language", "kind", "body", "ref")
_KNOWN = frozenset(STATEMENT_COLUMNS + REPORT_COLUMNS)
# Spreadsheets write the separator of their country.
_SEPARATORS = ",;\t"


def read_table(document: Document, defaults: Defaults) -> Iterator[ReportDraft | Problem]:
    """Yield the report of each row, or what is wrong with it.

    Raises:
        UnreadableFile: it is not UTF-8, or its header lacks a column every row needs.
    """
    require_utf8(document)
    file = from_start(document)
    lines = (raw.decode("utf-8-sig" if at == 0 else "utf-8") for at, raw in enumerate(file))
    header = next(lines, "")
    separator = max(_SEPARATORS, key=lambda mark: len(_KNOWN.intersection(_names(header, mark))))
    names = _names(header, separator)
    _require_columns(document, names, defaults)
    # The module's own bound is for all its users; a body may be longer than its default.
    csv.field_size_limit(max(csv.field_size_limit(), fields.MAX_BODY + 1))
    refs = Refs()
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        number = reader.line_num + 2  # The header is line 1, and this row not yet read.
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Problem(number, f"broken CSV ({error})")
            continue
        if any(cell.strip() for cell in cells):
            yield _read(names, cells, number, defaults, refs)


def _names(header: str, separator: str) -> list[str]:
    try:
        cells = next(csv.reader([header], delimiter=separator, strict=True), [])
    except csv.Error:
        return []
    return [name.strip().lower() for name in cells]


def _require_columns(document: Document, names: list[str], defaults: Defaults) -> None:
    repeated = {name for name, times in Counter(names).items() if name in _KNOWN and times > 1}
    if repeated:
        raise UnreadableFile(f"{document} has two columns named {min(repeated)!r}; rename one.")
    if "body" not in names and "text" not in names:
        raise UnreadableFile(
            f"{document} has no column 'body' or 'text' in its first row; name the columns there."
        )
    if "publisher" not in names and defaults.publisher is None:
        raise UnreadableFile(
            f"{document} has no column 'publisher';"
            " add it, or give one publisher for the whole file."
        )


def _read(
    names: list[str], cells: list[str], line: int, defaults: Defaults, refs: Refs
) -> ReportDraft | Problem:
    if len(cells) > len(names):
        return Problem(line, f"has {len(cells)} values for {len(names)} columns")
    place = f"line {line}"
    row = {name: cell for name, cell in zip(names, cells, strict=False) if cell.strip()}
    if "text" not in row and "body" not in row:
        return Problem(
            line,
            "text: is missing; a row needs text (one statement) or body (a whole report); found"
            f" {fields.shown_names(row)}",
            Flaw.NO_TEXT,
        )
    try:
        report = report_of(_nested(row), defaults)
        refs.take(report.ref, place)
    except FieldError as error:
        # The row is flat: what a report row calls statements[0].text is its column text.
        return Problem(line, str(error).removeprefix("statements[0]."), error.flaw)
    return replace(report, place=place)


def _nested(row: Mapping[str, str]) -> dict[str, object]:
    nested: dict[str, object] = {name: row[name] for name in REPORT_COLUMNS if name in row}
    statement = {name: row[name] for name in STATEMENT_COLUMNS if name in row}
    # Even without its text, so that a rating or a speaker of nothing is not lost in silence.
    if statement:
        nested["statements"] = [statement]
    return nested
