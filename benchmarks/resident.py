"""What a process holds in memory."""

import os
from pathlib import Path


def resident(process: int) -> int:
    """Return the bytes that ``process`` holds in memory now."""
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
