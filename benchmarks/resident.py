"""What a process, or several, hold in memory."""

import os
from pathlib import Path


def shared_out(process: int) -> int:
    """Return the bytes that ``process`` and its descendants hold; what they share counts once."""
    total = 0
    for line in Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines():
        if line.startswith("Pss:"):
            total = int(line.split()[1]) * 1024
    children = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
    return total + sum(shared_out(int(child)) for child in children)


def resident(process: int) -> int:
    """Return the bytes that ``process`` holds in memory now."""
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
