"""Read the text in a picture with tesseract (OCR), keeping only what is certain."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from typing import Final

from bot.media.errors import OcrMissing, UnreadablePicture
from bot.media.image_preparation import prepare
from bot.media.ocr_words import Word, choose_clearest, extract_sure_text, parse_words

#: Maximum seconds for a picture; it usually takes one of a processor.
READ_S: Final = 20.0
LANGUAGES: Final = ("ara", "eng")
_PROGRAM: Final = "tesseract"
_INSTALL: Final = (
    "install tesseract with its Arabic (Debian: `apt-get install tesseract-ocr tesseract-ocr-ara`)"
    " and run `pip install 'tathabbat[ocr]'`"
)
#: Tesseract's arguments: find paragraphs, write a table.
_CALL: Final = (_PROGRAM, "-", "-", "-l", "+".join(LANGUAGES), "--psm", "3", "--dpi", "150", "tsv")


def read_picture(data: bytes) -> str:
    """Return the text that is read in a picture with certainty, a paragraph a line; may be empty.

    Raises:
        OcrMissing: tesseract, its Arabic or Pillow is not installed.
        UnreadablePicture: it is not a valid JPEG, PNG or WebP, is too large, or takes too long.
    """
    return extract_sure_text(choose_clearest(_read_sizes(data)))


def find_tesseract() -> str:
    """Return tesseract's version. Raises OcrMissing, which says what to install."""
    try:
        import PIL  # noqa: F401 - whether it is there
    except ImportError as error:
        raise OcrMissing(f"pictures are not read; {_INSTALL}") from error
    said = _run([_PROGRAM, "--list-langs"]).stdout.decode(errors="replace").split()
    missing = [language for language in LANGUAGES if language not in said]
    if missing:
        raise OcrMissing(f"tesseract does not know {' and '.join(missing)}; {_INSTALL}")
    return _run([_PROGRAM, "--version"]).stdout.decode(errors="replace").partition("\n")[0]


def _read_sizes(data: bytes) -> Iterator[list[Word]]:
    """Yield the words read at each size: at a single one tesseract may miss whole lines."""
    ends = time.monotonic() + READ_S
    for png in prepare(data):
        done = _run(_CALL, png, ends - time.monotonic())
        if done.returncode:
            find_tesseract()  # Says what is missing, if that is why.
            raise UnreadablePicture("tesseract cannot read this picture; send another")
        yield parse_words(done.stdout.decode(errors="replace"))


def _run(
    call: Sequence[str], given: bytes = b"", seconds: float = READ_S
) -> subprocess.CompletedProcess[bytes]:
    # One thread: tesseract's own threads double the work, and delay other people's answers.
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    try:
        return subprocess.run(  # noqa: S603 - the call is ours, the picture goes in by a pipe
            call, input=given, env=environment, capture_output=True, timeout=seconds, check=False
        )
    except FileNotFoundError as error:
        raise OcrMissing(f"pictures are not read; {_INSTALL}") from error
    except subprocess.TimeoutExpired as error:
        raise UnreadablePicture("the picture takes too long to read; send another") from error
