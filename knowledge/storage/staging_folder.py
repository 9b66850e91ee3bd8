"""Stage files in a folder beside their target, on the same disk, to be moved by a rename.

Nobody else reads it; what a killed process left there is removed by the next one.
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
    """Create a folder below ``parent``, for its owner only, and remove it afterwards.

    Raises OSError if it cannot be created.
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
    """Create a folder and lock it for as long as this process lives."""
    while True:
        folder = Path(tempfile.mkdtemp(_SUFFIX, _PREFIX, parent))
        # Another process's clean-up may remove it before it is opened or locked.
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
