"""Read JSON values from a file: JSONL row by row, or one whole document."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from knowledge.corpus.readers.file_decoding import Document, Line, read_lines, read_whole_text
from knowledge.corpus.readers.reader_types import Problem
from knowledge.errors import BrokenFile

_LINE_SUFFIXES = frozenset({".jsonl", ".ndjson"})
#: Rows of which the first whole one says what a file holds.
PEEKED_ROWS = 100


class JsonError(ValueError):
    """A text is not JSON. The message says where and why."""


@dataclass(frozen=True, slots=True)
class Value:
    """One JSON value; ``line`` is None for the value of a whole file."""

    line: int | None
    content: object


def read_values(document: Document) -> Iterator[Value | Problem]:
    """Yield the rows of a JSONL file one at a time, or the one value of a JSON document.

    Raises:
        UnreadableFile: it is a whole document, and not JSON.
    """
    if _holds_rows(document):
        yield from _rows(document)
        return
    try:
        yield Value(None, parse_json(read_whole_text(document)))
    except JsonError as error:
        raise BrokenFile(f"{document} is not JSON: {error}; correct it there.") from error


def parse_json(text: str) -> object:
    """Return the value of a JSON text.

    Raises:
        JsonError: it is broken, nested too deeply, or holds a number too long to read.
    """
    try:
        # Publishers' JSON-LD often has raw line breaks inside strings, hence not strict.
        value: object = json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, " if "\n" in text else ""
        raise JsonError(f"broken JSON at {where}column {error.colno} ({error.msg})") from error
    except RecursionError as error:
        raise JsonError("JSON nested too deeply") from error
    except ValueError as error:  # Python reads no integer of more than 4,300 digits.
        raise JsonError("JSON with a number too long to read") from error
    return value


def _rows(document: Document) -> Iterator[Value | Problem]:
    for line in read_lines(document):
        if isinstance(line, Problem):
            yield line
            continue
        try:
            yield Value(line.number, parse_json(line.text))
        except JsonError as error:
            yield Problem(line.number, str(error))


def _holds_rows(document: Document) -> bool:
    """Whether each line is a value of its own.

    By the name, else because one of the first two lines is a whole object and more lines follow; a
    document printed on several lines, or a list, never looks like that.
    """
    if document.suffix.lower() in _LINE_SUFFIXES:
        return True
    first = list(islice((line for line in read_lines(document) if isinstance(line, Line)), 2))
    if len(first) < 2 or first[0].text == "[":
        return False
    return any(_is_object(line.text) for line in first)


def _is_object(text: str) -> bool:
    if not text.startswith("{"):
        return False
    try:
        return isinstance(parse_json(text), dict)
    except JsonError:
        return False
