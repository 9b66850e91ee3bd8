"""Measure the memory and the processor time of one process or several."""

import os
from pathlib import Path


def shared_out(process: int) -> int:
    """Return the bytes that ``process`` and its descendants hold; what they share counts once."""
    total = 0
    for member in family(process):
        for line in Path(f"/proc/{member}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def worked(process: int) -> float:
    """Return the seconds of a processor that ``process`` and its descendants have used."""
    ticks = 0
    for member in family(process):
        fields = Path(f"/proc/{member}/stat").read_text("utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def family(process: int) -> list[int]:
    """Return a process and its living descendants."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
    return [process, *(each for child in children for each in family(int(child)))]


def resident(process: int) -> int:
    """Return the bytes that ``process`` holds in memory now."""
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
