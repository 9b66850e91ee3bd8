"""A model's runs side by side: in order, shared with idle processors, never more than there are."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from embeddings.thread_pool import (
    PROCESSORS,
    count_processors,
    run_parallel,
    share_of_work,
    use_processors,
)


def test_what_is_run_side_by_side_comes_back_in_order() -> None:
    assert run_parallel(lambda part: part * 2, range(20)) == [2 * n for n in range(20)]
    assert run_parallel(str, []) == []


def test_no_more_run_at_once_than_there_are_processors() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def run(part: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        with lock:
            running -= 1
        return part

    with ThreadPoolExecutor(4 * PROCESSORS) as threads:
        found = list(threads.map(lambda _: run_parallel(run, range(8)), range(50)))
    assert found == [list(range(8))] * 50
    assert most <= PROCESSORS


def test_a_run_that_fails_fails_for_who_asked_and_frees_its_processor() -> None:
    def run(part: int) -> int:
        if part % 2:
            raise ValueError(f"part {part}")
        return part

    for _ in range(2 * PROCESSORS):
        with pytest.raises(ValueError, match="part 1"):
            run_parallel(run, [0, 1, 2, 3])
    assert share_of_work(2 * PROCESSORS) == 2
    assert run_parallel(run, [0, 2]) == [0, 2]


@pytest.mark.skipif(PROCESSORS < 2, reason="nobody takes anything over")
def test_of_several_that_fail_the_first_in_order_is_told() -> None:
    last_failed = threading.Event()

    def run(part: int) -> int:
        if part == 0:
            last_failed.wait()
        else:
            last_failed.set()
        raise ValueError(f"part {part}")

    with pytest.raises(ValueError, match="part 0"):
        run_parallel(run, [0, 1])


def test_fewer_processors_may_be_used() -> None:
    try:
        use_processors(1)
        assert count_processors() == 1
        run_parallel(str, range(4))
        assert not [each for each in threading.enumerate() if each.name.startswith("run_")]
        assert share_of_work(8) == 8
    finally:
        use_processors(PROCESSORS)
    assert count_processors() == PROCESSORS


def test_who_runs_leaves_less_to_share() -> None:
    shared = run_parallel(lambda _: share_of_work(PROCESSORS), [0])
    assert shared == [-(-PROCESSORS // max(1, PROCESSORS - 1))]
