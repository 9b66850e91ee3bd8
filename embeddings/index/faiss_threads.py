"""Set how many threads FAISS uses for calls from a thread.

FAISS divides even a single query among its threads, which for one claim costs several times what it
saves; so every searching thread uses one, and ``thread_pool`` divides what is worth dividing.
"""

import threading

import faiss

from embeddings.thread_pool import PROCESSORS

_kept = threading.local()


def use_one_thread() -> None:
    """Have FAISS use only the calling thread for its calls from now on."""
    if not getattr(_kept, "alone", False):
        faiss.omp_set_num_threads(1)
        _kept.alone = True


def use_all_threads() -> None:
    """Have FAISS use every processor for the calling thread's calls from now on."""
    faiss.omp_set_num_threads(PROCESSORS)
    _kept.alone = False
