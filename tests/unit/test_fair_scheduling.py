"""Readers share; a writer is alone."""

import threading
from concurrent.futures import ThreadPoolExecutor

from embeddings.index.read_write_lock import READERS, ReadWriteLock

PATIENCE = 30.0


def test_readers_read_at_once() -> None:
    turns, together = ReadWriteLock(), threading.Barrier(READERS)

    def read() -> None:
        with turns.reading():
            together.wait(PATIENCE)

    with ThreadPoolExecutor(READERS) as threads:
        for each in [threads.submit(read) for _ in range(READERS)]:
            each.result(PATIENCE)


def test_nobody_sees_half_of_what_is_written() -> None:
    turns, pair = ReadWriteLock(), [0, 0]
    ending = threading.Event()
    torn: list[tuple[int, int]] = []

    def read() -> None:
        while not ending.is_set():
            with turns.reading():
                one, other = pair
                if one != other:
                    torn.append((one, other))

    def write() -> None:
        for _ in range(200):
            with turns.writing():
                pair[0] += 1
                pair[1] += 1

    with ThreadPoolExecutor(6) as threads:
        readers = [threads.submit(read) for _ in range(4)]
        for each in [threads.submit(write) for _ in range(2)]:
            each.result(PATIENCE)
        ending.set()
        for each in readers:
            each.result(PATIENCE)
    assert pair == [400, 400]
    assert not torn


def test_an_error_gives_the_places_back() -> None:
    turns = ReadWriteLock()
    for enter in (turns.writing, turns.reading):
        try:
            with enter():
                raise ValueError
        except ValueError:
            pass
    with turns.writing():
        pass
