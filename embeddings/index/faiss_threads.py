"""Set how many threads FAISS takes for what a thread asks of it.

FAISS shares out even a single query among threads of its own, which for one claim costs several
times what it saves; so every thread that searches keeps it to itself, and what is worth sharing is
shared by ``runs``.
"""

import os
import threading

import faiss

_kept = threading.local()


def use_one_thread() -> None:
    """Keep FAISS to the calling thread in what it does for it from now on."""
    if not getattr(_kept, "alone", False):
        faiss.omp_set_num_threads(1)
        _kept.alone = True


def use_all_threads() -> None:
    """Let FAISS use every processor in what it does for the calling thread from now on."""
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    _kept.alone = False
