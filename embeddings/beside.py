"""Threads that search beside the one that asks.

FAISS shares out even a single query among threads of its own, which for one claim costs several
times what it saves; so every thread that searches keeps it to itself, and what is worth sharing is
shared here.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

import faiss

#: Threads that help, for all who search.
HELPERS: Final = max(2, os.cpu_count() or 1)


_kept = threading.local()


def alone() -> None:
    """Keep FAISS to the calling thread in what it does for it from now on."""
    if not getattr(_kept, "alone", False):
        faiss.omp_set_num_threads(1)
        _kept.alone = True


def together() -> None:
    """Let FAISS use every processor in what it does for the calling thread from now on."""
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    _kept.alone = False


@cache
def helpers() -> ThreadPoolExecutor:
    """Return the threads that help."""
    return ThreadPoolExecutor(HELPERS, "search", alone)
