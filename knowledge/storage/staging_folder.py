"""A folder to work in beside a file, on the same disk: what is finished there is moved by a rename.

Nobody else reads it, and what a killed process left there is removed by the next one.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_PREFIX: Final = ".tathabbat-"
_SUFFIX: Final = ".part"


@contextmanager
def open_staging_folder(parent: Path) -> Iterator[Path]:
    """Give a new folder below ``parent``, its owner's only, which is gone afterwards.

    Raises OSError where it cannot be made.
    """
    for left in parent.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):
            _remove_unless_held(left)
    folder, held = _make(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _make(parent: Path) -> tuple[Path, int]:
    """Make a folder and lock it for as long as this process lives."""
    while True:
        folder = Path(tempfile.mkdtemp(_SUFFIX, _PREFIX, parent))
        # Another that cleans up may come between: before it is opened, and before it is locked.
        try:
            held = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue
        fcntl.flock(held, fcntl.LOCK_EX)
        if folder.exists():
            return folder, held
        os.close(held)


def _remove_unless_held(folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(held)
