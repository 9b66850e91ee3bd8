"""Read rows of labelled files line by line, naming the place of each error."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from knowledge.corpus.readers import Problem, fields
from knowledge.corpus.readers.fields import FieldError
from knowledge.corpus.readers.file_decoding import open_document, read_lines
from knowledge.errors import UnreadableFile

#: Labelled rows read from one folder; the largest public sets (FEVER, SNLI) stay below it.
MAX_ROWS: Final = 1_000_000
#: Files of one kind read from one folder.
MAX_FILES: Final = 100
MAX_ID: Final = 500


class Naming:
    """Turns what is wrong with a field into an error that names the file and the line."""

    def __init__(self, path: Path, line: int) -> None:
        self._path, self._line = path, line

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, FieldError):
            raise UnreadableFile(f"{self._path}, line {self._line}: {error}") from error


def require_folder(folder: Path) -> None:
    """Raise UnreadableFile unless there is such a folder."""
    if not folder.is_dir():
        raise UnreadableFile(f"{folder} is not a folder; name the folder of the labelled files")


def list_files(folder: Path, pattern: str) -> list[Path]:
    """Return the files of ``folder`` whose names fit. Raises UnreadableFile where too many do."""
    found = sorted(path for path in folder.glob(pattern) if path.is_file())
    if len(found) > MAX_FILES:
        raise UnreadableFile(f"{folder} holds more than {MAX_FILES} files {pattern}; split it")
    return found


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file with their numbers. Raises UnreadableFile."""
    with open_document(path) as document:
        for count, item in enumerate(read_lines(document)):
            if isinstance(item, Problem):
                raise UnreadableFile(f"{path}, line {item.line}: {item.reason}")
            if count >= MAX_ROWS:
                raise UnreadableFile(f"{path} has more than {MAX_ROWS:,} rows; split it")
            yield item.number, item.text


def read_rows(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield the objects of a JSONL file with their lines' numbers. Raises UnreadableFile."""
    for line, text in numbered_lines(path):
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise UnreadableFile(f"{path}, line {line}: is not a JSON object")
        yield line, row


def read_first(path: Path) -> Mapping[str, object]:
    """Return the first object of a JSONL file, empty where there is none."""
    return next((row for _, row in read_rows(path)), {})


def field(row: Mapping[str, object], names: tuple[str, ...], limit: int) -> str:
    """Return the first of ``names`` that has a value. Raises FieldError if none has."""
    found = optional(row, names, limit)
    if found is None:
        raise FieldError(f"{names[0]}: is missing")
    return found


def optional(row: Mapping[str, object], names: tuple[str, ...], limit: int) -> str | None:
    """Return the first of ``names`` that has a value, None if none has. Raises FieldError."""
    for name in names:
        value = row.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        text = fields.text_of(value, name, limit)
        if text is not None:
            return text
    return None
