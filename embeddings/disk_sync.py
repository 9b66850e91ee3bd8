"""Sync written files to the disk, so that a rename promotes whole files only."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Sync one file, or one folder's entries, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Sync every file and folder below ``folder``, and ``folder`` itself, to the disk."""
    below = sorted(folder.rglob("*"))
    for path in [*(p for p in below if p.is_file()), *(p for p in below if p.is_dir()), folder]:
        sync(path)
