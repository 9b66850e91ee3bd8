"""Decode a file's bytes as text, within bounds, with one-sentence errors."""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Self

from knowledge.corpus.readers.fields import Flaw
from knowledge.corpus.readers.reader_types import Problem
from knowledge.errors import BrokenFile, TooMuchToRead, UnreadableFile

#: A document that is read as a whole: the longest body (10 million characters) as UTF-8, with room.
MAX_DOCUMENT_BYTES = 256 * 2**20
#: One row of a file of rows: the longest body with every letter escaped as ``\\uXXXX``, with room.
MAX_LINE_BYTES = 64 * 2**20

_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is opened once and read from its beginning as often as readers like.

    ``name`` is what errors call it, ``suffix`` what its file's name ends in, such as ``.html``.
    """

    name: str
    suffix: str
    file: BinaryIO = field(repr=False)

    @classmethod
    def of(cls, name: str, suffix: str, data: bytes) -> Self:
        """Return a document in memory."""
        return cls(name, suffix, BytesIO(data))

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Line:
    """One non-empty line of a file; ``number`` counts from 1."""

    number: int
    text: str


@contextmanager
def open_document(path: Path) -> Iterator[Document]:
    """Open the file at ``path``.

    Raises:
        UnreadableFile: it is missing, a folder, not a file, forbidden, or fails while read.
    """
    try:
        with _regular(path).open("rb") as file:
            yield Document(str(path), path.suffix, file)
    except FileNotFoundError as error:
        raise UnreadableFile(f"{path} does not exist; check its name.") from error
    except PermissionError as error:
        raise UnreadableFile(f"{path} may not be read; give yourself read permission.") from error
    except OSError as error:
        why = error.strerror or "input/output error"
        raise UnreadableFile(f"{path} cannot be read ({why}); check the file.") from error


def require_something(document: Document) -> None:
    """Raise ``UnreadableFile`` if a document is empty."""
    if not from_start(document).read(1):
        raise UnreadableFile(f"{document} is empty; give a file that holds a report.")


def from_start(document: Document) -> BinaryIO:
    """Return the document's file, to be read from its beginning: one reading at a time."""
    document.file.seek(0)
    return document.file


def _regular(path: Path) -> Path:
    if "\0" in str(path):
        raise UnreadableFile(f"{str(path)!r} is not a file name; check it.")
    if path.is_dir():
        raise UnreadableFile(f"{path} is a folder; name the files in it.")
    # A pipe or a device may never end, and rows are read twice.
    if path.exists() and not path.is_file():
        raise UnreadableFile(f"{path} is not a regular file; save its content in one first.")
    return path


def read_whole(document: Document, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """Return the file's bytes; ``UnreadableFile`` if there are more than ``limit``."""
    data = from_start(document).read(limit + 1)
    if len(data) > limit:
        raise TooMuchToRead(
            f"{document} is larger than {limit // 2**20} MiB; split it, or give it as JSONL rows."
        )
    return data


def read_whole_text(document: Document, limit: int = MAX_DOCUMENT_BYTES) -> str:
    """Return the file as text with ``\\n`` line ends; ``UnreadableFile`` unless it is UTF-8."""
    text = decode_text(document, read_whole(document, limit))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decode_text(document: Document, data: bytes) -> str:
    """Return ``data`` (all of the ``document``) decoded as UTF-8, without a byte order mark."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_utf8(document, error.start + _mark(data)) from error


def require_utf8(document: Document) -> None:
    """Raise ``UnreadableFile`` unless all of the file is UTF-8 in lines of bounded length.

    Reads it once in bounded memory, so that a file is refused before any of it is taken.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    decoded_bytes = 0
    since_newline = 0
    file = from_start(document)
    while chunk := file.read(_CHUNK):
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            raise _not_utf8(document, decoded_bytes - pending + error.start) from error
        decoded_bytes += len(chunk)
        newline = chunk.rfind(b"\n")
        since_newline = since_newline + len(chunk) if newline < 0 else len(chunk) - newline
        if since_newline > MAX_LINE_BYTES:
            raise TooMuchToRead(
                f"{document} has a line longer than {MAX_LINE_BYTES // 2**20} MiB; break it up."
            )
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _not_utf8(document, decoded_bytes - len(decoder.getstate()[0])) from error


def read_lines(document: Document) -> Iterator[Line | Problem]:
    """Yield the file's non-empty lines, one in memory at a time.

    A line that is too long or not UTF-8 is a ``Problem``; those after it are still read.
    """
    file = from_start(document)
    offset = 0
    number = 0
    while raw := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(raw) > MAX_LINE_BYTES:
            yield Problem(number, f"is longer than {MAX_LINE_BYTES // 2**20} MiB", Flaw.TOO_LONG)
            offset += len(raw)
            while not raw.endswith(b"\n") and (raw := file.readline(MAX_LINE_BYTES)):
                offset += len(raw)
            continue
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            at = offset + error.start + (_mark(raw) if number == 1 else 0)
            yield Problem(number, f"is not UTF-8 text (byte {at} of the file)")
        else:
            if text:
                yield Line(number, text)
        offset += len(raw)


def _mark(data: bytes) -> int:
    """Bytes of the byte order mark, which the decoder does not count in its offsets."""
    return len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0


def _not_utf8(document: Document, offset: int) -> BrokenFile:
    return BrokenFile(f"{document} is not UTF-8 text at byte {offset}; save it as UTF-8.")
